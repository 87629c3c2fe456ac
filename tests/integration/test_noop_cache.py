"""The short way through `up` is taken only when nothing moved; whatever moved since is found."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phlo.discovery import ServiceDiscovery
from phlo.hosts.engine import Engine
from phlo.testing.role_project import free_ports

Phlo = Callable[..., "subprocess.CompletedProcess[str]"]

ROLE = """
name: web
default: true
image: phlo/test-busybox:1
templates: [{source: conf.j2, dest: /etc/conf}]
env_vars: {COLOUR: {default: blue}}
compose:
  environment: {COLOUR: "${COLOUR}"}
  ports: ["127.0.0.1:{port}:80"]
  networks: [default, other]
  restart: unless-stopped
  stop_grace_period: 1s
"""


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    """A project with one role, which has a template, a variable and two networks."""
    (port,) = free_ports(1)
    role = tmp_path / "roles" / "web"
    (role / "templates").mkdir(parents=True)
    (role / "service.yaml").write_text(ROLE.replace("{port}", str(port)))
    (role / "templates" / "conf.j2").write_text("colour = {{ COLOUR }}\n")
    installed = [service.name for service in ServiceDiscovery().get_default_services()]
    switched_off = "".join(f"  {name}: {{enabled: false}}\n" for name in installed)
    (tmp_path / "phlo.yaml").write_text(f"name: {project}\nnetworks: {{other: {{}}}}\nservices:\n{switched_off}")
    return tmp_path


@pytest.fixture
def unchanged(phlo: Phlo, folder: Path) -> Path:
    """The project, brought up and left with a entry that there is nothing to do."""
    for _ in range(3):
        done = phlo("run", "up")
    assert "Nothing to do" in done.stderr
    assert list((folder / ".phlo" / "cache").glob("noop-*.json"))
    return folder


def docker(*words: str) -> None:
    subprocess.run(["docker", *words], check=True, capture_output=True)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


BY_HAND: dict[str, Callable[[str], None]] = {
    "stopped": lambda name: docker("stop", f"{name}-web-1"),
    "paused": lambda name: docker("pause", f"{name}-web-1"),
    "removed": lambda name: docker("rm", "-f", f"{name}-web-1"),
    "restart policy": lambda name: docker("update", "--restart", "no", f"{name}-web-1"),
    "memory": lambda name: docker("update", "--memory", "64m", "--memory-swap", "128m", f"{name}-web-1"),
    "network": lambda name: docker("network", "disconnect", f"{name}_other", f"{name}-web-1"),
    "file": lambda name: docker("exec", f"{name}-web-1", "sh", "-c", "echo edited > /etc/conf"),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_what_somebody_did_by_hand_is_found(case: str, unchanged: Path, phlo: Phlo, project: str) -> None:
    BY_HAND[case](project)
    assert "Nothing to do" not in phlo("run", "up").stderr
    for _ in range(2):
        done = phlo("run", "up")
    assert "Nothing to do" in done.stderr


FILES: dict[str, Callable[[Path], None]] = {
    "phlo.yaml": lambda folder: edit(folder / "phlo.yaml", "services:\n", "env: {COLOUR: red}\nservices:\n"),
    "service.yaml": lambda folder: edit(folder / "roles/web/service.yaml", "default: blue", "default: red"),
    "template": lambda folder: edit(folder / "roles/web/templates/conf.j2", "colour", "color"),
    ".env made": lambda folder: (folder / ".phlo" / ".env").write_text("COLOUR=red\n") and None,
    "role made": lambda folder: _another_role(folder),
}


def _another_role(folder: Path) -> None:
    role = folder / "roles" / "more"
    role.mkdir()
    (role / "service.yaml").write_text("name: more\ndefault: true\nimage: phlo/test-busybox:1\n")


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_changed_is_seen(case: str, unchanged: Path, phlo: Phlo) -> None:
    FILES[case](unchanged)
    assert "Nothing to do" not in phlo("run", "up").stderr


def test_a_variable_of_the_environment_that_changed_is_seen(unchanged: Path, phlo: Phlo) -> None:
    assert "Nothing to do" not in phlo("run", "up", COLOUR="green").stderr


def test_another_image_under_the_tag_is_seen(unchanged: Path, phlo: Phlo, project: str, folder: Path) -> None:
    reference = f"phlo-test/{project}:1"
    docker("tag", "phlo/test-busybox:1", reference)
    edit(folder / "roles" / "web" / "service.yaml", "image: phlo/test-busybox:1", f"image: {reference}")
    try:
        for _ in range(3):
            phlo("run", "up")
        docker("commit", f"{project}-web-1", reference)
        assert "image: " in phlo("run", "up").stderr
    finally:
        docker("rmi", "--force", reference)


def test_other_words_have_a_cache_entry_of_their_own(unchanged: Path, phlo: Phlo) -> None:
    before = len(list((unchanged / ".phlo" / "cache").glob("noop-*.json")))
    for _ in range(2):
        phlo("up", "web")
    assert len(list((unchanged / ".phlo" / "cache").glob("noop-*.json"))) == before + 1


def test_a_cache_entry_holds_no_value_and_is_for_its_user_alone(unchanged: Path, engine: Engine) -> None:
    for path in (unchanged / ".phlo" / "cache").glob("noop-*.json"):
        entry: dict[str, Any] = json.loads(path.read_text().partition("\n")[2])
        assert path.stat().st_mode & 0o777 == 0o600
        assert "blue" not in json.dumps(entry)
