"""Files of `NAME=value` lines, as Docker Compose reads them.

NAME=plain text     # a comment after a space
NAME="text with ${OTHER} and \\n, may span lines"
NAME='taken as written, may span lines'
export NAME=text
NAME                # the process environment's value

`format: raw` of an env_file is the syntax of `docker run --env-file`: one NAME=value on each line, no quotes,
no escapes, no variables and no comments after a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from phlo.bounded import read_configuration
from phlo.compose.interpolate import Lookup, interpolate
from phlo.errors import ConfigError, PhloError, first_of
from phlo.frozen import dataclass
from phlo.values import Text
from phlo.yaml_source import UNREADABLE_FIX, not_utf8

_BLANKS = "\t\v\f\r \x85\xa0"  # between the parts of a line
_SPACES = _BLANKS + "\n\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # what unicode.IsSpace of Go accepts
_GAP = re.compile(rf"(?:[{_SPACES}]+|#[^\n]*)*")
_LEADING, _TRAILING = re.compile(rf"\A[{_SPACES}]+"), re.compile(rf"[{_SPACES}]+\Z")
_START = re.compile(rf"(?:export[{_BLANKS}]+)?([^=:\n]*)([=:]?)")
_NAME = re.compile(r"[\w.\-\[\]]+")
_QUOTED = re.compile(r"""'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)\"""", re.DOTALL)
_ESCAPE = re.compile(r'\\(?:([abfnrtv$"\\])|0(\d{0,3}))')
_OCTAL = re.compile(r"[0-3][0-7]{2}")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "$": "$$"}
_NAME_FIX = "Write NAME=value; a name has letters, digits and underscores."


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry, on the lines `line` to `last_line`.

    text: None when it is only a name. is_literal: not interpolated.
    """

    name: str
    text: str | None
    line: int
    is_literal: bool = False
    last_line: int = 0


def load_env_file(path: Path, *, label: str) -> Mapping[str, Entry]:
    """Read an environment file; of two entries with one name the last one counts.

    Raises FileNotFoundError when there is no such file, ConfigError for the rest.
    """
    return parse_env(_read(path, label, read_configuration), label=label)


def load_entries(
    path: Path, *, label: str, is_raw: bool = False, read: Callable[[Path], bytes] = read_configuration
) -> tuple[Entry, ...]:
    """All entries of an environment file, in order. Raises as `load_env_file`. read: gives the file's content."""
    text = _read(path, label, read)
    return _all(_raw_entries(text, label) if is_raw else _entries(text, label))


def parse_env(text: str, *, label: str) -> Mapping[str, Entry]:
    """The entries of an environment file's text. Raises ConfigError with every line that is wrong."""
    return {entry.name: entry for entry in _all(_entries(text, label))}


def final_texts(
    entries: Iterable[Entry],
    lookup: Lookup,
    *,
    below: Mapping[str, Text],
    label: str,
    unset: Callable[[str, str], None] | None = None,
) -> dict[str, Text]:
    """The value of each name, with its variables replaced in the order of the lines.

    lookup: values that win over those of the file: variables of the project, then the service's `environment`.
    below:  values of earlier files.
    A name without a value that `lookup` does not know is left out.
    """
    found: dict[str, Text] = {}

    def known(name: str) -> Text | None:
        text = lookup(name)
        return text if text is not None else found.get(name, below.get(name))

    for entry in entries:
        text: Text | None = entry.text
        if entry.text is None:
            text = lookup(entry.name)
        elif not entry.is_literal:
            text = interpolate(entry.text, known, where=f"{label}:{entry.line} {entry.name}", unset=unset)
        if text is not None:
            found[entry.name] = text
    return found


def _read(path: Path, label: str, read: Callable[[Path], bytes]) -> str:
    try:
        return read(path).decode("utf-8-sig")
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as reason:
        raise not_utf8(reason, label=label) from None
    except OSError as reason:
        raise ConfigError(f"cannot be read: {reason.strerror}", where=label, fix=UNREADABLE_FIX) from None


def _all(found: Iterator[Entry | ConfigError]) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    errors: list[PhloError] = []
    for item in found:
        if isinstance(item, Entry):
            entries.append(item)
        else:
            errors.append(item)
    if errors:
        raise first_of(errors)
    return tuple(entries)


def _entries(text: str, label: str) -> Iterator[Entry | ConfigError]:
    """Each entry, and an error for each line that is not one."""
    at, line, counted = _after_gap(text, 0), 1, 0
    is_after_quote = False
    while at < len(text):
        line += text.count("\n", counted, at)
        counted = at
        try:
            entry, end = _entry(text, at, f"{label}:{line}", line, is_after_quote=is_after_quote)
            yield entry
        except ConfigError as error:
            yield error
            end = _line_end(text, at)
        following = _after_gap(text, end)
        is_after_quote = "\n" not in text[end:following]
        at = following


def _entry(text: str, at: int, where: str, line: int, *, is_after_quote: bool) -> tuple[Entry, int]:
    """The entry that starts at `at`, and the position after it."""
    start = _START.match(text, at)
    given, sign = (start.group(1), start.group(2)) if start else ("", "")
    name = _TRAILING.sub("", given if sign else given.partition(" #")[0])
    if not start or not _NAME.fullmatch(name):
        raise _name_error(name, where, has_sign=bool(sign), is_after_quote=is_after_quote)
    if not sign:
        return Entry(name=name, text=None, line=line, last_line=line), start.end()
    value_at = start.end()
    while text[value_at : value_at + 1] and text[value_at] in _BLANKS:
        value_at += 1
    quote = text[value_at : value_at + 1]
    if quote in ("'", '"') and quote:
        quoted = _QUOTED.match(text, value_at)
        if not quoted:
            fix = f"Put {quote} at the end of the value."
            raise ConfigError(f"the quote {quote} is not closed", where=f"{where} {name}", fix=fix)
        last = line + text.count("\n", at, quoted.end())
        value = _unquoted(quoted.group()[1:-1], quote)
        return Entry(name=name, text=value, line=line, is_literal=quote == "'", last_line=last), quoted.end()
    end = _line_end(text, at)
    # What follows a space and "#" is a comment, also where there is nothing before the space.
    plain = text[start.end() : end].partition(" #")[0].lstrip(_BLANKS)
    return Entry(name=name, text=_TRAILING.sub("", plain), line=line, last_line=line), end


def _name_error(name: str, where: str, *, has_sign: bool, is_after_quote: bool) -> ConfigError:
    """What is wrong with a line that does not start with a name; the text after a quote may be part of a secret."""
    if is_after_quote:
        return ConfigError(
            "something follows the closing quote", where=where, fix="Put the whole value in one pair of quotes."
        )
    first = _NAME.match(name)
    if first and not has_sign:
        return ConfigError(f'"{first.group()}" is not followed by "="', where=where, fix="Write NAME=value.")
    return ConfigError(f'"{name if has_sign else ""}" is not a variable\'s name', where=where, fix=_NAME_FIX)


def _unquoted(inside: str, quote: str) -> str:
    if "\\" not in inside:
        return inside
    text = re.sub(r"\\(.)", lambda found: quote if found[1] == quote else found[0], inside, flags=re.DOTALL)
    return _ESCAPE.sub(_escaped, text) if quote == '"' else text


def _escaped(found: re.Match[str]) -> str:
    """One escape sequence; a dollar sign is doubled, so that interpolation keeps it.

    What is not an octal number after `\\0` loses the zero, as in Compose.
    """
    digits = found[2]
    if digits is not None:
        return chr(int(digits, 8)) if _OCTAL.fullmatch(digits) else f"\\{digits}"
    return _ESCAPES.get(found[1], found[1])


def _raw_entries(text: str, label: str) -> Iterator[Entry | ConfigError]:
    """The entries of `format: raw`: values as they are written, only a carriage return before the line end removed."""
    for number, whole in enumerate(text.split("\n"), start=1):
        content = _LEADING.sub("", whole.removesuffix("\r"))
        if not content or content.startswith("#"):
            continue
        name, equals, value = content.partition("=")
        if not name or " " in name or "\t" in name:
            yield ConfigError(
                "there is no variable's name before the value" if not name else "a variable's name has a space in it",
                where=f"{label}:{number}",
                fix="Write NAME=value.",
            )
        else:
            yield Entry(name=name, text=value if equals else None, line=number, is_literal=True, last_line=number)


def _after_gap(text: str, at: int) -> int:
    """Where the next entry starts: after white space and comments."""
    found = _GAP.match(text, at)
    return found.end() if found else at


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
