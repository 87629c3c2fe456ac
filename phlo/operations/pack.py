"""Bring a folder or file of a service's container to the control machine, as a tar archive."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected
from phlo.operations.local_file import written
from phlo.operations.service_container import Target, find_target
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """path: the folder or file, an absolute path in the container, which need not run.
    dest: the archive on the control machine, compressed when it ends in .gz; relative to the task file's folder.
    service: the service; in a role's tasks the role's own.
    container: a container's name instead of a service's.
    replace: false does not change an existing archive.
    """

    path: str
    dest: Path
    service: str = ""
    container: str | None = None
    replace: bool = True
    project: str = injected("project")
    own_service: str = injected("service")
    folder: Path = injected("folder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """is_there: whether the archive is there already."""

    target: Target
    is_there: bool


def observe(args: Args, host: ReadHost) -> Seen:
    """Find the folder; raises OperationError when the container has none."""
    service = args.service or args.own_service
    target = find_target(args.project, service, args.container, host, where="archive", stopped=True)
    if host.engine.head(f"/containers/{target.id}/archive", path=args.path) is None:
        raise OperationError(f"there is no {args.path}", where=f"{host.name} {target.name}")
    return Seen(target=target, is_there=(args.folder / args.dest).exists())


def decide(args: Args, seen: Seen) -> list[Change]:
    if seen.is_there and not args.replace:
        return []
    verb = "update" if seen.is_there else "create"
    return [Change(at=f"archive:{args.dest}", verb=verb, causes=("asked for" if seen.is_there else "not found",))]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Write the archive as it comes, readable by the user alone."""
    path, size = args.folder / args.dest, 0
    with written(path, mode=0o600) as stream:
        packed = gzip.GzipFile(fileobj=stream, mode="wb", mtime=0) if path.suffix == ".gz" else None
        for piece in host.engine.get_bytes(f"/containers/{seen.target.id}/archive", path=args.path):
            size += len(piece)
            (packed or stream).write(piece)
        if packed:
            packed.close()
    return {"dest": str(path), "size": size}
