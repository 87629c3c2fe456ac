"""Whether a created container has what its service relies on in the image, found out without running anything."""

from __future__ import annotations

import binascii
import json
import posixpath
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.engine_requests import path_part
from phlo.values import ImageNeeds

# What an engine sets when the image has no PATH.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Bits of Go's io/fs.FileMode: anything but a plain file has one of them, or another of the upper ones.
_IS_SYMLINK = 1 << 27
_PERMISSIONS = 0o777
_TYPES = ~(_PERMISSIONS | 1 << 23 | 1 << 22 | 1 << 20)  # setuid, setgid and sticky bits are no type
# With one of these, root may write everywhere, or can make a folder its own.
_OVERRIDES = frozenset({"ALL", "DAC_OVERRIDE", "CHOWN", "CAP_DAC_OVERRIDE", "CAP_CHOWN"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A file of the container, links followed. mode: as Go's FileMode."""

    mode: int

    @property
    def is_program(self) -> bool:
        return self.mode & _TYPES == 0 and bool(self.mode & 0o111)


def check_needs(needs: ImageNeeds, *, service: str, image: str, container: str, engine: EngineReader) -> None:
    """Raise an OperationError that names everything a created container lacks.

    image: the reference that the container was created from.
    """
    files = _Files(container, engine)
    lacks = [*_missing_programs(needs, files), *_missing_user(needs, files), *_closed_folders(needs, files)]
    if not lacks:
        return
    what = f"the image {image} does not have what the service needs: "
    raise OperationError(
        what + (lacks[0] if len(lacks) == 1 else f"{len(lacks)} things are missing"),
        where=service,
        detail=lacks if len(lacks) > 1 else (),
        fix=f"Use an image that has it (`services.{service}.image`). If the service works without, say what it does "
        f"need in `services.{service}.needs` of phlo.yaml; now {needs.where or 'the role'} says it.",
    )


class _Files:
    """The files of a container that was created and not started, volumes included."""

    def __init__(self, container: str, engine: EngineReader) -> None:
        self._path, self._engine = f"/containers/{path_part(container)}", engine
        self._inspected: Mapping[str, Any] | None = None

    @property
    def inspected(self) -> Mapping[str, Any]:
        if self._inspected is None:
            self._inspected = self._engine.get(f"{self._path}/json")
        return self._inspected

    def entry(self, path: str) -> _Entry | None:
        """What is at a path, links followed; None when nothing is."""
        found = self._stat(path)
        if found and int(found["mode"]) & _IS_SYMLINK:
            found = self._stat(found["linkTarget"])
        return _Entry(mode=int(found["mode"])) if found else None

    def _stat(self, path: str) -> Any:
        headers = self._engine.head(f"{self._path}/archive", path=path) or {}
        stat = headers.get("x-docker-container-path-stat")
        return json.loads(binascii.a2b_base64(stat)) if stat else None

    def member(self, path: str) -> tuple[tarfile.TarInfo, bytes] | None:
        """The owner, mode and content of a file; of a folder without what is in it."""
        pieces: Any = self._engine.get_bytes(f"{self._path}/archive", path=path)
        stream: Any = _Stream(pieces)  # tarfile asks for no more than `read`
        with closing(pieces), tarfile.open(fileobj=stream, mode="r|") as archive:
            found = archive.next()
            if found is None:
                return None
            content = archive.extractfile(found) if found.isreg() else None
            return found, content.read() if content else b""

    def lines(self, path: str) -> list[list[str]]:
        """The fields of a file such as /etc/passwd; none when it is not there."""
        if self._stat(path) is None:
            return []
        found = self.member(path)
        text = found[1].decode(errors="replace") if found else ""
        return [line.split(":") for line in text.splitlines() if line.count(":") >= 2]


class _Stream:
    """An archive that comes in pieces, as tarfile reads it."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def read(self, size: int) -> bytes:
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def _missing_programs(needs: ImageNeeds, files: _Files) -> Iterator[str]:
    if not needs.programs:
        return
    variables = dict(entry.partition("=")[::2] for entry in files.inspected["Config"].get("Env") or ())
    folders = [folder for folder in (variables.get("PATH") or _PATH).split(":") if folder]
    for program in needs.programs:
        if "/" in program:
            entry = files.entry(program)
            if entry is None or not entry.is_program:
                yield f"there is no program {program}"
            continue
        for folder in folders:
            entry = files.entry(posixpath.join(folder, program))
            if entry is not None and entry.is_program:
                # Most programs are in one folder: it is looked at first for the next one.
                folders = [folder, *(other for other in folders if other != folder)]
                break
        else:
            yield f'there is no program "{program}" in {variables.get("PATH") or _PATH}'


def _missing_user(needs: ImageNeeds, files: _Files) -> Iterator[str]:
    if needs.user is None or needs.user == _effective(files)[0]:
        return
    if not any(line[2] == str(needs.user) for line in files.lines("/etc/passwd")):
        user = files.inspected["Config"].get("User") or "root"
        yield f"there is no user {needs.user} in /etc/passwd, and the container runs as {user}"


def _closed_folders(needs: ImageNeeds, files: _Files) -> Iterator[str]:
    if not needs.data:
        return
    user, groups = _effective(files)
    if user == 0 and _may_everything(files.inspected.get("HostConfig") or {}):
        return
    for folder in needs.data:
        for path in (*reversed([*_above(folder)]), folder):
            entry = files.entry(path)
            if entry is None:
                yield f"there is no folder {path}"
                break
            wanted = 0o3 if path == folder else 0o1
            if entry.mode & wanted == wanted:
                continue
            found = files.member(path)
            if found is None or not _may(found[0], user, groups, wanted):
                verb = "write to" if path == folder else "enter"
                about = f"of {found[0].uid}:{found[0].gid}, mode {found[0].mode & 0o7777:o}" if found else "unreadable"
                yield f"user {user} may not {verb} {path} ({about}), where the service keeps {folder}"
                break


def _above(folder: str) -> Iterator[str]:
    """The folders above one, the innermost first."""
    while (folder := posixpath.dirname(folder)) != "/":
        yield folder


def _may(found: tarfile.TarInfo, user: int, groups: frozenset[int], wanted: int) -> bool:
    shift = 6 if found.uid == user else 3 if found.gid in groups else 0
    return found.mode >> shift & wanted == wanted


def _may_everything(host_config: Mapping[str, Any]) -> bool:
    dropped = {str(name).upper() for name in host_config.get("CapDrop") or ()}
    added = {str(name).upper() for name in host_config.get("CapAdd") or ()}
    return bool(host_config.get("Privileged") or added & _OVERRIDES or not dropped & _OVERRIDES)


def _effective(files: _Files) -> tuple[int, frozenset[int]]:
    """The user and the groups that the container's process starts with, as an engine reads `USER`."""
    config, host_config = files.inspected["Config"], files.inspected.get("HostConfig") or {}
    name, _, group = str(config.get("User") or "0").partition(":")
    users = files.lines("/etc/passwd") if not (name.isdigit() and group.isdigit()) else []
    known = next((line for line in users if name in (line[0], line[2])), None)
    user = int(known[2]) if known else int(name) if name.isdigit() else 0
    extra = [str(one) for one in host_config.get("GroupAdd") or ()]
    is_named = any(one and not one.isdigit() for one in (group, *extra))
    listed = files.lines("/etc/group") if is_named or (known and not group) else []
    numbers = {line[0]: int(line[2]) for line in listed if line[2].isdigit()}
    first = group or (known[3] if known and len(known) > 3 else "0")
    found = {int(one) if one.isdigit() else numbers.get(one, 0) for one in (first, *extra)}
    if known and not group:
        found |= {int(line[2]) for line in listed if len(line) > 3 and known[0] in line[3].split(",")}
    return user, frozenset(found)
