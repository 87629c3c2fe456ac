"""A text file of which an operation changes a part, on the host or in a container."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from phlo.bounded import MOST_CONFIGURATION_BYTES, size_text
from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.operations import container_file
from phlo.operations.file import read_in_container
from phlo.operations.file_attributes import Attributes, parse_mode
from phlo.operations.host_file import look
from phlo.operations.host_put import PutSeen, Wanted, put, put_changes, put_diff
from phlo.operations.location import host_location, works_in_container
from phlo.operations.service_container import find_target
from phlo.operations.suffix import backup_suffix
from phlo.values import Change, FileSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """text: the new content. message: what was done, in Ansible's words. facts: what else `register` keeps."""

    text: str
    message: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditSeen:
    """edit: the change of the content. file: the file; None when it is not there and nothing is to be done."""

    edit: Edit
    file: PutSeen | container_file.Seen | None = None


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends; only a line feed ends a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


class EditArgs(Protocol):
    """The arguments of operations that edit a file."""

    @property
    def path(self) -> str: ...
    @property
    def create(self) -> bool: ...
    @property
    def backup(self) -> bool: ...
    @property
    def validate(self) -> str: ...
    @property
    def mode(self) -> str | None: ...
    @property
    def owner(self) -> str | None: ...
    @property
    def group(self) -> str | None: ...
    @property
    def service(self) -> str: ...
    @property
    def container(self) -> str | None: ...
    @property
    def project(self) -> str: ...
    @property
    def own_service(self) -> str: ...
    @property
    def root(self) -> Path: ...
    @property
    def clock(self) -> Callable[[], float]: ...


def check_edit(args: EditArgs) -> None:
    """Raise ValueError for arguments that a container's file does not have."""
    if works_in_container(args):
        container_file.refuse_host_arguments(args, ("group", "backup", "validate"))
        container_file.owner_of(args.owner or "0:0")


def see_edit(
    args: EditArgs, host: ReadHost, change: Callable[[str], Edit], *, is_removing: bool, where: str
) -> EditSeen:
    """Read the file, and what `change` makes of it. is_removing: a file that is not there is as it should be."""
    if works_in_container(args):
        return _see_in_container(args, host, change, is_removing=is_removing, where=where)
    location = host_location(host, args.root)
    there = look(location, args.path, follow=True, reads=True, most_bytes=MOST_CONFIGURATION_BYTES)
    if there is not None and there.content is None:
        limit = size_text(MOST_CONFIGURATION_BYTES)
        what = f"is not a file, but a {there.kind}" if there.kind != "file" else f"is larger than {limit}"
        raise OperationError(f"{args.path} {what}", where=location.name)
    edit = _edited(args, None if there is None else there.content, change, is_removing=is_removing, where=location.name)
    if edit is None:
        return EditSeen(edit=Edit(text="", message="file not present"))
    wanted = Wanted(
        path=args.path,
        content=edit.text.encode(errors="surrogateescape"),
        attributes=Attributes(owner=args.owner, group=args.group, mode=parse_mode(args.mode)),
        backup=backup_suffix(args.clock()) if args.backup else "",
        validate=args.validate,
        folder_mode="-" if args.create else "",
        follow=True,
    )
    return EditSeen(edit=edit, file=PutSeen(wanted=wanted, there=there, location=location.name))


def _see_in_container(
    args: EditArgs, host: ReadHost, change: Callable[[str], Edit], *, is_removing: bool, where: str
) -> EditSeen:
    target = find_target(args.project, args.service or args.own_service, args.container, host, where=where)
    there = read_in_container(target.id, args.path, host)
    name, content = f"{host.name} {target.name}", None if there is None else there.data()
    edit = _edited(args, content, change, is_removing=is_removing, where=name)
    if edit is None:
        return EditSeen(edit=Edit(text="", message="file not present"))
    wanted = container_file.spec(args.path, edit.text.encode(errors="surrogateescape"), args.mode, args.owner)
    if there is not None:
        mode = wanted.mode if args.mode is not None else there.mode
        uid, gid = (wanted.uid, wanted.gid) if args.owner is not None else (there.uid, there.gid)
        wanted = FileSpec(path=args.path, content=wanted.content, mode=mode, uid=uid, gid=gid)
    return EditSeen(edit=edit, file=container_file.Seen(target=target, wanted=wanted, there=there))


def _edited(
    args: EditArgs, content: bytes | None, change: Callable[[str], Edit], *, is_removing: bool, where: str
) -> Edit | None:
    if content is None:
        if is_removing:
            return None
        if not args.create:
            fix = "Write create: true to make it."
            raise OperationError(f"there is no file {args.path}", where=where, fix=fix)
    return change((content or b"").decode(errors="surrogateescape"))


def edit_changes(seen: EditSeen) -> list[Change]:
    if seen.file is None:
        return []
    changes = put_changes(seen.file) if isinstance(seen.file, PutSeen) else container_file.changes(seen.file)
    words = seen.edit.message
    return [
        Change(at=one.at, verb=one.verb, causes=tuple(words if why == "content differs" else why for why in one.causes))
        for one in changes
    ]


def edit_diff(seen: EditSeen) -> list[str]:
    if seen.file is None:
        return []
    return put_diff(seen.file) if isinstance(seen.file, PutSeen) else container_file.diff_lines(seen.file)


def edit_facts(seen: EditSeen) -> dict[str, Any]:
    """What `register` keeps when nothing changes."""
    return {"msg": seen.edit.message, "backup": "", **seen.edit.facts}


def make_edit(args: EditArgs, seen: EditSeen, host: Host) -> dict[str, Any]:
    """Write the file; what `register` keeps."""
    backup = ""
    if isinstance(seen.file, PutSeen):
        backup = str(put(host_location(host, args.root), seen.file).get("backup_file", ""))
    elif seen.file is not None:
        container_file.put(seen.file, host)
    message = seen.edit.message or "ownership, perms or SE linux context changed"
    return {**edit_facts(seen), "msg": message, "backup": backup}
