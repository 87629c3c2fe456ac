"""The passphrase of the secrets does not reach the programs that phlo starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PASSPHRASE = "sentinel-passphrase-5e0d"

ROLE = """
name: web
description: Runs a hook on the machine that runs phlo
default: true
image: phlo/test-busybox:1
hooks:
  post_start: [{name: look, command: ["@LOOK", hook]}]
compose: {command: [sleep, infinity], stop_grace_period: 0s}
"""
PROJECT = """
name: @NAME
secret_sources: {KEY: {command: ["@LOOK", source]}}
env: {USES: "${KEY}"}
services:
  web: {environment: {KEY: "${KEY}"}}
"""
PLAY = """
- hosts: local
  tasks:
    - {command: ["@LOOK", command]}
    - {command: {command: "@LOOK shell | cat", shell: true}}
    - {command: {command: ["@LOOK", unless], unless: "@LOOK check; false"}}
    - {command: {command: ["@LOOK", named], environment: {PHLO_SECRETS_PASSPHRASE: on-purpose}}}
"""
LOOK = """#!/bin/sh
# Writes down what the environments of this process and of anyone who asks for it hold.
tr '\\0' '\\n' </proc/$$/environ >"@SEEN/${1##*/}"
case "$1" in
    source) echo key ;;
    --list) echo '{"all": {"hosts": ["local"]}, "_meta": {"hostvars": {}}}' ;;
esac
"""


def test_no_program_that_phlo_starts_gets_the_passphrase(tmp_path: Path, project: str, tiny: str) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    look = tmp_path / "look"
    texts = {
        "look": LOOK,
        "roles/web/service.yaml": ROLE,
        "phlo.yaml": PROJECT,
        "play.yaml": PLAY,
        "bin/ssh": LOOK.replace("${1##*/}", "ssh") + "exit 1\n",
        "remote.yaml": "all: {hosts: {far: {docker_host: 'ssh://far.invalid'}}}\n",
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("@LOOK", str(look)).replace("@NAME", project).replace("@SEEN", str(seen)))
    look.chmod(0o755)
    (tmp_path / "bin" / "ssh").chmod(0o755)
    environ = {
        **os.environ,
        "PHLO_SECRETS_PASSPHRASE": PASSPHRASE,
        "EDITOR": str(look),
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "XDG_RUNTIME_DIR": str(tmp_path),
    }

    def phlo(*words: str, code: int = 0, text: str = "") -> None:
        argv = [sys.executable, "-m", "phlo", *words]
        done = subprocess.run(argv, cwd=tmp_path, env=environ, input=text, capture_output=True, text=True, timeout=90)
        assert done.returncode == code, done.stdout + done.stderr

    phlo("secrets", "set", "OTHER", text="value")
    phlo("up", "web", "-i", str(look))
    phlo("play", "play.yaml")
    phlo("secrets", "edit")
    phlo("ps", "-i", "remote.yaml", "--project-name", project, code=4)

    by_name = {path.name: path.read_text() for path in seen.iterdir()}
    edited = [name for name in by_name if name not in _EXPECTED]
    assert set(by_name) >= _EXPECTED, sorted(by_name)
    assert edited, "the editor was not started"
    assert all("PATH=" in text for text in by_name.values())
    assert [name for name, text in by_name.items() if PASSPHRASE in text] == []
    assert [name for name, text in by_name.items() if "on-purpose" in text] == ["named"]


_EXPECTED = {"hook", "source", "--list", "command", "shell", "unless", "check", "named", "ssh"}
