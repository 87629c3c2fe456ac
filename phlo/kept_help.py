"""The text of `phlo --help`, kept from the last time: to make it, the table of all verbs is loaded.

Imports next to nothing, as `phlo.noop_cache` does. The text is kept in the user's cache folder, for each width.
"""

from __future__ import annotations

import os

import phlo
from phlo.kept_file import write_kept

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

ASKED_BY = (["--help"], ["-h"])
_DEFAULT_COLUMNS = 80
_MOST_CHARACTERS = 100_000


def kept_help(words: Sequence[str], environ: Mapping[str, str], out: TextIO) -> str | None:
    """What `phlo --help` prints; None when it is not asked for, or not kept."""
    if words not in ASKED_BY:
        return None
    try:
        with open(_file(environ, out), encoding="utf-8") as stream:
            made_from, _, text = stream.read(_MOST_CHARACTERS).partition("\n")
        return text if made_from == _made_from() else None
    except (OSError, ValueError, KeyError):
        return None


def keep_help(words: Sequence[str], text: str, environ: Mapping[str, str], out: TextIO) -> None:
    """Keep what `phlo --help` prints. That only saves time, so it does not matter when it fails."""
    if words not in ASKED_BY:
        return
    try:
        write_kept(_file(environ, out), f"{_made_from()}\n{text}".encode())
    except (OSError, ValueError, KeyError):
        return


def _file(environ: Mapping[str, str], out: TextIO) -> str:
    """Where the text is kept for the width of the output. Raises KeyError without a folder of the user's own."""
    base = environ.get("XDG_CACHE_HOME") or os.path.join(environ["HOME"], ".cache")
    return os.path.join(base, "phlo", f"help-{_columns(environ, out)}.txt")


def _made_from() -> str:
    """The version of phlo, and how old its sources are, which are edited where it is developed."""
    folder = os.path.join(os.path.dirname(phlo.__file__), "cli")
    newest = max(entry.stat().st_mtime_ns for where in (folder, f"{folder}/verbs") for entry in os.scandir(where))
    return f"{phlo.__version__} {folder} {newest}"


def _columns(environ: Mapping[str, str], out: TextIO) -> int:
    """Columns of the output, as `phlo.report.style` has them."""
    given = environ.get("COLUMNS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    return (os.get_terminal_size(out.fileno()).columns or _DEFAULT_COLUMNS) if out.isatty() else _DEFAULT_COLUMNS
