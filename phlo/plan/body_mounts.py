"""Mounts as the Engine API has them: `Mounts`, and `Binds` for what those cannot say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phlo.config.compose.model import Mount


def binds_and_mounts(
    mounts: Sequence[Mount], volume_names: Mapping[str, str]
) -> tuple[list[str], list[dict[str, Any]]]:
    """Split mounts over the two forms, each sorted.

    Only `Binds` makes a missing folder on the host (Mounts learned it with API 1.42) and knows SELinux labels;
    only `Mounts` refuses a missing one, and takes sub-paths and tmpfs.
    """
    binds = [_bind(mount, volume_names) for mount in mounts if _needs_bind(mount)]
    rest = [mount_body(mount, volume_names) for mount in mounts if not _needs_bind(mount)]
    return sorted(binds), sorted(rest, key=lambda mount: str(mount["Target"]))


def _needs_bind(mount: Mount) -> bool:
    has_colon = ":" in mount.target or ":" in (mount.source or "")
    return not has_colon and mount.is_recursive and bool(mount.creates_host_path or mount.selinux)


def _bind(mount: Mount, volume_names: Mapping[str, str]) -> str:
    options = [
        "ro" if mount.is_read_only else "rw",
        mount.selinux,
        mount.propagation,
        None if mount.copies_image_content else "nocopy",
    ]
    source = mount.source if mount.type == "bind" else volume_names[mount.source or ""]
    return f"{source}:{mount.target}:{','.join(option for option in options if option)}"


def mount_body(mount: Mount, volume_names: Mapping[str, str]) -> dict[str, Any]:
    """One of `Mounts`."""
    found: dict[str, Any] = {"Type": mount.type, "Target": mount.target}
    if mount.source is not None:
        found["Source"] = mount.source if mount.type == "bind" else volume_names[mount.source]
    if mount.is_read_only:
        found["ReadOnly"] = True
    options = _options(mount)
    if options:
        found[f"{mount.type.capitalize()}Options"] = options
    return found


def _options(mount: Mount) -> dict[str, Any]:
    options = {
        "Propagation": mount.propagation,
        "NonRecursive": None if mount.is_recursive else True,
        "CreateMountpoint": mount.creates_host_path or None,
        "NoCopy": None if mount.copies_image_content else True,
        "Subpath": mount.subpath,
        "SizeBytes": mount.tmpfs_size,
        "Mode": mount.tmpfs_mode,
    }
    return {key: value for key, value in options.items() if value is not None}
