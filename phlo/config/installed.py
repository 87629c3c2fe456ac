"""phlo and what is installed beside it, as an archive for another phlo: templates know it as `phlo_installed`.

To read a thousand files takes longer than most of what a short command does, so the archive is kept in the user's
cache folder for as long as none of them has changed. As with `__pycache__`, nobody needs it.
"""

from __future__ import annotations

import hashlib
import os
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from phlo.bounded import read_file
from phlo.discovery.distributions import Distribution, installed_distributions, package_folder
from phlo.discovery.folders import builtin_roles_folder, registry_folder
from phlo.kept_file import write_kept

MOST_KEPT = 20  # there is one for each environment
RACY_SECONDS = 2.0  # a file as young as this may be written again without its time stamp telling

_GROUPS = "phlo."
# What tools leave behind differs from machine to machine, and may be large.
_LEFTOVERS = frozenset({"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", "node_modules", ".tanstack"})
# The first moment that a ZIP archive can tell.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_PLAIN, _EXECUTABLE = 0o100644, 0o100755


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A file of the archive. content: its bytes, or the path of the file that has them.

    changed: when that file last changed, in nanoseconds since the epoch; size in bytes; inode.
    """

    name: str
    content: bytes | str
    mode: int
    changed: int = 0
    size: int = 0
    inode: int = 0

    @property
    def version(self) -> str:
        """Differs when the file does."""
        what = self.content if isinstance(self.content, bytes) else f"{self.changed} {self.size} {self.inode}"
        return f"{self.name} {self.mode} {what!r}"


def installed_archive(cache: Path | None = None) -> str:
    """phlo and every installed distribution that adds to it, as a ZIP archive in base64 to put on `sys.path`.

    It is the same, byte for byte, for the same files: nothing is compressed, sorted by name, without times, and with no
    more of a file's mode than whether it can be executed, as images are made of it.

    cache: folder to keep it in, None: it is made each time.
    """
    began = time.time()
    entries = sorted(_entries(), key=lambda entry: entry.name)
    if cache is None:
        return _archive(entries)
    made_from = hashlib.sha256("\n".join(entry.version for entry in entries).encode()).hexdigest()
    path = cache / f"installed-{zlib.crc32(__file__.encode()):08x}.zip.b64"
    found = _kept(path, made_from)
    if found is None:
        found = _archive(entries)
        if max(entry.changed for entry in entries) < (began - RACY_SECONDS) * 1e9:
            _keep(path, made_from, found)
    return found


def _archive(entries: Sequence[_Entry]) -> str:
    import base64
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, _LONG_AGO)
            info.external_attr = entry.mode << 16
            archive.writestr(
                info, entry.content if isinstance(entry.content, bytes) else read_file(Path(entry.content))
            )
    return base64.b64encode(buffer.getvalue()).decode()


def _kept(path: Path, made_from: str) -> str | None:
    """The archive that was kept, when it was made from these files and is whole."""
    try:
        with path.open("rb") as stream:
            about = os.fstat(stream.fileno())
            if about.st_uid != os.geteuid() or about.st_mode & 0o022:
                return None
            first, _, data = stream.read().partition(b"\n")
    except OSError:
        return None
    return data.decode("ascii") if first.decode(errors="replace") == _heading(made_from, data) else None


def _keep(path: Path, made_from: str, text: str) -> None:
    """Keep an archive. That only saves time, so it does not matter when it fails."""
    data = text.encode()
    try:
        write_kept(str(path), f"{_heading(made_from, data)}\n".encode() + data)
        others = sorted(path.parent.glob("installed-*.zip.b64"), key=lambda one: one.stat().st_mtime)
        for old in others[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def _heading(made_from: str, data: bytes) -> str:
    return f"{made_from} {zlib.crc32(data):08x}"


def _entries() -> Iterator[_Entry]:
    import phlo

    yield from _below(os.path.dirname(phlo.__file__), "phlo", without=("_roles", "_registry"))
    for name, folder in (("_roles", builtin_roles_folder()), ("_registry", registry_folder())):
        if folder is not None:
            yield from _below(str(folder), f"phlo/{name}")
    packages: set[str] = set()
    for distribution in installed_distributions():
        groups = {group: entries for group, entries in distribution.groups.items() if group.startswith(_GROUPS)}
        if not groups:
            continue
        yield from _metadata(distribution)
        targets = [target for entries in groups.values() for target in entries.values()]
        for package in sorted({target.partition(":")[0].partition(".")[0] for target in targets} - packages):
            packages.add(package)
            found = package_folder(package, distribution)
            if found is not None:
                yield from _below(str(found), package)


def _metadata(distribution: Distribution) -> Iterator[_Entry]:
    """As much of a distribution's metadata as discovery reads."""
    folder = f"{distribution.name.replace('-', '_')}-{distribution.version}.dist-info"
    headers = {"Name": distribution.name, "Version": distribution.version, "Summary": distribution.summary}
    metadata = "".join(f"{name}: {text}\n" for name, text in headers.items()).encode()
    yield _Entry(name=f"{folder}/METADATA", content=metadata, mode=_PLAIN)
    lines = []
    for group, entries in sorted(distribution.groups.items()):
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in sorted(entries.items())), ""]
    yield _Entry(name=f"{folder}/entry_points.txt", content="\n".join(lines).encode(), mode=_PLAIN)


def _below(folder: str, name: str, without: Iterable[str] = ()) -> Iterator[_Entry]:
    for entry in os.scandir(folder):
        if entry.name in _LEFTOVERS or entry.name in without:
            continue
        if entry.is_dir():
            yield from _below(entry.path, f"{name}/{entry.name}")
        elif entry.is_file():
            found = entry.stat()
            yield _Entry(
                name=f"{name}/{entry.name}",
                content=entry.path,
                mode=_EXECUTABLE if found.st_mode & 0o100 else _PLAIN,
                changed=found.st_mtime_ns,
                size=found.st_size,
                inode=found.st_ino,
            )
