"""Put a file, or a text as a file, into a service's container or the volume mounted there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from phlo.bounded import read_file
from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.container_file import Seen, changes, diff_lines, look, owner_of, put
from phlo.operations.fields import Mode, injected
from phlo.operations.service_container import find_target
from phlo.values import Change, FileSpec, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """dest: where the file goes, an absolute path in the container.
    src: a file of the control machine; relative ones are looked for in the role's files/ and beside the task file.
    content: a text instead of a file.
    service: the service; in a role's tasks the role's own.
    container: a container's name instead of a service's.
    mode: the file's mode.
    owner: the owner's ids, "999" or "999:999".
    """

    dest: str
    src: str | None = None
    content: str | Secret | None = None
    service: str = ""
    container: str | None = None
    mode: Mode = Mode(0o644)
    owner: str = "0:0"
    project: str = injected("project")
    own_service: str = injected("service")
    find_file: Callable[[str, str], Path] = injected("find_file")

    def __post_init__(self) -> None:
        if (self.src is None) == (self.content is None):
            raise ValueError("needs one of src and content")
        if not self.dest.startswith("/"):
            raise ValueError(f'dest should be an absolute path, got "{self.dest}"')
        owner_of(self.owner)


def observe(args: Args, host: ReadHost) -> Seen:
    """Compare the file with the one in the container."""
    target = find_target(args.project, args.service or args.own_service, args.container, host, where="copy")
    uid, gid = owner_of(args.owner)
    wanted = FileSpec(path=_path(args), content=_content(args), mode=int(args.mode), uid=uid, gid=gid)
    return look(target, wanted, host)


def _path(args: Args) -> str:
    return f"{args.dest}{Path(args.src).name}" if args.src and args.dest.endswith("/") else args.dest


def _content(args: Args) -> bytes | Secret:
    if args.content is not None:
        return args.content if isinstance(args.content, Secret) else args.content.encode()
    path = args.find_file(args.src or "", "files")
    try:
        return read_file(path)
    except OSError as reason:
        raise OperationError(f"cannot be read: {reason.strerror}", where=path) from None


def decide(args: Args, seen: Seen) -> list[Change]:
    return changes(seen)


def diff(args: Args, seen: Seen) -> list[str]:
    """What `--diff` shows."""
    return diff_lines(seen)


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Put the file there."""
    put(seen, host)
    return {"dest": seen.wanted.path}
