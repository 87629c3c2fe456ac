"""Render a Jinja2 template into a file on the host; with `service`, of its container or the volume mounted there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.operations import container_file
from phlo.operations.fields import AnyMode, injected
from phlo.operations.file_attributes import Attributes, parse_mode
from phlo.operations.host_file import look
from phlo.operations.host_put import PutSeen, Wanted, put, put_changes, put_diff, put_facts, see
from phlo.operations.location import host_location, works_in_container
from phlo.operations.service_container import find_target
from phlo.operations.suffix import backup_suffix
from phlo.values import Change, Secret, Text

IS_FOR_HOSTS = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """src: the template; relative ones are looked for in the role's templates/ and beside the task file.
    dest: where the file goes; an absolute path in a container.
    service: the service in whose container the file goes; in a role of a service the role's own.
    container: a container's name instead of a service's.
    mode: the file's mode; `preserve`: that of src. Default on a host: as it is, in a container 0644.
    owner: the owner; in a container the ids, "999" or "999:999".
    group: the group.
    force: false keeps an existing file, whatever its content.
    backup: keep a copy of the file before.
    validate: a command that checks the new file, `%s`, before it takes its place.
    follow: where dest is a link, change the file that it leads to.
    variables: further variables for the template.
    """

    src: str
    dest: str
    service: str = ""
    container: str | None = None
    mode: AnyMode | None = None
    owner: str | None = None
    group: str | None = None
    force: bool = True
    backup: bool = False
    validate: str = ""
    follow: bool = False
    variables: Mapping[str, Any] = field(default_factory=dict)
    project: str = injected("project")
    own_service: str = injected("service")
    root: Path = injected("root")
    clock: Callable[[], float] = injected("clock")
    find_file: Callable[[str, str], Path] = injected("find_file")
    label: Callable[[Path], str] = injected("label")
    render: Callable[[Path, str, Mapping[str, Any]], Text] = injected("render")

    def __post_init__(self) -> None:
        if works_in_container(self):
            container_file.refuse_host_arguments(self, ("group", "backup", "validate"))
            if not self.dest.startswith("/"):
                raise ValueError(f'dest should be an absolute path, got "{self.dest}"')
            container_file.owner_of(self.owner or "0:0")


# What is seen in a container, or on a host.
Seen = container_file.Seen | PutSeen


def observe(args: Args, host: ReadHost) -> Seen:
    """Render the template, and compare the result with the existing file."""
    is_inside = works_in_container(args)
    own = args.service or args.own_service
    target = find_target(args.project, own, args.container, host, where="template") if is_inside else None
    path = args.find_file(args.src, "templates")
    text = args.render(path, args.label(path), args.variables)
    content = text if isinstance(text, Secret) else text.encode()
    name = path.name.removesuffix(".j2")
    if target is not None:
        dest = f"{args.dest}{name}" if args.dest.endswith("/") else args.dest
        return container_file.look(target, container_file.spec(dest, content, args.mode, args.owner), host)
    location = host_location(host, args.root)
    there = None if args.dest.endswith("/") else look(location, args.dest, follow=True)
    is_folder = args.dest.endswith("/") or (there is not None and there.is_folder)
    mode = path.stat().st_mode & 0o7777 if args.mode == "preserve" else parse_mode(args.mode)
    wanted = Wanted(
        path=str(PurePosixPath(args.dest) / name) if is_folder else args.dest,
        content=content,
        attributes=Attributes(owner=args.owner, group=args.group, mode=mode),
        backup=backup_suffix(args.clock()) if args.backup else "",
        validate=args.validate,
        keeps=not args.force,
        follow=args.follow,
    )
    return see(location, wanted)


def decide(args: Args, seen: Seen) -> list[Change]:
    return container_file.changes(seen) if isinstance(seen, container_file.Seen) else put_changes(seen)


def diff(args: Args, seen: Seen) -> list[str]:
    """What `--diff` shows."""
    return container_file.diff_lines(seen) if isinstance(seen, container_file.Seen) else put_diff(seen)


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps when nothing changes."""
    return {} if isinstance(seen, container_file.Seen) else put_facts(seen, seen.there)


def apply(change: Change, args: Args, seen: Seen, host: Host) -> Mapping[str, Any]:
    """Put the file there."""
    if isinstance(seen, container_file.Seen):
        container_file.put(seen, host)
        return {"dest": seen.wanted.path}
    return put(host_location(host, args.root), seen)
