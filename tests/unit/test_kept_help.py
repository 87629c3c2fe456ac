"""`phlo --help` is kept from the last time, for each width, and made again when phlo has changed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from phlo.cli.help import overview
from phlo.kept_help import keep_help, kept_help

HELP = ["--help"]


def phlo(home: Path, *words: str, columns: str = "") -> str:
    code = f"import sys; sys.argv[1:] = {list(words)!r}; from phlo.__main__ import main; main()"
    environ = {"HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": columns}
    done = subprocess.run([sys.executable, "-X", "importtime", "-c", code], env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    is_short = "phlo.cli" not in done.stderr
    return f"{'kept' if is_short else 'made'}\n{done.stdout}"


def test_the_second_help_is_the_same_text_and_loads_no_command_line(tmp_path: Path) -> None:
    assert phlo(tmp_path, "--help") == f"made\n{overview(80)}"
    assert phlo(tmp_path, "--help") == f"kept\n{overview(80)}"
    assert phlo(tmp_path, "-h") == f"kept\n{overview(80)}"


def test_each_width_has_its_own_text(tmp_path: Path) -> None:
    assert phlo(tmp_path, "--help") == f"made\n{overview(80)}"
    assert phlo(tmp_path, "--help", columns="60") == f"made\n{overview(60)}"
    assert phlo(tmp_path, "--help", columns="60") == f"kept\n{overview(60)}"


@pytest.mark.parametrize("words", [[], ["up", "--help"], ["--help", "up"], ["--version"]])
def test_other_commands_are_not_answered(words: list[str], tmp_path: Path) -> None:
    keep_help(HELP, "text", {"HOME": str(tmp_path)}, io.StringIO())

    assert kept_help(HELP, {"HOME": str(tmp_path)}, io.StringIO()) == "text"
    assert kept_help(words, {"HOME": str(tmp_path)}, io.StringIO()) is None


def test_the_text_of_another_phlo_does_not_count(tmp_path: Path) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    keep_help(HELP, "text", environ, io.StringIO())
    file = tmp_path / "phlo/help-80.txt"
    file.write_text(file.read_text().replace(" ", "x ", 1))

    assert kept_help(HELP, environ, io.StringIO()) is None


def test_without_a_folder_of_the_users_own_nothing_is_kept() -> None:
    keep_help(HELP, "text", {}, io.StringIO())

    assert kept_help(HELP, {}, io.StringIO()) is None
