from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.bench.measure import CommandFailed, measure

PYTHON = (sys.executable, "-I", "-S", "-c")


def test_the_memory_of_a_command_is_its_own(tmp_path: Path) -> None:
    small = measure([*PYTHON, "pass"], folder=tmp_path, environment={})
    large = measure([*PYTHON, "b'x' * 64_000_000"], folder=tmp_path, environment={})

    assert 60_000 < large.peak_rss_kib - small.peak_rss_kib < 66_000


def test_a_command_gets_exactly_the_environment_and_folder_given(tmp_path: Path) -> None:
    script = "import os; open('seen', 'w').write(os.environ['NAME'] + str('HOME' in os.environ))"

    measure([*PYTHON, script], folder=tmp_path, environment={"NAME": "value"})

    assert (tmp_path / "seen").read_text() == "valueFalse"


def test_a_failed_command_shows_its_exit_code_and_last_lines(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"exit code 7 after(?s:.*)the reason"):
        measure([*PYTHON, "print('the reason'); raise SystemExit(7)"], folder=tmp_path, environment={})


def test_a_command_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="no-such-command could not be started"):
        measure(["no-such-command"], folder=tmp_path, environment={"PATH": "/nowhere"})


def test_a_command_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="exit code -9"):
        measure([*PYTHON, "import signal; signal.pause()"], folder=tmp_path, environment={}, timeout_seconds=0.2)
