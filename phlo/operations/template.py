"""Render a Jinja2 template into a file of a service's container, or of the volume mounted there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.operations.container_file import Seen, changes, diff_lines, look, owner_of, put
from phlo.operations.fields import Mode, injected
from phlo.operations.service_container import find_target
from phlo.values import Change, FileSpec, Secret, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """src: the template; relative ones are looked for in the role's templates/ and beside the task file.
    dest: where the file goes, an absolute path in the container.
    service: the service; in a role's tasks the role's own.
    container: a container's name instead of a service's.
    mode: the file's mode.
    owner: the owner's ids, "999" or "999:999".
    variables: further variables for the template.
    """

    src: str
    dest: str
    service: str = ""
    container: str | None = None
    mode: Mode = Mode(0o644)
    owner: str = "0:0"
    variables: Mapping[str, Any] = field(default_factory=dict)
    project: str = injected("project")
    own_service: str = injected("service")
    find_file: Callable[[str, str], Path] = injected("find_file")
    label: Callable[[Path], str] = injected("label")
    render: Callable[[Path, str, Mapping[str, Any]], Text] = injected("render")

    def __post_init__(self) -> None:
        if not self.dest.startswith("/"):
            raise ValueError(f'dest should be an absolute path, got "{self.dest}"')
        owner_of(self.owner)


def observe(args: Args, host: ReadHost) -> Seen:
    """Render the template, and compare the result with the file in the container."""
    target = find_target(args.project, args.service or args.own_service, args.container, host, where="template")
    path = args.find_file(args.src, "templates")
    text = args.render(path, args.label(path), args.variables)
    uid, gid = owner_of(args.owner)
    dest = f"{args.dest}{path.name.removesuffix('.j2')}" if args.dest.endswith("/") else args.dest
    content = text if isinstance(text, Secret) else text.encode()
    return look(target, FileSpec(path=dest, content=content, mode=int(args.mode), uid=uid, gid=gid), host)


def decide(args: Args, seen: Seen) -> list[Change]:
    return changes(seen)


def diff(args: Args, seen: Seen) -> list[str]:
    """What `--diff` shows."""
    return diff_lines(seen)


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Put the file there."""
    put(seen, host)
    return {"dest": seen.wanted.path}
