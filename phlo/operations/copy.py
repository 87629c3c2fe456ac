"""Put a file, a folder, or a text as a file, on the host; with `service`, into its container."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from phlo.bounded import read_file
from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations import container_file
from phlo.operations.fields import AnyMode, injected
from phlo.operations.file_attributes import Attributes, parse_mode
from phlo.operations.host_file import look
from phlo.operations.host_put import PutSeen, Wanted, put, put_changes, put_diff, put_facts, see
from phlo.operations.location import Location, host_location, works_in_container
from phlo.operations.service_container import find_target
from phlo.operations.suffix import backup_suffix
from phlo.values import Change, Secret

IS_FOR_HOSTS = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """dest: where the file goes; an absolute path in a container.
    src: a file of the control machine; relative ones are looked for in the role's files/ and beside the task file. On a
    host also a folder; one that ends with / gives its content.
    content: a text instead of a file; a mapping or list becomes JSON.
    remote_src: src is a file of the host.
    decrypt: decrypt a src that Ansible Vault encrypted.
    service: the service in whose container the file goes; in a role of a service the role's own.
    container: a container's name instead of a service's.
    mode: the file's mode; `preserve`: that of src. Default on a host: as it is, in a container 0644.
    directory_mode: the mode of folders that are made.
    owner: the owner; in a container the ids, "999" or "999:999".
    group: the group.
    force: false keeps an existing file, whatever its content.
    backup: keep a copy of the file before.
    validate: a command that checks the new file, `%s`, before it takes its place.
    follow: where dest is a link, change the file that it leads to.
    """

    dest: str
    src: str | None = None
    content: Any = None
    remote_src: bool = False
    decrypt: bool = True
    service: str = ""
    container: str | None = None
    mode: AnyMode | None = None
    directory_mode: AnyMode | None = None
    owner: str | None = None
    group: str | None = None
    force: bool = True
    backup: bool = False
    validate: str = ""
    follow: bool = False
    project: str = injected("project")
    own_service: str = injected("service")
    root: Path = injected("root")
    clock: Callable[[], float] = injected("clock")
    find_file: Callable[[str, str], Path] = injected("find_file")
    decrypted: Callable[[bytes, Path], bytes | Secret] = injected("decrypted")

    def __post_init__(self) -> None:
        if (self.src is None) == (self.content is None):
            raise ValueError("needs one of src and content")
        if works_in_container(self):
            container_file.refuse_host_arguments(self, ("group", "backup", "validate", "remote_src", "directory_mode"))
            if not self.dest.startswith("/"):
                raise ValueError(f'dest should be an absolute path, got "{self.dest}"')
            container_file.owner_of(self.owner or "0:0")

    def text(self) -> bytes | Secret:
        """`content` as the content of a file."""
        if isinstance(self.content, Secret):
            return self.content
        is_text = isinstance(self.content, (str, int, float)) and not isinstance(self.content, bool)
        return (str(self.content) if is_text else json.dumps(self.content)).encode()


# What is seen in a container, or the files of a host.
Seen = container_file.Seen | tuple[PutSeen, ...]


def observe(args: Args, host: ReadHost) -> Seen:
    """Compare the file with the existing one."""
    if works_in_container(args):
        target = find_target(args.project, args.service or args.own_service, args.container, host, where="copy")
        path = f"{args.dest}{Path(args.src).name}" if args.src and args.dest.endswith("/") else args.dest
        content = args.text() if args.content is not None else _read(args, args.find_file(args.src or "", "files"))
        return container_file.look(target, container_file.spec(path, content, args.mode, args.owner), host)
    location = host_location(host, args.root)
    return tuple(see(location, wanted) for wanted in _wanted(args, location))


def _wanted(args: Args, location: Location) -> Iterator[Wanted]:
    if args.remote_src or args.content is not None:
        name = PurePosixPath(args.src or "").name if args.src else ""
        content = None if args.remote_src and args.src else args.text()
        yield _file(args, _dest(args, name, location), content, args.mode, source=args.src or "")
        return
    source = args.find_file(args.src or "", "files")
    if not source.is_dir():
        mode = source.stat().st_mode & 0o7777 if args.mode == "preserve" else args.mode
        yield _file(args, _dest(args, source.name, location), _read(args, source), mode)
        return
    start = source if (args.src or "").endswith("/") else source.parent
    for path in sorted(source.rglob("*")):
        if path.is_file():
            mode = path.stat().st_mode & 0o7777 if args.mode == "preserve" else args.mode
            dest = str(PurePosixPath(args.dest) / path.relative_to(start).as_posix())
            yield _file(args, dest, _read(args, path), mode, makes_folder=True)


def _dest(args: Args, name: str, location: Location) -> str:
    """The path of a file: in the folder `dest`, where it is one."""
    if not name:
        return args.dest
    there = None if args.dest.endswith("/") else look(location, args.dest, follow=True)
    is_folder = args.dest.endswith("/") or (there is not None and there.is_folder)
    return str(PurePosixPath(args.dest) / name) if is_folder else args.dest


def _file(
    args: Args, path: str, content: bytes | Secret | None, mode: Any, *, source: str = "", makes_folder: bool = False
) -> Wanted:
    folder_mode = parse_mode(args.directory_mode)
    text = "-" if folder_mode is None else f"{folder_mode:04o}" if isinstance(folder_mode, int) else folder_mode
    return Wanted(
        path=path,
        content=content,
        source=source if content is None else "",
        attributes=Attributes(owner=args.owner, group=args.group, mode=parse_mode(mode)),
        backup=backup_suffix(args.clock()) if args.backup else "",
        validate=args.validate,
        keeps=not args.force,
        follow=args.follow,
        folder_mode=text if makes_folder or args.dest.endswith("/") else "",
    )


def _read(args: Args, path: Path) -> bytes | Secret:
    try:
        content = read_file(path)
    except OSError as reason:
        raise OperationError(f"cannot be read: {reason.strerror}", where=path) from None
    return args.decrypted(content, path) if args.decrypt else content


def decide(args: Args, seen: Seen) -> list[Change]:
    if isinstance(seen, container_file.Seen):
        return container_file.changes(seen)
    return [change for one in seen for change in put_changes(one)]


def diff(args: Args, seen: Seen) -> list[str]:
    """What `--diff` shows."""
    if isinstance(seen, container_file.Seen):
        return container_file.diff_lines(seen)
    return [line for one in seen for line in put_diff(one)]


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps when nothing changes."""
    if isinstance(seen, container_file.Seen):
        return {}
    if len(seen) == 1:
        return put_facts(seen[0], seen[0].there)
    return {"dest": args.dest}


def apply(change: Change, args: Args, seen: Seen, host: Host) -> Mapping[str, Any]:
    """Put the file there."""
    if isinstance(seen, container_file.Seen):
        container_file.put(seen, host)
        return {"dest": seen.wanted.path}
    one = next(one for one in seen if change.at == f"file:{one.wanted.path}")
    found = put(host_location(host, args.root), one)
    return found if len(seen) == 1 else {"dest": args.dest}
