"""Rotating secrets on a real engine: exactly the services that use one are recreated, and all go back if one fails."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from phlo.discovery import ServiceDiscovery
from phlo.hosts.engine import Engine
from phlo.testing.images import TINY

PROJECT = """
name: {name}
services:
  disabled: [{disabled}]
  by-environment: &service
    type: inline
    image: phlo/test-busybox:1
    env_vars: {{KEY: {{secret: true}}}}
    environment: {{GOT: "${{KEY}}"}}
    stop_grace_period: 1s
  by-file:
    <<: *service
    environment: {{}}
    secrets: [key]
  other:
    <<: *service
    environment: {{GOT: "${{OTHER}}"}}
    env_vars: {{OTHER: {{secret: true}}}}
secrets:
  key: {{environment: KEY}}
"""
# A service that takes no other key than the one it has stored.
PICKY = {
    "env_vars": {"KEY": {"secret": True}},
    "compose": {
        "environment": {"GOT": "${KEY}"},
        "command": ["sh", "-c", '[ -e /d/key ] || echo "$$GOT" > /d/key; [ "$$GOT" = "$$(cat /d/key)" ] && sleep 600'],
        "volumes": ["kept:/d"],
        "stop_signal": "SIGKILL",
    },
}

Phlo = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    disabled = ", ".join(service.name for service in ServiceDiscovery().get_default_services())
    (tmp_path / "phlo.yaml").write_text(PROJECT.format(name=project, disabled=disabled))
    return tmp_path


@pytest.fixture
def phlo(folder: Path) -> Phlo:
    """Runs phlo in the project's folder; the exit code must be as said."""

    def call(*words: str, code: int = 0, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "phlo", *words],
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1", "PHLO_SECRETS_PASSPHRASE": "sesame", **environment},
            capture_output=True,
            text=True,
            timeout=120,
            input=text,
        )
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return call


def containers(engine: Engine, project: str) -> dict[str, dict[str, Any]]:
    """Service -> inspect answer of its running container."""
    listed = engine.get("/containers/json", filters={"label": [f"phlo.project={project}"]})
    return {entry["Labels"]["phlo.service"]: engine.get(f"/containers/{entry['Id']}/json") for entry in listed}


def got(container: dict[str, Any]) -> str:
    (entry,) = [entry for entry in container["Config"]["Env"] if entry.startswith("GOT=")]
    return str(entry.removeprefix("GOT="))


@pytest.mark.parametrize("is_kept_in_vault", [False, True])
def test_exactly_the_services_that_use_a_secret_get_its_new_value(
    is_kept_in_vault: bool, phlo: Phlo, engine: Engine, project: str
) -> None:
    if is_kept_in_vault:
        phlo("secrets", "set", "KEY", text="first\n")
    phlo("up")
    before, old = containers(engine, project), phlo("secrets", "get", "KEY").stdout.strip()
    told = phlo("secrets", "rotate", "KEY").stderr
    after, new = containers(engine, project), phlo("secrets", "get", "KEY").stdout.strip()
    assert "Services that use it: by-environment, by-file." in told
    assert {name for name in after if after[name]["Id"] != before[name]["Id"]} == {"by-environment", "by-file"}
    assert got(before["by-environment"]) == old != new == got(after["by-environment"])
    assert "Nothing to do" in phlo("up").stderr


def test_when_a_service_refuses_the_new_value_all_have_the_old_one_again(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    role = folder / "roles" / "picky"
    role.mkdir(parents=True)
    (role / "service.yaml").write_text(yaml.safe_dump({"name": "picky", "default": True, "image": TINY, **PICKY}))
    phlo("up")
    old, kept = phlo("secrets", "get", "KEY").stdout.strip(), (folder / ".phlo" / ".env.local").read_text()
    told = phlo("secrets", "rotate", "KEY", code=5).stderr
    assert "KEY has its old value again" in told
    assert (folder / ".phlo" / ".env.local").read_text() == kept
    found = containers(engine, project)
    assert [got(found[name]) for name in ("by-environment", "picky")] == [old, old]
    assert "Nothing to do" in phlo("up").stderr


def test_what_a_service_has_stored_is_changed_by_its_own_action_first(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    role = folder / "roles" / "picky"
    (role / "tasks").mkdir(parents=True)
    (role / "service.yaml").write_text(yaml.safe_dump({"name": "picky", "default": True, "image": TINY, **PICKY}))
    task = {"exec": {"command": ["sh", "-c", "cat > /d/key"], "stdin": "{{ KEY }}"}}
    (role / "tasks" / "rotate.yaml").write_text(yaml.safe_dump([task]))
    phlo("up")
    before = containers(engine, project)["picky"]
    phlo("secrets", "rotate", "KEY")
    after = containers(engine, project)["picky"]
    assert after["State"]["Running"]
    assert got(after) == phlo("secrets", "get", "KEY").stdout.strip() != got(before)


def test_a_secret_that_no_service_uses_is_changed_without_a_run(phlo: Phlo, engine: Engine, project: str) -> None:
    phlo("secrets", "set", "UNUSED", text="x")
    assert "No service uses it" in phlo("secrets", "rotate", "UNUSED").stderr
    assert len(phlo("secrets", "get", "UNUSED").stdout.strip()) == 32
    assert containers(engine, project) == {}


def test_the_encrypted_file_from_the_first_secret_to_another_passphrase(phlo: Phlo, folder: Path) -> None:
    phlo("secrets", "get", "A", code=3)
    phlo("secrets", "set", "A", text="one\n")
    phlo("secrets", "set", "B", "--generate")
    assert phlo("secrets", "get", "A").stdout == "one\n"
    editor = folder / "editor"
    editor.write_text("#!/bin/sh\nsed -i -e 's/^A: one/A: changed/' -e '/^B:/d' $1; echo 'C: \"0123\"' >> $1\n")
    editor.chmod(0o755)
    assert phlo("secrets", "edit", VISUAL=str(editor)).stderr == "phlo-secrets.enc: set: A, C; removed: B.\n"
    assert [phlo("secrets", "get", name).stdout for name in "AC"] == ["changed\n", "0123\n"]
    phlo("secrets", "get", "B", code=3)
    (folder / "new").write_text("barley\n")
    phlo("secrets", "rekey", "--new-passphrase-file", "new")
    assert "the passphrase is not this file's" in phlo("secrets", "get", "A", code=3).stderr
    assert phlo("secrets", "get", "A", PHLO_SECRETS_PASSPHRASE="barley").stdout == "changed\n"
    phlo("secrets", "remove", "A", PHLO_SECRETS_PASSPHRASE="barley")
    assert phlo("secrets", "list").stdout.split()[:5] == ["SECRET", "KEPT", "IN", "DECLARED", "BY"]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 4", "ended with status 4; nothing was changed"),
        ("echo 'A: [sentinel' > $1", "is not valid YAML"),
        ("echo 'A: 12' > $1", "should be a text that is not empty. Put it in quotes."),
        ("echo '- sentinel' > $1", "should be NAME: value lines"),
        ("echo 'a-b: sentinel' > $1", '"a-b" cannot name a secret'),
        ("rm $1", "cannot be read; nothing was changed"),
    ],
)
def test_what_an_editor_leaves_that_is_not_right_changes_nothing(
    script: str, message: str, phlo: Phlo, folder: Path
) -> None:
    phlo("secrets", "set", "A", text="one")
    before = (folder / "phlo-secrets.enc").read_bytes()
    editor = folder / "editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    told = phlo("secrets", "edit", code=3, EDITOR=str(editor)).stderr
    assert message in told
    assert "sentinel" not in told
    assert (folder / "phlo-secrets.enc").read_bytes() == before


def test_without_a_passphrase_only_what_needs_a_secret_is_refused(phlo: Phlo, engine: Engine, project: str) -> None:
    phlo("secrets", "set", "KEY", text="x")
    phlo("up")
    without = {"PHLO_SECRETS_PASSPHRASE": ""}
    for words in (["ps"], ["secrets", "list"], ["config", "show"], ["services", "list"]):
        phlo(*words, **without)
    assert "PHLO_SECRETS_PASSPHRASE_FILE" in phlo("plan", code=3, **without).stderr
    phlo("down", **without)
    assert containers(engine, project) == {}
