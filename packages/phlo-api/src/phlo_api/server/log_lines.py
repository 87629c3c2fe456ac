"""A line of a container's output: its time, its level, its text with or without colours, and which lines are wanted."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from phlo.hosts.live import LiveContainer
from phlo_api.server.linear_regex import LinearPattern, PatternError
from phlo_api.server.models import LogLevel, LogLine
from phlo_api.server.problems import Refusal

CUT = " … (cut)"
MOST_LINE = 16_000
# How much more of a line is read than shown: a secret that the end of the line cuts in two is masked all the same.
MARGIN = 8_000
# A level is looked for in so much of a line.
MOST_HEAD = 400
Mask = Callable[[str], str]
# ECMA-48: control sequences, operating system commands, two-character escapes; then what is left of control characters.
_ANSI = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]+[0-~]|[0-~])|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LEVEL = re.compile(
    r"(?<![A-Za-z])(?:(fatal|panic|critical|crit|emerg|alert|error|err|severe)|(warning|warn)|(info|notice|log)|"
    r"(debug|trace|fine))(?![A-Za-z])",
    re.IGNORECASE,
)
_NAMED_LEVEL = re.compile(r"""["']?(?:level|severity|lvl)["']?\s*[=:]\s*["']?([A-Za-z]+)""", re.IGNORECASE)
_LEVELS: tuple[LogLevel, ...] = ("error", "warning", "info", "debug")
_TIME = re.compile(
    r"(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(?P<part>\d{1,9}))?(?P<zone>Z|[+-]\d\d:\d\d)|(?P<seconds>\d{1,10})(?:\.(?P<part2>\d{1,9}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line as it was read, secrets masked. nth: of the lines of its container with the same time."""

    container: LiveContainer
    time: str
    nth: int
    text: str

    @property
    def size(self) -> int:
        return len(self.text) + 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines a client wants, and how. since, until: as `moment` gives them, or empty. levels: empty is all.

    contains: lower case.
    """

    mask: Mask
    since: str = ""
    until: str = ""
    levels: Collection[LogLevel] = ()
    contains: str = ""
    pattern: LinearPattern | None = None
    keeps_ansi: bool = False

    def line(self, entry: Entry) -> LogLine | None:
        """The line for the client; None when it is not wanted."""
        if entry.time < self.since or (self.until and entry.time > self.until):
            return None
        plain = plain_text(entry.text, self.mask)
        level = level_of(plain)
        if self.levels and level not in self.levels:
            return None
        if self.contains not in plain.lower() or (self.pattern is not None and not self.pattern.search(plain)):
            return None
        container = entry.container
        return LogLine(
            service=container.service,
            container=container.name,
            host=container.host,
            time=entry.time,
            level=level,
            text=entry.text if self.keeps_ansi else plain,
        )


def pattern_of(text: str) -> LinearPattern | None:
    """The compiled pattern. Raises a Refusal for one that cannot be used."""
    if not text:
        return None
    try:
        return LinearPattern(text)
    except PatternError as reason:
        raise Refusal(422, f"regex: {reason}", fix="Correct the pattern, or use `contains`.") from None


def moment(text: str, name: str) -> str:
    """A time of a request, RFC 3339 or seconds since the epoch, as the engine writes it; empty for no text."""
    if not text:
        return ""
    found = _TIME.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        if found["seconds"] is not None:
            whole, part = datetime.fromtimestamp(int(found["seconds"]), UTC), found["part2"]
        else:
            whole = datetime.fromisoformat(found["moment"] + found["zone"].replace("Z", "+00:00")).astimezone(UTC)
            part = found["part"]
    except (ValueError, OverflowError, OSError):
        raise Refusal(
            422, f'{name}: "{text}" is not a time', fix="Write 2026-01-31T12:00:00Z, or seconds since 1970."
        ) from None
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{(part or '').ljust(9, '0')}Z"


def nanoseconds_of(at: str) -> int:
    """A time as the engine writes it, in nanoseconds since the epoch."""
    whole = datetime.fromisoformat(at[:19] + "+00:00")
    return int(whole.timestamp()) * 1_000_000_000 + int((at[20:].removesuffix("Z") or "0").ljust(9, "0"))


def time_of(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def engine_time(at: str) -> str:
    """A time as the engine's `since` wants it."""
    seconds, rest = divmod(nanoseconds_of(at), 1_000_000_000)
    return f"{seconds}.{rest:09d}"


def level_of(text: str) -> LogLevel:
    """What a line says of its importance: a field of its own, else the first word that is a level."""
    head = text[:MOST_HEAD]
    named = _NAMED_LEVEL.search(head)
    found = (_LEVEL.fullmatch(named[1]) if named else None) or _LEVEL.search(head)
    return _LEVELS[found.lastindex - 1] if found and found.lastindex else "unknown"


def plain_text(text: str, mask: Mask) -> str:
    """The text without colours and control characters. A secret that they cut in two is masked now."""
    return mask(_ANSI.sub("", text)) if _CONTROL.search(text) else text


class Entries:
    """Makes entries of one container's raw lines, in their order."""

    def __init__(self, container: LiveContainer, mask: Mask) -> None:
        self._container = container
        self._mask = mask
        self._last = ("", 0)

    def entry(self, raw: str) -> Entry:
        """A line as the engine gives it with `timestamps`: the time, a space, the text."""
        at, space, text = raw.partition(" ")
        if not space and not at[:4].isdigit():
            at, text = time.strftime("%Y-%m-%dT%H:%M:%S.000000000Z", time.gmtime()), raw
        nth = self._last[1] + 1 if at == self._last[0] else 1
        self._last = at, nth
        return Entry(container=self._container, time=at, nth=nth, text=masked(text, self._mask))


def masked(text: str, mask: Mask) -> str:
    """The text without secrets, cut to MOST_LINE. A longer one may end in half a secret, so its end is left out."""
    found = mask(text)
    return found if len(text) <= MOST_LINE else found[: max(0, min(MOST_LINE, len(found) - MARGIN // 2))] + CUT
