"""Completion as a person gets it, in those of the shells that are installed; names come from `phlo __complete`."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from phlo.cli.completion import fish_script, zsh_script

CASES = [
    ("phlo services op", "services open"),
    ("phlo up --remove-o", "up --remove-orphans"),
    ("phlo run restar", "run restart"),
    ("phlo logs we", "logs web"),
    ("phlo services open we", "services open web"),
]
PROJECT = "name: lab\nservices:\n  web: {type: inline, image: example/web:1}\n"


def shell_of(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    return program


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project, and a folder `bin` with phlo in it."""
    (tmp_path / "phlo.yaml").write_text(PROJECT)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "phlo"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m phlo "$@"\n')
    program.chmod(0o755)
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "HOME": str(folder), "ZDOTDIR": str(folder), "TERM": "dumb"}


@pytest.mark.parametrize(("typed", "expected"), CASES)
def test_fish_completes(typed: str, expected: str, folder: Path) -> None:
    program = shell_of("fish")
    (folder / "completion.fish").write_text(fish_script())
    script = f"source completion.fish; complete -C '{typed}'"
    done = subprocess.run(
        [program, "--no-config", "-c", script],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    offered = [line.split("\t")[0] for line in done.stdout.splitlines()]
    assert (offered, done.stderr) == ([expected.split()[-1]], "")


@pytest.mark.parametrize(("typed", "expected"), CASES)
def test_zsh_completes(typed: str, expected: str, folder: Path) -> None:
    program = shell_of("zsh")
    (folder / "completion.zsh").write_text(zsh_script())
    (folder / ".zshrc").write_text(
        f"autoload -Uz compinit; compinit -u -D; source {folder}/completion.zsh\nPS1='> '; cd {folder}; echo READY\n"
    )
    terminal, its_end = pty.openpty()
    with subprocess.Popen(
        [program, "-d", "-i"],
        env=environment(folder),
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        start_new_session=True,
    ) as process:
        _read_until(terminal, "READY")
        os.write(terminal, f"{typed}\t".encode())
        shown = _read_until(terminal, expected)
        process.kill()
    os.close(its_end)
    os.close(terminal)
    assert expected in shown


def _read_until(terminal: int, text: str) -> str:
    """What a terminal shows until it has shown `text`, or for a minute."""
    shown, end = "", time.monotonic() + 60
    while text not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 65536).decode(errors="replace")
            except OSError:  # the shell has ended
                break
    return shown
