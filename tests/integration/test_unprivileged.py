"""phlo for a user without root: in the group of the engine's socket, and outside of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import STAY

USER = 47123  # belongs to nobody
SOCKET = Path("/var/run/docker.sock")
PROJECT = """
name: {name}
services:
  defaults: false
  web:
    type: inline
    image: {image}
    command: {command}
    volumes: [data:/data]
    stop_grace_period: 1s
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

AsUser = Callable[..., str]


@pytest.fixture
def as_user(project: str, tiny: str, tmp_path: Path) -> AsUser:
    """Runs phlo in a folder of the user; gives what it printed. The exit code must be as said.

    The user may read every folder, since Python and this repository may be below a folder of root's, such as /root.
    They may write only their own files.
    """
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "phlo.yaml").write_text(PROJECT.format(name=project, image=tiny, command=STAY))
    for path in (folder, folder / "phlo.yaml"):
        os.chown(path, USER, USER)

    def run(*words: str, groups: str, code: int = 0) -> str:
        may_read = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        become = ["setpriv", f"--reuid={USER}", f"--regid={USER}", groups, *may_read]
        done = subprocess.run(
            [*become, sys.executable, "-m", "phlo", *words],
            cwd=folder,
            env={**os.environ, "HOME": str(folder), "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}"
        owners = {path: path.lstat().st_uid for path in (folder, *folder.rglob("*"))}
        assert {path for path, owner in owners.items() if owner != USER} == set()
        return done.stdout

    return run


def test_a_user_in_the_sockets_group_needs_no_root(as_user: AsUser) -> None:
    group = f"--groups={SOCKET.stat().st_gid}"
    as_user("up", groups=group)
    assert "Nothing to do" in as_user("up", groups=group)
    assert "Running" in as_user("services", "list", groups=group)
    as_user("backup", "--volumes", groups=group)
    as_user("restart", "web", groups=group)
    assert "Nothing to do" in as_user("up", groups=group)
    as_user("down", "--volumes", "--yes", "--unprotect", "data", groups=group)


def test_a_user_outside_the_sockets_group_is_told_about_it(as_user: AsUser) -> None:
    for command, code in (("up", 4), ("plan", 4), ("down", 4), ("doctor", 1)):
        said = as_user(command, groups="--clear-groups", code=code)
        assert f"may not use the Docker engine's socket {SOCKET}" in said
        assert "Add yourself to the group that owns it" in said
