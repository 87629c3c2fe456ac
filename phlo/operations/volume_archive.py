"""Bring all that is in a volume to the control machine, as a tar archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected
from phlo.operations.local_file import written
from phlo.operations.volume_container import FOLDER, holding
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """volume: its name, as Docker knows it. What writes to it should be stopped meanwhile.
    dest: the archive on the control machine; relative to the task file's folder.
    replace: false does not change an existing archive.
    """

    volume: str
    dest: Path
    replace: bool = True
    folder: Path = injected("folder")


def observe(args: Args, host: ReadHost) -> bool:
    """Whether the archive is there already; raises OperationError when the volume is not."""
    if host.engine.get_or_none(f"/volumes/{path_part(args.volume)}") is None:
        fix = "`docker volume ls` shows those there are."
        raise OperationError(f'there is no volume "{args.volume}"', where=f"{host.name} volume_archive", fix=fix)
    return (args.folder / args.dest).exists()


def decide(args: Args, seen: bool) -> list[Change]:
    if seen and not args.replace:
        return []
    verb = "update" if seen else "create"
    return [Change(at=f"archive:{args.dest}", verb=verb, causes=("asked for" if seen else "not found",))]


def apply(change: Change, args: Args, seen: bool, host: Host) -> dict[str, Any]:
    """Write the archive as it comes, readable by the user alone."""
    path, size = args.folder / args.dest, 0
    with holding(host.engine, args.volume) as container, written(path, mode=0o600) as stream:
        for piece in host.engine.get_bytes(f"/containers/{container}/archive", path=FOLDER):
            size += len(piece)
            stream.write(piece)
    return {"dest": str(path), "size": size}
