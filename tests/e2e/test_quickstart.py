"""From wheels to running services: install, override, start, verify, change, roll forward, take down."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Installed, Quickstart

# Those with a note need an image that only a container registry has.
NOTES = {
    entry["name"]: entry.get("note") for entry in json.loads((ROOT / "registry/plugins.json").read_text())["plugins"]
}
PACKAGES = sorted(path.name for path in (ROOT / "packages").iterdir() if (path / "pyproject.toml").is_file())
STAGES = ["lint", "converge", "idempotence", "verify", "destroy"]


@pytest.fixture(scope="session")
def started(installed: Installed, quickstart: Quickstart) -> Quickstart:
    """The quickstart, brought up by the installed phlo."""
    installed.run("phlo", "run", "up", cwd=quickstart.folder, timeout_seconds=900)
    return quickstart


def test_its_own_tests_pass(started: Quickstart, installed: Installed) -> None:
    installed.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=started.folder)


def test_a_second_up_has_nothing_to_do(started: Quickstart, installed: Installed) -> None:
    for _ in range(3):
        assert "Nothing to do" in installed.run("phlo", "run", "up", cwd=started.folder).stderr


def passed(told: str) -> list[str]:
    """The stages of `phlo test` that passed."""
    return re.findall(r"^✓ \S+: (\w+) ", told, re.MULTILINE)


@pytest.mark.parametrize("package", [name for name in PACKAGES if not NOTES[name]])
def test_a_package_passes_every_stage_of_its_test(package: str, installed: Installed, tmp_path: Path) -> None:
    told = installed.run("phlo", "test", package, cwd=tmp_path, timeout_seconds=1500).stderr
    assert passed(told) == STAGES


@pytest.mark.parametrize("package", [name for name in PACKAGES if NOTES[name]])
def test_a_package_of_upstreams_image_passes_or_says_that_it_cannot_be_pulled(
    package: str, installed: Installed, tmp_path: Path
) -> None:
    done = installed.run("phlo", "test", package, cwd=tmp_path, code=None)
    if done.returncode == 0:
        assert passed(done.stderr) == STAGES
    else:
        assert passed(done.stderr) == ["lint", "destroy"]
        assert "cannot pull" in done.stderr


def test_a_moved_port_is_one_recreate_and_answers_there(started: Quickstart, installed: Installed) -> None:
    path = started.folder / "phlo.yaml"
    before, text = started.ports[8000], path.read_text()
    with socket.create_server(("127.0.0.1", 0)) as free:
        after = free.getsockname()[1]
    path.write_text(text.replace(f"127.0.0.1:{before}:8000", f"127.0.0.1:{after}:8000"))
    try:
        plan = installed.run("phlo", "plan", cwd=started.folder).stdout
        assert f"{before}" in plan
        assert f"{after}" in plan
        assert "recreate container" in plan
        installed.run("phlo", "run", "up", cwd=started.folder)
        socket.create_connection(("127.0.0.1", after), timeout=5).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", before), timeout=5)
    finally:
        path.write_text(text)
        installed.run("phlo", "run", "up", cwd=started.folder)


def test_no_secret_stands_where_everybody_can_read(started: Quickstart) -> None:
    state = started.folder / ".phlo"
    lines = (state / ".env.local").read_text().splitlines()
    secrets = [line.partition("=")[2].strip("\"'") for line in lines if "=" in line and not line.startswith("#")]
    assert secrets
    assert (state / ".env.local").stat().st_mode & 0o777 == 0o600
    others = [path for path in state.rglob("*") if path.is_file() and path.name != ".env.local"]
    shown = b"".join(path.read_bytes() for path in others)
    assert [secret for secret in secrets if secret.encode() in shown] == []
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert [secret for secret in secrets if secret in processes] == []


def test_down_leaves_nothing_but_the_data(started: Quickstart, installed: Installed) -> None:
    installed.run("phlo", "run", "down", cwd=started.folder)
    listed = ["docker", "ps", "--all", "--quiet", "--filter", f"label=phlo.project={started.name}"]
    assert subprocess.run(listed, capture_output=True, text=True, check=True).stdout == ""
    volumes = ["docker", "volume", "ls", "--quiet", "--filter", f"label=phlo.project={started.name}"]
    assert f"{started.name}_postgres-data" in subprocess.run(volumes, capture_output=True, text=True, check=True).stdout
