"""A program behind other programs gets its words, environment and input as they are."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from phlo.errors import HostError, OperationError
from phlo.hosts.piped_script import run_piped
from phlo.hosts.transport import Job, Output
from phlo.programs import run_program

# As sshd does it: the user's shell gets one text.
AS_SSHD = ("sh", "-c")
ODD = ["a b", "", "it's", '"$HOME"', "one\ntwo\n", "$(id)", "ÁÈ\u0301", "\\n", "*", "-n"]
NOBODY = "nobody" if os.getuid() else "daemon"


class Run:
    """Runs programs here, and keeps the words that it was given. more: environment variables of its own."""

    def __init__(self, more: Mapping[str, str] | None = None) -> None:
        self.more = more or {}
        self.words: list[str] = []

    def __call__(self, argv: Sequence[str], job: Job, is_cancelled: Callable[[], bool]) -> Output:
        self.words += argv
        done = run_program(list(argv), stdin=job.stdin, more=self.more, timeout_seconds=job.timeout_seconds)
        return Output.of(done.code, done.stdout, done.stderr)


def piped(*argv: str, run: Run | None = None, prefix: tuple[str, ...] = AS_SSHD, **options: Any) -> Output:
    return run_piped(run or Run(), prefix, Job(argv=argv, **options), lambda: False, where="data-1")


@pytest.mark.parametrize("prefix", [AS_SSHD, ()])
def test_words_arrive_as_they_were_given(prefix: tuple[str, ...]) -> None:
    found = piped("printf", "<%s>", *ODD, prefix=prefix)
    assert found.text == "".join(f"<{word}>" for word in ODD)


def test_the_input_after_the_script_is_the_program_s() -> None:
    assert piped("cat", stdin=b"one\ntwo\0three").stdout == b"one\ntwo\0three"


def test_the_environment_arrives_and_no_other_program_is_given_it() -> None:
    run = Run()
    found = piped("sh", "-c", 'printf %s "$KEY"', run=run, environment={"KEY": "hunter2\n'x'"})
    assert found.text == "hunter2\n'x'"
    assert not any("hunter2" in word for word in run.words)


def test_the_exit_status_and_both_outputs_are_the_program_s() -> None:
    found = piped("sh", "-c", "echo out; echo err >&2; exit 255")
    assert (found.code, found.stdout, found.stderr) == (255, b"out\n", b"err\n")


def test_it_runs_in_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "it's a folder"
    folder.mkdir()
    assert piped("pwd", chdir=str(folder)).text.strip() == str(folder)


@pytest.mark.parametrize("options", [{"argv": ("/no/such", "x")}, {"argv": ("pwd",), "chdir": "/no/such"}])
def test_a_program_or_folder_that_is_not_there_is_an_error_of_its_own(options: dict[str, Any]) -> None:
    with pytest.raises(FileNotFoundError):
        run_piped(Run(), AS_SSHD, Job(**options), lambda: False, where="data-1")


def test_an_end_that_was_not_seen_is_a_lost_connection() -> None:
    with pytest.raises(HostError, match="connection ended"):
        piped("sh", "-c", "kill -9 $PPID")


@pytest.fixture
def sudo(tmp_path: Path) -> Callable[[str], Run]:
    """Makes a `sudo` that does what a script says; what it gets stands in `$*`."""

    def make(script: str) -> Run:
        program = tmp_path / "sudo"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return Run({"PATH": f"{tmp_path}:{os.environ['PATH']}"})

    return make


def test_another_user_is_become_by_sudo_that_asks_for_nothing(sudo: Callable[[str], Run]) -> None:
    run = sudo('echo "$1 $2 $3 $4 $5" >&2; shift 5; exec "$@"')
    found = piped("cat", run=run, user=NOBODY, stdin=b"input", environment={"A": "b"})
    assert found.stdout == b"input"
    assert found.stderr.decode() == f"-n -H -u {NOBODY} --\n"


def test_a_sudo_that_wants_a_password_is_an_error_that_says_so(sudo: Callable[[str], Run]) -> None:
    run = sudo("echo 'sudo: a password is required' >&2; exit 1")
    with pytest.raises(OperationError, match=f"asks for a password to become {NOBODY}") as raised:
        piped("true", run=run, user=NOBODY)
    assert "NOPASSWD" in raised.value.fix


def test_a_user_whom_sudo_refuses_is_an_error_that_says_so(sudo: Callable[[str], Run]) -> None:
    run = sudo("echo 'sudo: unknown user x' >&2; exit 1")
    with pytest.raises(OperationError, match=r"cannot become x \(sudo: unknown user x\)"):
        piped("true", run=run, user="x")


def test_nobody_is_asked_to_become_who_one_is(sudo: Callable[[str], Run]) -> None:
    run = sudo("exit 1")
    assert piped("id", "-u", run=run, user=str(os.getuid())).text.strip() == str(os.getuid())
