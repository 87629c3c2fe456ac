"""Files of `NAME=value` lines, as Docker Compose reads them.

NAME=plain text     # a comment after a space
NAME="text with ${OTHER} and \\n, may span lines"
NAME='taken as it stands, may span lines'
export NAME=text
NAME                # the process environment's value
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from phlo.errors import ConfigError, PhloError, first_of
from phlo.frozen import dataclass
from phlo.yaml_source import UNREADABLE_FIX, not_utf8

_START = re.compile(r"[ \t]*(?:export[ \t]+)?([^\s=:#'\"]*)[ \t]*([=:]?)[ \t]*")
_NAME = re.compile(r"[A-Za-z0-9_.\-\[\]]+\Z")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry, on the lines `line` to `last_line`.

    text: None when it is only a name. is_literal: single-quoted, so not interpolated.
    """

    name: str
    text: str | None
    line: int
    is_literal: bool = False
    last_line: int = 0


def load_env_file(path: Path, *, label: str) -> Mapping[str, Entry]:
    """Read an environment file; of a name that stands twice the last one counts.

    Raises FileNotFoundError when there is no such file, ConfigError for the rest.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as reason:
        raise not_utf8(reason, label=label) from None
    except OSError as reason:
        raise ConfigError(f"cannot be read: {reason.strerror}", where=label, fix=UNREADABLE_FIX) from None
    return parse_env(text, label=label)


def parse_env(text: str, *, label: str) -> Mapping[str, Entry]:
    """The entries of an environment file's text. Raises ConfigError with every line that is wrong."""
    text = text.replace("\r\n", "\n")
    entries: dict[str, Entry] = {}
    errors: list[PhloError] = []
    at = 0
    while at < len(text):
        line = text.count("\n", 0, at) + 1
        try:
            entry, at = _entry(text, at, f"{label}:{line}", line)
        except ConfigError as error:
            errors.append(error)
            at = _line_end(text, at) + 1
            continue
        if entry:
            entries[entry.name] = entry
    if errors:
        raise first_of(errors)
    return entries


def _entry(text: str, at: int, where: str, line: int) -> tuple[Entry | None, int]:
    """The entry that starts at `at`, None for an empty line or a comment, and where the next line starts."""
    end = _line_end(text, at)
    content = text[at:end].strip()
    if not content or content.startswith("#"):
        return None, end + 1
    start = _START.match(text, at, end)
    name, sign = (start.group(1), start.group(2)) if start else ("", "")
    if not start or not _NAME.match(name):
        shown = content.split("=", 1)[0].strip()
        fix = "Write NAME=value; a name has letters, digits and underscores."
        raise ConfigError(f'"{shown}" is not a variable\'s name', where=where, fix=fix)
    if not sign:
        rest = text[start.end() : end].strip()
        if rest and not rest.startswith("#"):
            raise ConfigError(f'"{name}" is not followed by "="', where=where, fix="Write NAME=value.")
        return Entry(name=name, text=None, line=line, last_line=line), end + 1
    value_at = start.end()
    quote = text[value_at : value_at + 1]
    if value_at < end and quote in ("'", '"'):
        value, after = _quoted(text, value_at, quote, f"{where} {name}")
        last = text.count("\n", 0, after - 1) + 1
        return Entry(name=name, text=value, line=line, is_literal=quote == "'", last_line=last), after
    return Entry(name=name, text=_plain(text[value_at:end]), line=line, last_line=line), end + 1


def _plain(text: str) -> str:
    return text.partition(" #")[0].strip()


def _quoted(text: str, opening: int, quote: str, where: str) -> tuple[str, int]:
    """The text between quotes and where the line after it starts."""
    out: list[str] = []
    at = opening + 1
    while at < len(text) and text[at] != quote:
        following = text[at + 1 : at + 2]
        if text[at] == "\\" and quote == '"' and following == "$":
            out.append("$$")  # an escaped dollar sign stays one after interpolation
            at += 2
        elif text[at] == "\\" and quote == '"' and following in _ESCAPES:
            out.append(_ESCAPES[following])
            at += 2
        elif text[at] == "\\" and following == quote:
            out.append(quote)
            at += 2
        else:
            out.append(text[at])
            at += 1
    if at >= len(text):
        raise ConfigError(f"the quote {quote} is not closed", where=where, fix=f"Put {quote} at the end of the value.")
    end = _line_end(text, at)
    rest = text[at + 1 : end].strip()
    if rest and not rest.startswith("#"):
        fix = "Put the whole value in one pair of quotes."
        raise ConfigError("something follows the closing quote", where=where, fix=fix)
    return "".join(out), end + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
