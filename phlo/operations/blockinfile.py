"""See to some lines of a text file between two marks: that they are there, or that they are not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.edited_file import (
    Edit,
    EditSeen,
    check_edit,
    edit_changes,
    edit_diff,
    edit_facts,
    lines_of,
    make_edit,
    see_edit,
)
from phlo.operations.fields import AnyMode, injected
from phlo.values import Change

IS_FOR_HOSTS = True
MARKER = "# {mark} ANSIBLE MANAGED BLOCK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """path: the file; `dest`, `destfile` and `name` are the same.
    block: the lines; `content` is the same. Without any the block is removed.
    state: present or absent.
    marker: the lines before and after the block, with `{mark}` for marker_begin and marker_end.
    marker_begin: what `{mark}` is in the line before the block.
    marker_end: what `{mark}` is in the line after the block.
    insertafter: where a new block goes: after the last line that matches, or EOF, the default.
    insertbefore: before the last line that matches, or BOF.
    append_newline: an empty line after the block.
    prepend_newline: an empty line before the block.
    create: make the file.
    backup: keep a copy of the file before.
    validate: a command that checks the new file, `%s`, before it takes its place.
    mode: the file's mode.
    owner: the owner.
    group: the group.
    service: the service in whose container the file is; in a role of a service the role's own.
    container: a container's name instead of a service's.
    """

    path: str
    block: str = ""
    state: Literal["present", "absent"] = "present"
    marker: str = MARKER
    marker_begin: str = "BEGIN"
    marker_end: str = "END"
    insertafter: str | None = None
    insertbefore: str | None = None
    append_newline: bool = False
    prepend_newline: bool = False
    create: bool = False
    backup: bool = False
    validate: str = ""
    mode: AnyMode | None = None
    owner: str | None = None
    group: str | None = None
    service: str = ""
    container: str | None = None
    project: str = injected("project")
    own_service: str = injected("service")
    root: Path = injected("root")
    clock: Callable[[], float] = injected("clock")

    def __post_init__(self) -> None:
        check_edit(self)
        if self.insertafter is not None and self.insertbefore is not None:
            raise ValueError("insertafter and insertbefore exclude each other")
        if "{mark}" not in self.marker:
            raise ValueError("marker needs {mark}")
        for pattern in (self.insertafter, self.insertbefore):
            try:
                re.compile(pattern or "")
            except re.error as reason:
                raise ValueError(f'"{pattern}" is not a regular expression: {reason}') from None


def observe(args: Args, host: ReadHost) -> EditSeen:
    """Read the file, and see what of it has to change."""
    is_removing = args.state == "absent"
    return see_edit(args, host, lambda text: edited(args, text), is_removing=is_removing, where="blockinfile")


def edited(args: Args, text: str) -> Edit:
    """The text with the block, or without it."""
    lines = lines_of(text)
    begin, end = (args.marker.replace("{mark}", mark) for mark in (args.marker_begin, args.marker_end))
    block = [] if args.state == "absent" or not args.block else [begin, *args.block.splitlines(), end]
    plain = [line.rstrip("\r\n") for line in lines]
    starts = [index for index, line in enumerate(plain) if line == begin]
    ends = [index for index, line in enumerate(plain) if line == end]
    if starts and ends:
        first, last = sorted((starts[-1], ends[-1]))
        del lines[first : last + 1]
        place = first
    else:
        place = _place(args, lines)
    if block and place > 0 and not lines[place - 1].endswith("\n"):
        lines[place - 1] += "\n"
    new = [f"{line}\n" for line in block]
    if new and args.prepend_newline and place > 0 and lines[place - 1].strip():
        new.insert(0, "\n")
    if new and args.append_newline and place < len(lines) and lines[place].strip():
        new.append("\n")
    result = "".join([*lines[:place], *new, *lines[place:]])
    if result == text:
        return Edit(text=text)
    return Edit(text=result, message="Block inserted" if block else "Block removed")


def _place(args: Args, lines: list[str]) -> int:
    """Where a new block goes."""
    after, before = args.insertafter, args.insertbefore
    if before == "BOF" or after == "BOF":
        return 0
    pattern = before if before is not None else after if after != "EOF" else None
    matching = [] if pattern is None else [index for index, line in enumerate(lines) if re.search(pattern, line)]
    return matching[-1] + (before is None) if matching else len(lines)


def decide(args: Args, seen: EditSeen) -> list[Change]:
    return edit_changes(seen)


def diff(args: Args, seen: EditSeen) -> list[str]:
    """What `--diff` shows."""
    return edit_diff(seen)


def facts(args: Args, seen: EditSeen) -> dict[str, Any]:
    """What `register` keeps when nothing changes."""
    return edit_facts(seen)


def apply(change: Change, args: Args, seen: EditSeen, host: Host) -> dict[str, Any]:
    """Write the file."""
    return make_edit(args, seen, host)
