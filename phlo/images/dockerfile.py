"""What of a Dockerfile only BuildKit understands, and the builder of the engine itself does not.

Source: the Dockerfile reference of Docker, and the classic builder of moby (builder/dockerfile).
"""

from __future__ import annotations

import re
from typing import NamedTuple

_OPTION = re.compile(
    r"[ \t]*(?i:(RUN|COPY|ADD))[ \t]+(?:--\S+[ \t]+)*?(--(?:mount|network|security|link|parents|exclude|checksum))\b"
)
_HEREDOC = re.compile(r"[ \t]*(?i:(RUN|COPY|ADD))\b.*?(?<![<\w(])<<-?[\"']?(\w+)[\"']?")


class BuildKitOnly(NamedTuple):
    """line: from 1. what: the instruction and what of it."""

    line: int
    what: str


def find_buildkit_only(text: str) -> BuildKitOnly | None:
    """The first thing in a Dockerfile that only BuildKit understands."""
    lines = text.splitlines()
    continued = False
    for number, line in enumerate(lines, start=1):
        if not continued and (option := _OPTION.match(line)):
            return BuildKitOnly(number, f"{option[1].upper()} {option[2]}")
        if (
            not continued
            and (heredoc := _HEREDOC.match(line))
            and heredoc[2] in (one.strip() for one in lines[number:])
        ):
            return BuildKitOnly(number, f"{heredoc[1].upper()} with a here-document")
        continued = line.rstrip().endswith("\\") and not line.lstrip().startswith("#")
    return None
