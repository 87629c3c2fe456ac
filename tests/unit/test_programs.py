from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from phlo.programs import ProgramTimeoutError, run_program
from phlo.stop_signals import Stopped, stop_signals

ENVIRON = {"PATH": os.environ["PATH"]}


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_program_gives_its_status_and_both_outputs() -> None:
    done = run_program(["sh", "-c", "echo out; echo error >&2; exit 4"], environ=ENVIRON)

    assert (done.code, done.stdout.text(), done.stderr.text()) == (4, "out\n", "error\n")


def test_joined_outputs_come_in_the_order_in_which_they_were_written() -> None:
    done = run_program("echo one; echo two >&2; echo three", environ=ENVIRON, is_joined=True)

    assert done.stdout.text() == "one\ntwo\nthree\n"


def test_a_program_reads_more_than_a_pipe_holds_while_it_writes() -> None:
    done = run_program(["cat"], environ=ENVIRON, stdin=b"x" * 300_000)

    assert done.stdout.content() == b"x" * 300_000


def test_a_program_that_reads_nothing_ends_all_the_same() -> None:
    assert run_program(["true"], environ=ENVIRON, stdin=b"x" * 300_000).code == 0


def test_of_an_endless_output_the_beginning_and_the_end_are_kept() -> None:
    done = run_program("echo begin; yes | head -c 3000000; echo end", environ=ENVIRON, most_bytes=1000)

    assert done.stdout.left_out_bytes > 2_900_000
    assert done.stdout.text().startswith("begin\n")
    assert done.stdout.text().endswith("end\n")


def test_a_program_that_takes_too_long_is_ended_with_all_that_it_started() -> None:
    with pytest.raises(ProgramTimeoutError, match=r"did not end within 0\.3 s") as caught:
        run_program("sleep 600 & echo $!; wait", environ=ENVIRON, timeout_seconds=0.3)

    assert not is_running(int(caught.value.stdout.text()))


def test_a_cancelled_program_is_ended_with_all_that_it_started() -> None:
    until = time.monotonic() + 0.2
    with pytest.raises(ProgramTimeoutError, match="was cancelled") as caught:
        run_program("sleep 600 & echo $!; wait", environ=ENVIRON, is_cancelled=lambda: time.monotonic() > until)

    assert not is_running(int(caught.value.stdout.text()))


def test_a_program_that_closes_its_outputs_is_waited_for_and_still_ends_in_time() -> None:
    with pytest.raises(ProgramTimeoutError):
        run_program("exec >&- 2>&-; exec sleep 600", environ=ENVIRON, timeout_seconds=0.2)

    assert run_program("exec >&- 2>&-; sleep 0.2; exit 3", environ=ENVIRON, timeout_seconds=60).code == 3


def test_a_service_that_a_program_leaves_running_does_not_hold_phlo_up() -> None:
    done = run_program("sleep 600 & echo $!", environ=ENVIRON, timeout_seconds=60)

    pid = int(done.stdout.text())
    assert is_running(pid)
    os.kill(pid, 9)


def test_a_cancelled_run_starts_no_program(tmp_path: Path) -> None:
    with pytest.raises(ProgramTimeoutError, match="was cancelled"):
        run_program(["touch", str(tmp_path / "started")], environ=ENVIRON, is_cancelled=lambda: True)

    assert not (tmp_path / "started").exists()


# The main thread ends as it does after a second signal, while another thread waits for a program.
ENDS_WITHOUT_WAITING = """
import sys, threading
from phlo.programs import run_program
is_started = threading.Event()
arguments = dict(on_output=lambda piece: (print(piece.decode(), flush=True), is_started.set()), grace_seconds=0.5)
threading.Thread(target=run_program, args=(sys.argv[1],), kwargs=arguments, daemon=True).start()
is_started.wait()
"""


@pytest.mark.parametrize("before", ["", "trap '' TERM; "])
def test_a_program_does_not_outlive_phlo(before: str) -> None:
    script = f"{before}sleep 600 & echo $!; wait"
    done = subprocess.run(
        [sys.executable, "-c", ENDS_WITHOUT_WAITING, script], capture_output=True, text=True, check=True
    )

    assert not is_running(int(done.stdout))


def test_a_signal_during_the_start_of_a_program_ends_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    pids = []

    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            pids.append(self.pid)
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("phlo.programs.subprocess.Popen", Interrupted)
    with pytest.raises(Stopped), stop_signals():
        run_program(["sleep", "600"], environ=ENVIRON)

    assert not is_running(pids[0])
