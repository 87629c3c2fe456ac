"""Where an error is in a project's file, with the lines around it. Values that may be secret are hidden."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from phlo.bounded import read_configuration
from phlo_api.server.models import ExcerptLine

LINES_AROUND = 2
MOST_LINE = 200
HIDDEN = "***"
_WHERE = re.compile(r"(?P<file>[^\s:]+):(?P<line>[1-9][0-9]{0,6})(?::[0-9]+)?(?=[\s:]|$)")
# Files that a person writes; environment files, keys and everything in hidden folders are never shown.
_SHOWN_SUFFIXES = (".yaml", ".yml", ".toml", ".j2", ".ini")
_SECRET_LINE = re.compile(
    r"(?P<start>.*?(?:passw|pwd|secret|token|credential|private|api_?key|access_?key|key_?id)[^:=]*[:=]\s*)(?P<value>\S.*)",
    re.IGNORECASE,
)
_SECRET_KEY = re.compile(r"(?:passw|pwd|secret|token|credential|private|key)[^:=]*[:=]\s*[|>]?[-+0-9]*\s*$", re.I)
_USER_OF_URL = re.compile(r"(?<=://)[^/\s@]*:[^/\s@]*(?=@)")


def place_of(where: str) -> tuple[str, int] | None:
    """The file and the line that an error's `where` begins with; None when it names none."""
    found = _WHERE.match(where)
    return (found["file"], int(found["line"])) if found else None


def excerpt(root: Path, file: str, line: int, mask: Callable[[str], str]) -> list[ExcerptLine]:
    """The line and those around it; nothing for a file that is not a readable one of the project."""
    try:
        path = (root / file).resolve(strict=True)
        relative = path.relative_to(root.resolve())
        if path.suffix not in _SHOWN_SUFFIXES or any(part.startswith(".") for part in relative.parts):
            return []
        lines = read_configuration(path).decode(errors="replace").splitlines()
    except (OSError, ValueError):
        return []
    first, last = max(1, line - LINES_AROUND), min(len(lines), line + LINES_AROUND)
    texts = list(_without_secrets(mask("\n".join(lines)).splitlines(), len(lines)))
    return [
        ExcerptLine(number=number, text=texts[number - 1][:MOST_LINE], is_marked=number == line)
        for number in range(first, last + 1)
    ]


def _without_secrets(lines: Sequence[str], count: int) -> Iterator[str]:
    """The lines with hidden values. A key that is named like a secret hides what is indented below it, too."""
    if len(lines) != count:  # a secret of several lines was masked as one: the numbers do not fit any more
        yield from [HIDDEN] * count
        return
    hidden_below: int | None = None
    for line in lines:
        text = line.lstrip()
        indent = len(line) - len(text)
        if hidden_below is not None and (not text or indent > hidden_below):
            yield line[:indent] + HIDDEN if text else line
            continue
        hidden_below = indent if _SECRET_KEY.search(line) else None
        found = _SECRET_LINE.match(line)
        yield _USER_OF_URL.sub(HIDDEN, found["start"] + HIDDEN if found else line)
