"""Bring a file of the host, or of a service's container, to the control machine."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from phlo.bounded import read_file
from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import Mode, injected
from phlo.operations.file import read_in_container
from phlo.operations.host_file import look, read
from phlo.operations.local_file import written
from phlo.operations.location import host_location, works_in_container
from phlo.operations.service_container import find_target
from phlo.values import Change

IS_FOR_HOSTS = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """src: the file; an absolute path in a container.
    dest: where it goes on the control machine, relative to the task file's folder. Of a host's file: the folder, in
    which it goes to HOST/PATH, unless `flat` is set. Of a container's file: the new file.
    flat: dest is the new file, or with a / at its end the folder that the file goes into.
    fail_on_missing: false goes on when there is no such file on the host.
    service: the service from whose container the file comes; in a role of a service the role's own.
    container: a container's name instead of a service's.
    mode: the mode of the new file.
    """

    src: str
    dest: str
    flat: bool = False
    fail_on_missing: bool = True
    service: str = ""
    container: str | None = None
    mode: Mode = Mode(0o600)
    project: str = injected("project")
    own_service: str = injected("service")
    root: Path = injected("root")
    folder: Path = injected("folder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """path: the new file. there: the digest of the file; "" when it is not there. here: that of the one on the control
    machine, "" when it is not there. content: the file of a container."""

    path: Path
    there: str
    here: str
    content: bytes | None = None


def observe(args: Args, host: ReadHost) -> Seen:
    """Compare both files; raises OperationError when there is none to bring."""
    if works_in_container(args):
        return _in_container(args, host)
    path = args.folder / _path(args, host.name)
    there = look(host_location(host, args.root), args.src, follow=True, reads=True, most_bytes=0)
    if there is None or there.kind != "file":
        if there is None and not args.fail_on_missing:
            return Seen(path=path, there="", here="")
        what = f"there is no file {args.src}" if there is None else f"{args.src} is not a file, but a {there.kind}"
        raise OperationError(what, where=host.name, fix="A folder is brought by `archive`.")
    return Seen(path=path, there=there.digest, here=_digest(_local(path)))


def _in_container(args: Args, host: ReadHost) -> Seen:
    target = find_target(args.project, args.service or args.own_service, args.container, host, where="fetch")
    there = read_in_container(target.id, args.src, host)
    if there is None:
        fix = "A folder is brought by `archive`."
        raise OperationError(f"there is no file {args.src}", where=f"{host.name} {target.name}", fix=fix)
    path, content = args.folder / args.dest, there.data()
    return Seen(path=path, there=_digest(content), here=_digest(_local(path)), content=content)


def _path(args: Args, host: str) -> Path:
    if args.flat:
        return Path(args.dest) / Path(args.src).name if args.dest.endswith("/") else Path(args.dest)
    return Path(args.dest) / host / args.src.lstrip("/")


def _local(path: Path) -> bytes | None:
    return read_file(path) if path.is_file() else None


def _digest(content: bytes | None) -> str:
    return "" if content is None else hashlib.sha1(content, usedforsecurity=False).hexdigest()


def decide(args: Args, seen: Seen) -> list[Change]:
    if seen.here == seen.there or not seen.there:
        return []
    verb, cause = ("update", "content differs") if seen.here else ("create", "not found")
    return [Change(at=f"file:{args.dest}", verb=verb, causes=(cause,))]


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps when nothing changes."""
    if not seen.there:
        return {"msg": "the remote file does not exist, not transferring, ignored"}
    return {"dest": str(seen.path), "file": args.src, "checksum": seen.there}


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Write the file, whole or not at all."""
    content = seen.content
    if content is None:
        content = read(host_location(host, args.root), args.src).content or b""
    with written(seen.path, mode=int(args.mode)) as stream:
        stream.write(content)
    digest = _digest(content)
    return {"dest": str(seen.path), "checksum": digest, "remote_checksum": digest}
