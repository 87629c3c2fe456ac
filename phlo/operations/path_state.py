"""What is at a path of the host: a file, a folder, a link, nothing; and its owner, group and mode."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import AnyMode, injected
from phlo.operations.file_attributes import Attributes, parse_mode
from phlo.operations.host_file import SHELL_FUNCTIONS, Entry, attribute_words, look, parse_entry
from phlo.operations.location import Location, location_of
from phlo.values import Change

IS_FOR_HOSTS = True

_TAIL = 'own "$path" "$2" "$3" "$4" "$5" && look "$path" "" "" ""'
# $1: path. $2, $3, $4: owner, group, mode. $5: "" follows links. $6: what a link leads to. $7: force.
_MAKE = {
    "file": _TAIL,
    "absent": 'rm -rf -- "$path" && look "$path" "" "" ""',
    "directory": 'mkdir -- "$path" && ' + _TAIL,
    "touch": '{ touch -- "$path"; } && ' + _TAIL,
    "link": '{ [ -z "$7" ] || rm -rf -- "$path"; } && ln -s -- "$6" "$path" && ' + _TAIL,
    "hard": '{ [ -z "$7" ] || rm -f -- "$path"; } && ln -- "$6" "$path" && ' + _TAIL,
}
# Lines of a path below $1 and its attributes, those of links themselves.
_BELOW = """find "$1" -mindepth 1 -exec stat -c '%f %u %g %s %X %Y %Z %i %d %h %U %G %n' -- {} +"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """path: the path; `dest` and `name` are the same.
    state: file (it has to be there), directory, link, hard, touch, or absent.
    src: what a link leads to, or the file that a hard link is another name of.
    owner: the owner, a name or a number.
    group: the group, a name or a number.
    mode: the mode.
    recurse: the attributes of all that is in the folder, too.
    force: make a link to what is not there, and in place of a file.
    follow: the attributes of what a link leads to.
    modification_time: `preserve` keeps the time of a file that `touch` finds.
    access_time: as modification_time.
    service: the service in whose container the path is; in a role of a service the role's own.
    container: a container's name instead of a service's.
    """

    path: str
    state: Literal["file", "directory", "link", "hard", "touch", "absent", ""] = ""
    src: str | None = None
    owner: str | None = None
    group: str | None = None
    mode: AnyMode | None = None
    recurse: bool = False
    force: bool = False
    follow: bool = True
    modification_time: Literal["preserve", "now"] = "now"
    access_time: Literal["preserve", "now"] = "now"
    service: str = ""
    container: str | None = None
    project: str = injected("project")
    own_service: str = injected("service")
    root: Path = injected("root")

    def __post_init__(self) -> None:
        if self.state in ("link", "hard") and self.src is None and not (self.state == "link" and self.follow):
            raise ValueError(f"state: {self.state} needs src")
        if self.recurse and self.state != "directory":
            raise ValueError("recurse is for state: directory")

    @property
    def attributes(self) -> Attributes:
        return Attributes(owner=self.owner, group=self.group, mode=parse_mode(self.mode))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """there: what is at the path itself. target: what it leads to, where that matters. state: as it should be.

    missing: the folders that have to be made, the outermost first. below: what is in the folder and differs.
    """

    state: str
    there: Entry | None
    target: Entry | None = None
    missing: tuple[str, ...] = ()
    below: tuple[Entry, ...] = ()


def observe(args: Args, host: ReadHost) -> Seen:
    """See what is at the path; raises OperationError for what must not be replaced."""
    location = location_of(args, host, where="file")
    there = look(location, args.path)
    state = args.state or ("directory" if args.recurse else "file" if there is None else there.kind)
    follows = args.follow and state in ("file", "directory", "touch")
    target = look(location, args.path, follow=True) if there and there.kind == "link" and follows else there
    if state == "file" and target is None:
        fix = "state: touch makes it, `copy` gives it a content."
        raise OperationError(f"there is no file {args.path}", where=location.name, fix=fix)
    if state == "file" and target and target.is_folder and args.state == "file":
        raise OperationError(f"{args.path} is a folder", where=location.name, fix="Write state: directory.")
    missing: tuple[str, ...] = ()
    below: tuple[Entry, ...] = ()
    if state == "directory":
        if target is not None and not target.is_folder:
            raise OperationError(f"{args.path} is a {target.kind}, not a folder", where=location.name)
        missing = tuple(_missing(location, args.path)) if target is None else ()
        below = tuple(_below(location, args)) if args.recurse and target else ()
    if state in ("link", "hard"):
        _check_link(args, state, there, location)
        if state == "hard" and args.src is not None:
            target = look(location, args.src, follow=True)
            if target is None:
                raise OperationError(f"there is no file {args.src}", where=location.name)
    return Seen(state=state, there=there, target=target, missing=missing, below=below)


def _missing(location: Location, path: str) -> list[str]:
    script = """
path=$1; found=
while [ -n "$path" ] && [ "$path" != / ] && [ "$path" != . ] && ! [ -d "$path" ]; do
  printf '%s\\0' "$path"; path=$(dirname -- "$path")
done
"""
    printed = location.sh(f'{SHELL_FUNCTIONS}\nset -- "$(home "$1")"\n{script}', path.rstrip("/") or "/").stdout
    return [name.decode(errors="surrogateescape") for name in reversed(printed.split(b"\0")[:-1])]


def _below(location: Location, args: Args) -> Iterator[Entry]:
    for line in location.sh(_BELOW, args.path, most_bytes=64 * 1024 * 1024).stdout.splitlines():
        words = line.split(b" ", 12)
        name = words[12].decode(errors="surrogateescape")
        entry = parse_entry(name, b" ".join(words[:12]) + b"\n- no\n")
        if entry is not None and entry.causes(args.attributes):
            yield entry


def _check_link(args: Args, state: str, there: Entry | None, location: Location) -> None:
    if there is not None and there.kind not in ("link", "file") and not args.force:
        fix = "Remove it with state: absent first, or write force: true."
        raise OperationError(f"{args.path} is a {there.kind}, not a link", where=location.name, fix=fix)
    if state == "link" and there is not None and there.kind == "file" and not args.force:
        raise OperationError(f"{args.path} is a file, not a link", where=location.name, fix="Write force: true.")
    if state == "link" and args.src is not None and not args.force:
        full = str(PurePosixPath(args.path).parent / args.src)
        if look(location, full, follow=True) is None:
            fix = "Write force: true to make the link all the same."
            raise OperationError(f"{args.src}, which the link leads to, is not there", where=location.name, fix=fix)


def decide(args: Args, seen: Seen) -> list[Change]:
    at, there = f"path:{args.path}", seen.there
    if seen.state == "absent":
        return [Change(at=at, verb="remove", causes=(f"is a {there.kind}",))] if there else []
    if seen.state == "directory" and seen.missing:
        return [Change(at=at, verb="create", causes=("not found",))]
    if seen.state == "touch":
        if there is None:
            return [Change(at=at, verb="create", causes=("not found",))]
        if "now" in (args.modification_time, args.access_time):
            return [Change(at=at, verb="touch", causes=("asked for",))]
    causes: list[str] = []
    if (
        seen.state == "link"
        and args.src is not None
        and (there is None or there.kind != "link" or there.target != args.src)
    ):
        causes.append("not found" if there is None else f"leads to {there.target}" if there.target else "is a file")
        return [Change(at=at, verb="create" if there is None else "update", causes=tuple(causes))]
    if seen.state == "hard" and args.src is not None and not _is_same(there, seen.target):
        cause = "not found" if there is None else "is another file"
        return [Change(at=at, verb="create" if there is None else "update", causes=(cause,))]
    subject = there if seen.state == "link" or seen.target is None else seen.target
    causes = subject.causes(args.attributes) if subject is not None else []
    if seen.below:
        causes.append(f"{len(seen.below)} paths below differ")
    return [Change(at=at, verb="update", causes=tuple(causes))] if causes else []


def _is_same(there: Entry | None, target: Entry | None) -> bool:
    return there is not None and target is not None and (there.device, there.inode) == (target.device, target.inode)


def diff(args: Args, seen: Seen) -> list[str]:
    """What `--diff` shows: the attributes and the kind, before and after."""
    before = seen.there.kind if seen.there else "absent"
    after = "absent" if seen.state == "absent" else "file" if seen.state in ("touch", "hard") else seen.state
    lines = [] if before == after else [f"-state: {before}", f"+state: {after}"]
    subject = seen.target or seen.there
    for cause in subject.causes(args.attributes) if subject and seen.state != "absent" else ():
        name, _, values = cause.partition(": ")
        old, _, new = values.partition(" -> ")
        lines += [f"-{name}: {old}", f"+{name}: {new}"]
    return lines


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps when nothing changes."""
    return _facts(args, seen, seen.there if seen.state in ("link", "hard") else seen.target)


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Make it so."""
    location = location_of(args, host, where="file")
    entry: Entry | None = seen.target
    if seen.state == "directory" and seen.missing:
        for folder in seen.missing:
            words = attribute_words(args.attributes, None, is_folder=True)
            entry = _run(location, "directory", folder, (*words, "", "", ""))
        return _facts(args, seen, entry)
    subject = None if seen.state == "absent" or seen.there is None else seen.there if _is_link(seen) else seen.target
    kind = "file" if seen.state == "directory" else seen.state
    if kind in ("link", "hard") and (args.src is None or (change.verb == "update" and not _is_other(args, seen))):
        kind = "file"
    words = ("", "", "") if kind in ("link", "absent") else attribute_words(args.attributes, subject)
    own = "1" if _is_link(seen) else ""
    replaced = "1" if seen.there is not None else ""
    entry = _run(location, kind if kind in _MAKE else "file", args.path, (*words, own, args.src or "", replaced))
    for one in seen.below:
        is_link = "1" if one.kind == "link" else ""
        _run(location, "file", one.path, (*attribute_words(args.attributes, one), is_link, "", ""))
    if kind == "link" and entry is not None and (args.owner or args.group):
        entry = _run(location, "file", args.path, (*attribute_words(args.attributes, entry), "1", "", ""))
    return _facts(args, seen, entry)


def _is_link(seen: Seen) -> bool:
    return seen.state == "link"


def _is_other(args: Args, seen: Seen) -> bool:
    """Whether the link itself is another one."""
    if seen.state == "hard":
        return not _is_same(seen.there, seen.target)
    return seen.there is None or seen.there.target != args.src


def _run(location: Location, kind: str, path: str, words: tuple[str, ...]) -> Entry | None:
    script = f'{SHELL_FUNCTIONS}\npath=$(home "$1"); {_MAKE[kind]}'
    return parse_entry(path, location.sh(script, path, *words).stdout)


def _facts(args: Args, seen: Seen, entry: Entry | None) -> dict[str, Any]:
    name = {"dest": args.path} if seen.state in ("link", "hard", "touch") else {"path": args.path}
    if entry is None:
        return {"path": args.path, "state": "absent"}
    state = {"hard": "hard"}.get(seen.state, entry.kind)
    return {**name, **({"src": args.src} if args.src is not None else {}), **entry.facts(), "state": state}
