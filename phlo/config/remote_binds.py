"""Folders of the project that a service mounts, on hosts that do not have them: their files go into the container.

They are part of the container's input, like rendered templates: a changed file recreates the container, and the
old version stays in the old one. Nothing is copied back, so this is for read-only
mounts; a folder that a service writes to becomes a volume (`phlo.config.writable_binds`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from phlo.bounded import read_file
from phlo.compose.model import Mount
from phlo.config.across_hosts import is_elsewhere
from phlo.config.containers import Container
from phlo.config.writable_binds import Use, writable_binds
from phlo.errors import ConfigError, PhloError, first_of
from phlo.frozen import dataclass
from phlo.inventory.hosts import Inventory
from phlo.values import NEVER_SENT, FileSpec
from phlo.yaml_source import UNREADABLE_FIX

MOST_FILES = 2000
MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BindUpload:
    """Files that replace a service's bind mounts. targets: of these mounts. folders: those that become volumes."""

    targets: frozenset[str]
    files: tuple[FileSpec, ...]
    folders: frozenset[Path] = frozenset()


def bind_uploads(
    containers: Mapping[str, Container],
    placed: Callable[[str], tuple[str, ...]],
    inventory: Inventory,
    *,
    root: Path,
    outputs: Callable[[], Mapping[str, bytes]],
    read: Callable[[Path], None],
) -> dict[str, BindUpload]:
    """Service -> its uploads, for services with a bind mount of the project on a host that is elsewhere.

    outputs: what roles write below the project's root, which may not be there yet. read: called with
    every file and folder that was looked at. Raises ConfigError for a mount whose files cannot be uploaded.
    """
    found: dict[str, BindUpload] = {}
    errors: list[PhloError] = []
    uses: dict[str, list[Use]] = {}
    for name, container in containers.items():
        if mounts := [mount for mount in container.compose.volumes if _is_of(mount, root)]:
            hosts = placed(name)
            far = tuple(host for host in hosts if is_elsewhere(inventory.hosts[host]))
            uses[name] = [Use(container=container, mount=mount, hosts=hosts, far=far) for mount in mounts]
    try:
        written = writable_binds([use for of_one in uses.values() for use in of_one], root, outputs)
    except PhloError as error:
        errors.append(error)
        written = frozenset(use.source for of_one in uses.values() for use in of_one if not use.mount.is_read_only)
    for name, mine in uses.items():
        if not mine[0].far:
            continue
        sent = [use for use in mine if use.source not in written]
        try:
            files = [file for use in sent for file in _files(use.mount, use.container, root, use.far[0], outputs, read)]
        except PhloError as error:
            errors.append(error)
            continue
        found[name] = BindUpload(
            targets=frozenset(use.mount.target for use in sent),
            files=tuple(files),
            folders=frozenset(use.source for use in mine if use.source in written),
        )
    if errors:
        raise first_of(errors)
    return found


def _is_of(mount: Mount, root: Path) -> bool:
    return mount.type == "bind" and mount.source is not None and Path(mount.source).is_relative_to(root)


def _files(
    mount: Mount,
    container: Container,
    root: Path,
    host: str,
    outputs: Callable[[], Mapping[str, bytes]],
    read: Callable[[Path], None],
) -> list[FileSpec]:
    """The files of one mount, under their paths in the container."""
    source = Path(mount.source or "")
    shown = source.relative_to(root).as_posix()
    what = f'"{container.definition.name}" mounts {shown} of this project, which is not on {host}'
    where = container.merged.where("volumes")
    found = _written(source, root, mount.target, outputs()) or list(_found(source, mount.target, root, read))
    if not found:
        raise ConfigError(
            f"{what}, and there is no file in it", where=where, fix="Put the files there, or correct the path."
        )
    if len(found) > MOST_FILES or sum(len(spec.data()) for spec in found) > MOST_BYTES:
        much = f"{what}, and is more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB"
        raise ConfigError(much, where=where, fix="Put it into the image.")
    return found


def _written(source: Path, root: Path, target: str, outputs: Mapping[str, bytes]) -> list[FileSpec]:
    """What roles write there."""
    below = source.relative_to(root).as_posix()
    return [
        _spec(path, target + path.removeprefix(below), content, is_executable=False)
        for path, content in sorted(outputs.items())
        if path == below or path.startswith(f"{below}/")
    ]


def _found(source: Path, target: str, root: Path, read: Callable[[Path], None]) -> Iterator[FileSpec]:
    """The current files. Modes are git's two, and all is root's: the same for everybody who brings it up."""
    for path in [source] if source.is_file() else _below(source, read):
        read(path)
        try:
            content, mode = read_file(path), path.stat().st_mode
        except OSError as reason:
            what = f"cannot be read: {reason.strerror}"
            raise ConfigError(what, where=path.relative_to(root), fix=UNREADABLE_FIX) from None
        inside = path.relative_to(source).as_posix()
        dest = target if inside == "." else f"{target.rstrip('/')}/{inside}"
        yield _spec(path.relative_to(root).as_posix(), dest, content, is_executable=bool(mode & 0o100))


def _below(folder: Path, read: Callable[[Path], None]) -> Iterator[Path]:
    for at, folders, files in os.walk(folder):
        read(Path(at))
        folders[:] = sorted(name for name in folders if name not in NEVER_SENT)
        yield from (Path(at, name) for name in sorted(files))


def _spec(origin: str, path: str, content: bytes, *, is_executable: bool) -> FileSpec:
    return FileSpec(path=path, content=content, mode=0o755 if is_executable else 0o644, origin=origin)
