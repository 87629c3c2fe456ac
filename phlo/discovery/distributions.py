"""What is installed: distributions, their entry points and their folders, read without importing anything.

The formats are those of the packaging specifications (entry points, core metadata, `.pth` files). They are read
directly because `importlib.metadata` costs more to import than all else that discovery does.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from phlo.frozen import dataclass, field

_SITE_FOLDERS = ("site-packages", "dist-packages")
_METADATA_SUFFIXES = (".dist-info", ".egg-info")


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """An installed distribution.

    info:   its `.dist-info` or `.egg-info` folder.
    groups: entry-point group -> name -> value (`package.module:attribute`).
    """

    name: str
    version: str
    info: Path
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """Its one-line description, empty when it has none."""
        return _metadata(self.info).get("summary", "")


def installed_distributions(path: Sequence[str] | None = None) -> Iterator[Distribution]:
    """Every distribution on `path` (None: `sys.path`) that declares entry points.

    Of two with one name the first on the path counts, as for imports.
    """
    seen: set[str] = set()
    for folder in _folders(path):
        for info in _metadata_folders(folder):
            name, version = _name_and_version(info)
            key = normalized(name)
            if key in seen:
                continue
            seen.add(key)
            groups = _entry_points(info / "entry_points.txt")
            if groups:
                yield Distribution(name=name, version=version, info=info, groups=groups)


def installed_folders(path: Sequence[str] | None = None) -> tuple[Path, ...]:
    """The folders that change (their mtime does) whenever something is installed, upgraded or removed."""
    return tuple(
        folder
        for folder in _folders(path)
        if folder.name in _SITE_FOLDERS or any(True for _ in _metadata_folders(folder))
    )


def package_folder(package: str, distribution: Distribution, path: Sequence[str] | None = None) -> Path | None:
    """The folder of a top-level package, found as the import system would but without importing it.

    None when there is none. Editable installs are found too: by the paths in the `.pth` files beside the
    distribution, by setuptools' mapping file, or (with no `path`) by whatever finder is active in this process.
    """
    beside = distribution.info.parent
    for folder in (beside, *_pth_folders(beside)):
        if (folder / package).is_dir():
            return folder / package
    mapped = _mapped_folder(beside, package)
    if mapped or path is not None:
        return mapped
    return _spec_folder(package)


def normalized(name: str) -> str:
    """A distribution's name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _folders(path: Sequence[str] | None) -> list[Path]:
    found = dict.fromkeys(entry or os.getcwd() for entry in (sys.path if path is None else path))
    return [Path(entry) for entry in found if os.path.isdir(entry)]


def _metadata_folders(folder: Path) -> list[Path]:
    try:
        names = os.listdir(folder)
    except OSError:  # a folder of the path that may not be read holds nothing for us
        return []
    return [folder / name for name in sorted(names) if name.endswith(_METADATA_SUFFIXES)]


def _name_and_version(info: Path) -> tuple[str, str]:
    """From the folder's name, `phlo_api-0.1.0.dist-info`; an `.egg-info` may not have the version there."""
    stem = info.name.rpartition(".")[0]
    name, dash, version = stem.partition("-")
    if info.suffix == ".dist-info" and dash:
        return name.replace("_", "-"), version
    metadata = _metadata(info)
    return metadata.get("name", name), metadata.get("version", version)


def _metadata(info: Path) -> dict[str, str]:
    """The headers of the core metadata, by lower-case name; the first of a repeated one."""
    found: dict[str, str] = {}
    for line in _lines(info / ("METADATA" if info.suffix == ".dist-info" else "PKG-INFO")):
        if not line.strip():
            break
        key, colon, value = line.partition(":")
        if colon and not line[0].isspace():
            found.setdefault(key.lower(), value.strip())
    return found


def _entry_points(path: Path) -> dict[str, dict[str, str]]:
    groups: dict[str, dict[str, str]] = {}
    group: dict[str, str] = {}
    for line in (raw.strip() for raw in _lines(path)):
        if line.startswith("[") and line.endswith("]"):
            group = groups.setdefault(line[1:-1].strip(), {})
        elif line and line[0] not in "#;":
            name, _, value = line.partition("=")
            group[name.strip()] = value.strip()
    return groups


def _lines(path: Path) -> Iterable[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()


def _pth_folders(folder: Path) -> list[Path]:
    """The folders that the `.pth` files of `folder` put on the path; their `import` lines are not run."""
    lines = [line.strip() for pth in sorted(folder.glob("*.pth")) for line in _lines(pth)]
    named = [folder / line for line in lines if line and not line.startswith(("#", "import ", "import\t"))]
    return [path for path in named if path.is_dir()]


def _mapped_folder(folder: Path, package: str) -> Path | None:
    """The package's folder by the `MAPPING` of setuptools' editable finder modules (PEP 660)."""
    import ast

    for finder in sorted(folder.glob("__editable___*_finder.py")):
        for line in _lines(finder):
            found = re.match(r"MAPPING(?:\s*:[^=]*)?\s*=\s*(\{.*\})\s*$", line)
            if not found:
                continue
            try:
                mapped = ast.literal_eval(found[1]).get(package)
            except (ValueError, SyntaxError):
                continue
            if mapped and os.path.isdir(mapped):
                return Path(mapped)
    return None


def _spec_folder(package: str) -> Path | None:
    # Of a top-level name this asks the active finders only; no code of the package runs.
    from importlib.util import find_spec

    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return None
    locations = spec.submodule_search_locations if spec else None
    return next((Path(location) for location in locations or () if os.path.isdir(location)), None)
