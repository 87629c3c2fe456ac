"""cp: copy files between this machine and the containers of a service, by the rules of `docker cp`."""

from __future__ import annotations

import base64
import io
import json
import posixpath
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from phlo.cli import exits
from phlo.cli.containers import containers_on, find_project
from phlo.cli.shell import Shell
from phlo.errors import ConfigError, OperationError
from phlo.hosts.engine import Engine
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.engine_requests import path_part
from phlo.hosts.live import LiveContainer

_STAT_HEADER = "x-docker-container-path-stat"
_GO_DIRECTORY = 1 << 31  # the bit of Go's os.FileMode
_HOW = "Write `phlo cp SERVICE:PATH FILE` or `phlo cp FILE SERVICE:PATH`."


class Place(NamedTuple):
    """One side of a copy. service: empty for this machine."""

    service: str
    path: str


def cp(options: Any, shell: Shell) -> int:
    """Copy files out of a service's container, or into every container of it."""
    source, dest = place_of(options.source), place_of(options.dest)
    if bool(source.service) == bool(dest.service):
        what = "copies between a service and this machine" if source.service else "needs a service on one side"
        raise ConfigError(what, where="phlo cp", fix=_HOW)
    project, hosts, _, known = find_project(options, shell)
    service = source.service or dest.service
    found = containers_on(hosts, project, [service], known=known)
    if options.index is not None:
        found = [one for one in found if one.instance == options.index]
        if not found:
            fix = "`phlo ps` shows the containers there are."
            raise OperationError(f"has no container with the number {options.index}", where=service, fix=fix)
    if source.service:
        copy_out(hosts[found[0].host].engine, found[0], source.path, dest.path, shell)
        return exits.OK
    for one in found:
        copy_in(hosts[one.host].engine, one, source.path, dest.path, shell)
    return exits.OK


def place_of(text: str) -> Place:
    """`web:/etc/x` is a path in a service's container, `./a:b` and `/a:b` are paths of this machine."""
    service, colon, path = text.partition(":")
    if colon and service and not service.startswith((".", "/", "~")):
        return Place(service, path if path.startswith("/") else f"/{path}")
    return Place("", text)


def copy_out(engine: EngineReader, container: LiveContainer, path: str, dest: str, shell: Shell) -> None:
    """Copy a file or folder of a container to this machine; a `dest` of `-` gets it as a tar archive.

    Raises OperationError for what is not in the container or cannot be written.
    """
    is_directory = _is_directory(engine, container, path)
    if is_directory is None:
        raise OperationError(
            f"there is no {path}", where=container.name, fix="List the folder with `phlo exec SERVICE ls`."
        )
    pieces = engine.get_bytes(f"/containers/{path_part(container.id)}/archive", path=path)
    if dest == "-":
        for piece in pieces:
            shell.out.buffer.write(piece)
        return
    folder, name = _target(shell.cwd / dest, dest, posixpath.basename(posixpath.normpath(path)), path, is_directory)
    try:
        with tarfile.open(fileobj=io.BufferedReader(_Stream(pieces)), mode="r|") as archive:
            for member in archive:
                inside = member.name.partition("/")[2]
                member.name = posixpath.join(name, inside) if inside else name
                if member.islnk():
                    member.linkname = posixpath.join(name, member.linkname.partition("/")[2])
                if member.name not in ("", "."):
                    archive.extract(member, folder, filter="data")
    except (OSError, tarfile.TarError) as reason:
        raise OperationError(f"{path} cannot be copied to {dest}: {reason}", where=container.name) from None


def _target(local: Path, dest: str, base: str, path: str, is_directory: bool) -> tuple[Path, str]:
    """The folder to unpack in, and the name that the copied file or folder gets there; empty for the folder itself."""
    if local.is_dir():
        return (local, "") if path.endswith("/.") else (local, base or "root")
    if is_directory and local.exists():
        raise OperationError(f"{path} is a folder, {dest} is a file", where="phlo cp", fix="Name a folder.")
    if dest.endswith("/") and not is_directory:
        raise OperationError(f"there is no folder {dest}", where="phlo cp", fix="Make it first, or name a file.")
    if not local.parent.is_dir():
        raise OperationError(f"there is no folder {local.parent}", where="phlo cp", fix="Make it first.")
    return local.parent, local.name


def copy_in(engine: Engine, container: LiveContainer, source: str, dest: str, shell: Shell) -> None:
    """Copy a file or folder of this machine into a container, owned by root; `-` reads a tar archive from stdin.

    Raises OperationError for a source that cannot be read and a destination that is not in the container.
    """
    target = _is_directory(engine, container, dest)
    if source == "-":
        if not target:
            raise OperationError(f"there is no folder {dest}", where=container.name, fix="Make it first.")
        engine.put_archive(container.id, dest, iter(lambda: shell.input.buffer.read(65536), b""))
        return
    local = shell.cwd / source
    if not local.exists():
        raise OperationError(f"there is no {source}", where="phlo cp", fix="Check the path.")
    if target:
        folder, name = dest, "." if local.is_dir() and source.endswith("/.") else local.resolve().name
    elif target is False and local.is_dir():
        raise OperationError(f"{source} is a folder, {dest} is a file", where=container.name, fix="Name a folder.")
    elif target is None and dest.endswith("/") and not local.is_dir():
        raise OperationError(f"there is no folder {dest}", where=container.name, fix="Make it first.")
    else:
        folder, name = posixpath.split(dest.rstrip("/"))
        if not _is_directory(engine, container, folder):
            raise OperationError(f"there is no folder {folder}", where=container.name, fix="Make it first.")
    with tempfile.TemporaryFile() as stream:
        try:
            with tarfile.open(fileobj=stream, mode="w") as archive:
                archive.add(local, name, filter=_owned_by_root)
        except OSError as reason:
            raise OperationError(f"{source} cannot be read: {reason.strerror}", where="phlo cp") from None
        stream.seek(0)
        engine.put_archive(container.id, folder, stream)


def _owned_by_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _is_directory(engine: EngineReader, container: LiveContainer, path: str) -> bool | None:
    """Whether a path of a container is a folder, links followed; None when it is not there."""
    headers = engine.head(f"/containers/{path_part(container.id)}/archive", path=path)
    if headers is None:
        return None
    stat = json.loads(base64.b64decode(headers[_STAT_HEADER]))
    if stat["mode"] & _GO_DIRECTORY:
        return True
    target = stat.get("linkTarget")
    return _is_directory(engine, container, target) if target and target != path else False


class _Stream(io.RawIOBase):
    """Pieces as a stream that is read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count
