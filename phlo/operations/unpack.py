"""Unpack a tar archive of the control machine in a folder of a service's container, or of the volume there."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected
from phlo.operations.service_container import Target, find_target
from phlo.values import Change

_GZIP = b"\x1f\x8b"
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """src: the archive, compressed by gzip or not; looked for in the role's files/ and beside the task file.
    dest: the folder, an absolute path in the container; it must be there.
    service: the service; in a role's tasks the role's own.
    container: a container's name instead of a service's.
    creates: a path in the container; when it is there, nothing is unpacked.
    """

    src: str
    dest: str
    service: str = ""
    container: str | None = None
    creates: str | None = None
    project: str = injected("project")
    own_service: str = injected("service")
    find_file: Callable[[str, str], Path] = injected("find_file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """is_done: whether what the archive creates is there."""

    target: Target
    is_done: bool


def observe(args: Args, host: ReadHost) -> Seen:
    """See whether what it creates is there."""
    target = find_target(args.project, args.service or args.own_service, args.container, host, where="unarchive")
    path = f"/containers/{target.id}/archive"
    is_done = args.creates is not None and host.engine.head(path, path=args.creates) is not None
    return Seen(target=target, is_done=is_done)


def decide(args: Args, seen: Seen) -> list[Change]:
    if seen.is_done:
        return []
    cause = f"{args.creates} is not there" if args.creates else "asked for"
    return [Change(at=f"archive:{args.src}", verb="unpack", causes=(cause,))]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """Unpack the archive, in pieces as they are read; raises OperationError when it cannot be read."""
    host.engine.put_archive(seen.target.id, args.dest, _pieces(args.find_file(args.src, "files")))


def _pieces(path: Path) -> Iterator[bytes]:
    """The archive, uncompressed."""
    try:
        with path.open("rb") as file:
            is_packed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            stream = gzip.GzipFile(fileobj=file) if is_packed else file
            while piece := stream.read(_PIECE):
                yield piece
    except (OSError, EOFError, zlib.error) as reason:
        raise OperationError(f"cannot be read: {reason}", where=path) from None
