"""Runs of phlo in processes of their own, which a fork server makes: what phlo imports is imported once.

A run starts in a tenth of the time that a fresh interpreter takes, and is a process like any other: it has its own id
and its own signals, and is killed for good.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Protocol

TIMEOUT_SECONDS = 120
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["__main__", "tests.faults.warm"])
_CHILDREN = threading.Lock()  # starting a process looks at all others, and only one may read a process's end


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run of phlo ended. code: negative for the signal that killed it."""

    code: int
    output: str


class _Process(Protocol):
    pid: int

    def end(self, timeout_seconds: float) -> int | None:
        """Its exit code, None when it still runs after that time."""


class Run:
    """A run of phlo that was started. output: the file that takes what it says."""

    def __init__(self, process: _Process, output: Path) -> None:
        self._process = process
        self._output = output
        self.pid = process.pid

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        try:
            os.kill(self.pid, signal.SIGINT)
        except ProcessLookupError:
            return

    def end(self) -> Ended:
        """Wait for its end; one that hangs is killed and told by the exit code."""
        code, note = self._process.end(TIMEOUT_SECONDS), ""
        if code is None:
            os.kill(self.pid, signal.SIGKILL)
            self._process.end(TIMEOUT_SECONDS)
            code, note = 999, f"it hung; killed after {TIMEOUT_SECONDS} s\n"
        text = self._output.read_text(errors="replace")
        self._output.unlink()
        return Ended(code=code, output=note + text)


def fork(words: Sequence[str], folder: Path, environ: Mapping[str, str], output: Path) -> Run:
    """Start phlo in a folder."""
    process = _FORKING.Process(target=_phlo, args=(list(words), str(folder), dict(environ), str(output)))
    with _CHILDREN:
        process.start()
    output.touch()
    return Run(_Forked(process), output)


def spawn(
    words: Sequence[str], folder: Path, environ: Mapping[str, str], output: Path, *, before: Sequence[str] = ()
) -> Run:
    """Start phlo in a folder, in an interpreter of its own: for what matters while that starts.

    before: the command to start it with.
    """
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [*before, sys.executable, "-m", "phlo", *words],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    return Run(_Spawned(process), output)


class _Forked:
    def __init__(self, process: multiprocessing.process.BaseProcess) -> None:
        assert process.pid is not None
        self._process, self.pid = process, process.pid

    def end(self, timeout_seconds: float) -> int | None:
        wait([self._process.sentinel], timeout_seconds)
        with _CHILDREN:
            return self._process.exitcode


class _Spawned:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process, self.pid = process, process.pid

    def end(self, timeout_seconds: float) -> int | None:
        try:
            return self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return None


def _phlo(words: list[str], folder: str, environ: dict[str, str], output: str) -> None:
    """What a forked process does."""
    target = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(target, 1)
    os.dup2(target, 2)
    for number in SIGNALS:  # as in a shell, whatever started the tests ignores (nohup)
        signal.signal(number, signal.SIG_DFL)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["phlo", *words]
    importlib.import_module("phlo.__main__").main()
