"""Bring a file of a service's container to the control machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from phlo.bounded import read_file
from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import Mode, injected
from phlo.operations.file import read_in_container
from phlo.operations.local_file import written
from phlo.operations.service_container import find_target
from phlo.values import Change, FileSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """src: the file, an absolute path in the container.
    dest: where it goes on the control machine; relative to the task file's folder.
    service: the service; in a role's tasks the role's own.
    container: a container's name instead of a service's.
    mode: the mode of the new file.
    """

    src: str
    dest: Path
    service: str = ""
    container: str | None = None
    mode: Mode = Mode(0o600)
    project: str = injected("project")
    own_service: str = injected("service")
    folder: Path = injected("folder")

    @property
    def path(self) -> Path:
        return self.folder / self.dest


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """there: the file in the container. here: the content on the control machine, None when it is not there."""

    there: FileSpec
    here: bytes | None


def observe(args: Args, host: ReadHost) -> Seen:
    """Compare both files; raises OperationError when the container has none."""
    target = find_target(args.project, args.service or args.own_service, args.container, host, where="fetch")
    there = read_in_container(target.id, args.src, host)
    if there is None:
        fix = "A folder is brought by `archive`."
        raise OperationError(f"there is no file {args.src}", where=f"{host.name} {target.name}", fix=fix)
    return Seen(there=there, here=read_file(args.path) if args.path.is_file() else None)


def decide(args: Args, seen: Seen) -> list[Change]:
    if seen.here == seen.there.data():
        return []
    verb, cause = ("create", "not found") if seen.here is None else ("update", "content differs")
    return [Change(at=f"file:{args.dest}", verb=verb, causes=(cause,))]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Write the file, whole or not at all."""
    with written(args.path, mode=int(args.mode)) as stream:
        stream.write(seen.there.data())
    return {"dest": str(args.path)}
