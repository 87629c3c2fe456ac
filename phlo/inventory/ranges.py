"""Names of several hosts in one: `web-[01:10:2].example.org`, and a port behind a name.

Source: Ansible's documentation, "Adding ranges of hosts", and `ansible-inventory` for what it does not say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import ascii_letters
from typing import NamedTuple

_RANGE = re.compile(r"\[(\d*|[a-zA-Z]):(\d+|[a-zA-Z])(?::(\d+))?\]")
_WITH_PORT = re.compile(r"((?:[^:\[\]]|\[[^\]]*\])+):(\d+)")
_ADDRESS_WITH_PORT = re.compile(r"\[([0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)\]:(\d+)")


class RangeError(Exception):
    """A pattern names no hosts. fix: what to write."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


class Hosts(NamedTuple):
    """port: of `NAME:PORT`."""

    names: tuple[str, ...]
    port: int | None


def hosts_of(pattern: str) -> Hosts:
    """The hosts that a pattern names. Raises RangeError."""
    found = _ADDRESS_WITH_PORT.fullmatch(pattern)
    if found:
        return Hosts((found[1],), int(found[2]))
    found = _WITH_PORT.fullmatch(pattern)
    names, port = (found[1], int(found[2])) if found else (pattern, None)
    return Hosts(tuple(_expanded(names)), port)


def _expanded(pattern: str) -> Iterator[str]:
    """`data-[1:3]` -> data-1, data-2, data-3."""
    found = _RANGE.search(pattern)
    if not found:
        if re.search(r"[\s\[\]]", pattern) or not pattern:
            raise RangeError(f'"{pattern}" is not a host\'s name', "Write a name, or a range such as data-[1:3].")
        yield pattern
        return
    first, last, step = found.group(1) or "0", found.group(2), int(found.group(3) or 1)
    is_padded = len(first) > 1 and first.startswith("0")
    if first.isdigit() != last.isdigit() or step == 0 or (is_padded and len(first) != len(last)):
        raise RangeError(f'"{found.group()}" is not a range', "Write [1:9], [01:09] or [a:f].")
    if first.isdigit():
        names = [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1, step)]
    else:
        names = list(ascii_letters[ascii_letters.index(first) : ascii_letters.index(last) + 1 : step])
    if not names:
        raise RangeError(f'the range "{found.group()}" is empty', "Put the lower end first.")
    for name in names:
        yield from _expanded(pattern[: found.start()] + name + pattern[found.end() :])
