"""Files inside a container or, through it, inside its volumes."""

from __future__ import annotations

import io
from collections.abc import Mapping

from phlo.bounded import MOST_FILE_BYTES, TooLargeError, join_pieces
from phlo.errors import EngineError, OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.operations.archive import put_files
from phlo.values import Change, FileSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """container: name of a container, running or not. files: what must be in it, content, mode and owner alike."""

    container: str
    files: tuple[FileSpec, ...]


Seen = Mapping[str, FileSpec] | None


def observe(args: Args, host: ReadHost) -> Seen:
    """The files that are there, by path; None when there is no such container."""
    if host.engine.get_or_none(f"/containers/{path_part(args.container)}/json") is None:
        return None
    found = {}
    for spec in args.files:
        there = read_in_container(args.container, spec.path, host)
        if there is not None:
            found[spec.path] = there
    return found


def decide(args: Args, seen: Seen) -> list[Change]:
    if seen is None:
        waits: tuple[str, ...] = ("the container is not there yet",)
        return [Change(at=f"file:{args.container}", verb="create", causes=waits, is_counted=False)]
    changes = []
    for spec in args.files:
        causes = differences_of(spec, seen.get(spec.path))
        if causes:
            at = f"file:{args.container}:{spec.path}"
            verb = "update" if spec.path in seen else "create"
            changes.append(Change(at=at, verb=verb, causes=causes, data=spec))
    return changes


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    if change.data is None:
        raise OperationError(f"there is no container {args.container} to put files into", where=host.name)
    found = host.engine.get(f"/containers/{path_part(args.container)}/json")
    put_files(host.engine, args.container, [change.data], [mount["Destination"] for mount in found["Mounts"]])


def differences_of(wanted: FileSpec, there: FileSpec | None) -> tuple[str, ...]:
    """How an existing file differs from the desired one; empty when it does not."""
    if there is None:
        return ("not found",)
    causes = []
    if there.data() != wanted.data():
        causes.append("content differs")
    if there.mode != wanted.mode:
        causes.append(f"mode: {there.mode:o} -> {wanted.mode:o}")
    if (there.uid, there.gid) != (wanted.uid, wanted.gid):
        causes.append(f"owner: {there.uid}:{there.gid} -> {wanted.uid}:{wanted.gid}")
    return tuple(causes)


def read_in_container(container: str, path: str, host: ReadHost) -> FileSpec | None:
    """A file of a container, None when there is none (or a folder in its place)."""
    try:
        data = join_pieces(
            host.engine.get_bytes(f"/containers/{path_part(container)}/archive", path=path), MOST_FILE_BYTES
        )
    except TooLargeError as reason:
        fix = "`archive` brings files of any size to the control machine."
        raise OperationError(f"{path} cannot be read: {reason}", where=f"{host.name} {container}", fix=fix) from None
    except EngineError as error:
        if error.status == 404:
            return None
        raise
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        entry = archive.next()
        stream = archive.extractfile(entry) if entry is not None and entry.isfile() else None
        if entry is None or stream is None:
            return None
        return FileSpec(path=path, content=stream.read(), mode=entry.mode & 0o7777, uid=entry.uid, gid=entry.gid)
