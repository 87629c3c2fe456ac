"""Folders of the project that services write to on hosts that do not have them: volumes there, which they seed once.

A volume, since what a service writes lives where it runs, and nothing comes back; seeded, since what is in the folder
is what the service begins with; once, since from then on the volume has the data. Where it is not clear whose data
that would be, it is refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from phlo.compose.model import Mount
from phlo.config.containers import Container
from phlo.config.project import VolumeSpec
from phlo.errors import ConfigError, PhloError, first_of
from phlo.frozen import dataclass, replace

_UNNAMEABLE = re.compile(r"[^a-zA-Z0-9_.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A mount of a folder of the project. hosts: of the service; far: those of them that are not this machine."""

    container: Container
    mount: Mount
    hosts: tuple[str, ...]
    far: tuple[str, ...]

    @property
    def source(self) -> Path:
        return Path(self.mount.source or "")

    @property
    def service(self) -> str:
        return self.container.definition.name


def writable_binds(uses: Sequence[Use], root: Path, outputs: Callable[[], Mapping[str, bytes]]) -> frozenset[Path]:
    """The folders that are volumes on other hosts. outputs: what roles write below the project's root.

    Raises ConfigError with every one of which it is not clear what that would mean.
    """
    errors: list[PhloError] = []
    found = {use.source for use in uses if use.far and not use.mount.is_read_only}
    for use in uses:
        if use.far and not use.mount.is_read_only and (wrong := _unclear(use, uses, root, outputs)):
            shown = use.source.relative_to(root).as_posix()
            what = f'"{use.service}" writes to {shown} of this project, which is not on {use.far[0]}, {wrong[0]}'
            errors.append(ConfigError(what, where=use.container.merged.where("volumes"), fix=wrong[1]))
    if errors:
        raise first_of(errors)
    return frozenset(found)


def _unclear(
    use: Use, uses: Sequence[Use], root: Path, outputs: Callable[[], Mapping[str, bytes]]
) -> tuple[str, str] | None:
    """What is not clear about a folder that is to be a volume, and what to do."""
    source, below = use.source, use.source.relative_to(root).as_posix()
    read_only = f"Mount it read-only ({below}:{use.mount.target}:ro), and its files are uploaded"
    if source.is_file():
        return "and a single file cannot be a volume there", f"{read_only}; or mount its folder."
    if any(path == below or path.startswith(f"{below}/") for path in outputs()):
        return "and roles bring its files, which change with them", f"{read_only}; or use a named volume."
    if not source.is_dir() and not use.mount.creates_host_path:
        return "nor is it here", "Make it, or use a named volume."
    if use.mount.propagation:
        return "and a volume has no propagation", "Leave the propagation out, or use a path of the host."
    for other in uses:
        if other.source == source and set(other.hosts) != set(use.hosts):
            what = f"and {other.service} has it on other hosts, where it would hold something else"
            return what, "Place both on the same hosts, or give each a named volume of its own."
        if other.source != source and (other.source.is_relative_to(source) or source.is_relative_to(other.source)):
            inner = other.source.relative_to(root).as_posix()
            return f"and {other.service} mounts {inner}, which would be apart from it", "Mount one folder in both."
    return None


def as_volume(mount: Mount, root: Path) -> Mount:
    """What a mount of such a folder is on another host. What the image has at its place stays out, as with a folder."""
    return replace(
        mount,
        type="volume",
        source=_key(Path(mount.source or ""), root),
        creates_host_path=False,
        selinux=None,
        copies_image_content=False,
    )


def volume_of(folder: Path, project: str, root: Path) -> VolumeSpec:
    """The volume that a folder is on another host. Its name has a digest, for different paths can look alike in it."""
    key = _key(folder, root)
    readable = _UNNAMEABLE.sub("-", key).strip("-.")
    digest = hashlib.sha256(key.encode()).hexdigest()[:6]
    return VolumeSpec(key=key, name=f"{project}_folder-{readable}-{digest}", seed=folder)


def _key(folder: Path, root: Path) -> str:
    """Its path from the project, as no named volume is called."""
    return f"./{folder.relative_to(root).as_posix()}"
