"""What installed packages hold, remembered between two commands until one of their files moves.

Reading some thirty YAML files is a quarter of what a short command takes. The memory is a pickle in the user's cache
folder. As with `__pycache__`, nobody needs it: whatever is wrong with it, the files are read again.
"""

from __future__ import annotations

import io
import os
import sys
import time
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import phlo
from phlo.discovery.catalog import Scan
from phlo.kept_file import write_kept

MOST_KEPT = 20  # there is one for each environment
RACY_SECONDS = 2.0  # a file as young as this may be written again without its time stamp telling
_CHECKSUM_BYTES = 4
_MOST_BYTES = 64 * 1024 * 1024
# What makes up a scan, and can be read back: nothing else is made of what a file says.
_CLASSES = {
    "phlo.discovery.catalog": ("PluginInfo", "Scan"),
    "phlo.discovery.definition": ("ServiceDefinition",),
    "phlo.discovery.parts": (
        "BuildDefinition",
        "DevDefinition",
        "EnvVar",
        "FileDefinition",
        "HookDefinition",
        "Needs",
        "StarterFile",
        "TemplateDefinition",
    ),
    "phlo.yaml_source": ("YamlDocument",),
    "pathlib": ("PosixPath",),
    "pathlib._local": ("PosixPath",),
    "datetime": ("date", "datetime", "timedelta", "timezone"),
}

Moment = tuple[int, int, int] | None  # time in nanoseconds, size and number of an existing file


def remembered(folder: Path, read: Callable[[], Scan]) -> Scan:
    """What `read` gives; from the memory in `folder`, as long as none of the scan's inputs has moved.

    A scan with problems is not remembered: it is read again until they are fixed.
    """
    maker = f"{sys.version} {phlo.__version__} {phlo.__file__} {sys.path}"
    path = folder / f"packages-{zlib.crc32(maker.encode()):08x}.pickle"
    found = _recalled(path, maker)
    if found is not None:
        return found
    began = time.time()
    scan = read()
    inputs = [*map(str, scan.inputs), *_own_files()]
    moments = _moments(inputs)
    youngest = max((moment[0] for moment in moments if moment), default=0)
    if not scan.problems and youngest < (began - RACY_SECONDS) * 1e9:
        _keep(path, (maker, inputs, moments, scan))
    return scan


def _recalled(path: Path, maker: str) -> Scan | None:
    import pickle

    class Reader(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if name not in _CLASSES.get(module, ()):
                raise pickle.UnpicklingError(f"{module}.{name} is not part of a scan")
            return super().find_class(module, name)

    try:
        with path.open("rb") as stream:
            about = os.fstat(stream.fileno())
            if about.st_uid != os.geteuid() or about.st_mode & 0o022 or about.st_size > _MOST_BYTES:
                return None
            data = stream.read()
        if data[:_CHECKSUM_BYTES] != _checksum(data[_CHECKSUM_BYTES:]):
            return None
        made_by, inputs, moments, scan = Reader(io.BytesIO(data[_CHECKSUM_BYTES:])).load()
        is_so_still = made_by == maker and moments == _moments(inputs)
    except Exception:
        return None
    return scan if is_so_still and isinstance(scan, Scan) else None


def _keep(path: Path, memory: tuple[Any, ...]) -> None:
    import pickle

    data = pickle.dumps(memory, protocol=5)
    try:
        write_kept(str(path), _checksum(data) + data)
        others = sorted(path.parent.glob("packages-*.pickle"), key=lambda one: one.stat().st_mtime)
        for old in others[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return  # no cache folder, or a full disk: the next command reads the files


def _checksum(data: bytes) -> bytes:
    """Shows that a file is what was written: a scan with a wrong letter in it would be taken for what packages say."""
    return zlib.crc32(data).to_bytes(_CHECKSUM_BYTES, "big")


def _moments(paths: Iterable[str]) -> list[Moment]:
    return [_moment(path) for path in paths]


def _moment(path: str) -> Moment:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _own_files() -> list[str]:
    """The code that a scan is made by: a checkout of phlo changes without its version."""
    top = os.path.dirname(os.path.dirname(__file__))
    folders = (os.path.join(top, name) for name in ("discovery", "sections"))
    names = [os.path.join(folder, name) for folder in folders for name in sorted(os.listdir(folder))]
    code = [name for name in names if name.endswith(".py")]
    return [*code, *(os.path.join(top, name) for name in ("frozen.py", "yaml_source.py"))]
