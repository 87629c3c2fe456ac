"""See to one line of a text file: that it is there, or that it is not."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """path: the file; `dest`, `destfile` and `name` are the same.
    line: the line.
    regexp: the line to replace, of several the last one; with state: absent all lines to remove.
    search_string: as regexp, a text that is in the line.
    state: present or absent.
    backrefs: put groups of regexp into line (`\\1`); without a match nothing is changed.
    insertafter: where a new line goes: after the last line that matches, or EOF, the default.
    insertbefore: before the last line that matches, or BOF.
    firstmatch: the first line that matches instead of the last.
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
    line: str | None = None
    regexp: str | None = None
    search_string: str | None = None
    state: Literal["present", "absent"] = "present"
    backrefs: bool = False
    insertafter: str | None = None
    insertbefore: str | None = None
    firstmatch: bool = False
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
        if self.state == "present" and self.line is None:
            raise ValueError("state: present needs line")
        if self.state == "absent" and self.line is None and self.regexp is None and self.search_string is None:
            raise ValueError("state: absent needs one of line, regexp and search_string")
        for names in (("regexp", "search_string"), ("insertafter", "insertbefore"), ("backrefs", "search_string")):
            if all(getattr(self, name) for name in names):
                raise ValueError(f"{' and '.join(names)} exclude each other")
        if self.backrefs and self.regexp is None:
            raise ValueError("backrefs needs regexp")
        for pattern in (self.regexp, self.insertafter, self.insertbefore):
            try:
                re.compile(pattern or "")
            except re.error as reason:
                raise ValueError(f'"{pattern}" is not a regular expression: {reason}') from None


def observe(args: Args, host: ReadHost) -> EditSeen:
    """Read the file, and see what of it has to change."""
    is_removing = args.state == "absent"
    change = removed if is_removing else present
    return see_edit(args, host, lambda text: change(args, text), is_removing=is_removing, where="lineinfile")


def removed(args: Args, text: str) -> Edit:
    """The text without the lines."""
    lines = lines_of(text)
    kept = [line for line in lines if not _is_meant(args, line)]
    found = len(lines) - len(kept)
    return Edit(text="".join(kept), message=f"{found} line(s) removed" if found else "", facts={"found": found})


def present(args: Args, text: str) -> Edit:
    """The text with the line."""
    lines = lines_of(text)
    line = args.line or ""
    meant = [index for index, there in enumerate(lines) if _is_meant(args, there)]
    if (not meant and args.regexp is not None) or (args.search_string is not None and not meant):
        equal = [index for index, there in enumerate(lines) if there.rstrip("\r\n") == line]
        meant = [] if args.backrefs else equal
    if meant:
        index = meant[0] if args.firstmatch else meant[-1]
        new = line
        if args.backrefs and (match := re.search(args.regexp or "", lines[index])):
            new = match.expand(line)
        return _with(lines, index, index + 1, new, "line replaced")
    if args.backrefs:
        return Edit(text=text)
    return _inserted(args, lines, line)


def _inserted(args: Args, lines: list[str], line: str) -> Edit:
    """The lines with a new one."""
    after, before = args.insertafter, args.insertbefore
    if "BOF" in (after, before):
        return _with(lines, 0, 0, line, "line added")
    pattern = before if before is not None else after if after not in (None, "EOF") else None
    matching = [] if pattern is None else [i for i, there in enumerate(lines) if re.search(pattern, there)]
    if not matching:
        return _with(lines, len(lines), len(lines), line, "line added")
    place = (matching[0] if args.firstmatch else matching[-1]) + (before is None)
    return _with(lines, place, place, line, "line added")


def _is_meant(args: Args, there: str) -> bool:
    if args.regexp is not None:
        return bool(re.search(args.regexp, there))
    if args.search_string is not None:
        return args.search_string in there
    return there.rstrip("\r\n") == args.line


def _with(lines: list[str], start: int, end: int, line: str, message: str) -> Edit:
    """The lines with one in the place of some. The one before it ends with an end of line."""
    before = [*lines[:start]]
    if before and not before[-1].endswith(("\n", "\r")):
        before[-1] += "\n"
    new = [*before, line if line.endswith("\n") else f"{line}\n", *lines[end:]]
    return Edit(text="".join(new), message=message if new != lines else "")


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
