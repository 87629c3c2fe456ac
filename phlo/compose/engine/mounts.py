"""Mounts in the Engine API: `Mounts`, `Tmpfs`, and `Binds` for what `Mounts` cannot say."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from phlo.compose.engine.column import DockerNames
from phlo.compose.engine.fact import Fact, Facts, size
from phlo.labels import LABEL_MOUNT

if TYPE_CHECKING:
    from phlo.compose.model import ComposeService, Mount

_Rows = Sequence[Mapping[str, Any]] | None


def volumes(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    """`Binds` and `Mounts`; `Volumes` is what images bring."""
    return (*binds_and_mounts(service.volumes, names.volumes), None)


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
    needs_mounts = has_colon or not mount.is_recursive or mount.read_only_below or mount.labels
    return not needs_mounts and bool(mount.creates_host_path or mount.selinux)


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
        found["Source"] = mount.source if mount.type in ("bind", "image") else volume_names[mount.source]
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
        "ReadOnlyNonRecursive": mount.read_only_below == "writable" or None,
        "ReadOnlyForceRecursive": mount.read_only_below == "readonly" or None,
        "Labels": dict(sorted(mount.labels.items())) or None,
        "CreateMountpoint": mount.creates_host_path or None,
        "NoCopy": None if mount.copies_image_content else True,
        "Subpath": mount.subpath,
        "SizeBytes": mount.tmpfs_size,
        "Mode": mount.tmpfs_mode,
    }
    return {key: value for key, value in options.items() if value is not None}


def volumes_from(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    return (
        sorted(
            (item.container or names.containers.get(item.service or "", item.service or ""))
            + (":ro" if item.is_read_only else ":rw")
            for item in service.volumes_from
        ),
    )


def volumes_from_facts(term: str, found: Sequence[str] | None) -> Facts:
    for item in found or ():
        name, _, mode = item.partition(":")
        yield f"{term}.{name}", Fact(mode or "rw", mode or "rw")


# -- facts -------------------------------------------------------------------------------------------------


def volume_facts(
    term: str, binds: Sequence[str] | None, mounts: _Rows, declared: Mapping[str, Any] | None, tmpfs: Any
) -> Facts:
    """A path that only the image declares gets an anonymous volume, where nothing else is mounted on it."""
    taken = {posixpath.normpath(path) for path in tmpfs or ()}
    for bind in binds or ():
        source, target, options = (*bind.split(":"), "")[:3]
        taken.add(posixpath.normpath(target))
        yield f"{term}.{target}", _bind_fact(source, options)
    for mount in mounts or ():
        taken.add(posixpath.normpath(mount["Target"]))
        yield f"{term}.{mount['Target']}", _mount_fact(mount)
    for target in sorted({posixpath.normpath(path) for path in declared or ()} - taken):
        yield f"{term}.{target}", _mount_fact({"Type": "volume"})


def tmpfs_facts(term: str, found: Mapping[str, str] | None) -> Facts:
    for path, options in (found or {}).items():
        yield f"{term}.{path}", Fact(options, options or "default options")


def _bind_fact(source: str, options: str) -> Fact:
    given = set(filter(None, options.split(",")))
    kind = "bind" if source.startswith("/") else "volume"
    rest = tuple(sorted(given - {"ro", "rw", "nocopy"}))
    settings = tuple(f"propagation={item}" if len(item) > 1 else item for item in rest)
    settings += ("nocopy",) if "nocopy" in given else ()
    return _mounted(kind, source, "ro" in given, settings)


def _mount_fact(mount: Mapping[str, Any]) -> Fact:
    source = mount.get("Source") or ""
    bind, volume, tmpfs = (mount.get(key) or {} for key in ("BindOptions", "VolumeOptions", "TmpfsOptions"))
    settings = {
        "propagation": bind.get("Propagation"),
        "subpath": volume.get("Subpath") or (mount.get("ImageOptions") or {}).get("Subpath"),
        "size": tmpfs.get("SizeBytes") and size(tmpfs["SizeBytes"]),
        "mode": tmpfs.get("Mode") and f"{tmpfs['Mode']:o}",
    }
    shown = tuple(f"{name}={value}" for name, value in settings.items() if value)
    shown += ("nocopy",) if volume.get("NoCopy") else ()
    shown += ("not recursive",) if bind.get("NonRecursive") else ()
    shown += ("writable below",) if bind.get("ReadOnlyNonRecursive") else ()
    shown += ("read-only below",) if bind.get("ReadOnlyForceRecursive") else ()
    is_unnamed = is_anonymous(source) or LABEL_MOUNT in (volume.get("Labels") or {})
    return _mounted(mount["Type"], "" if is_unnamed else source, bool(mount.get("ReadOnly")), shown)


def _mounted(kind: str, source: str, is_read_only: bool, settings: tuple[str, ...]) -> Fact:
    shown = (*(("read-only",) if is_read_only else ()), *settings)
    name = f"{kind} {source}" if source else {"volume": "an anonymous volume"}.get(kind, kind)
    return Fact((kind, source, shown), f"{name} ({', '.join(shown)})" if shown else name)


def is_anonymous(volume: str) -> bool:
    """Whether a volume's name is one that the engine made up."""
    return len(volume) == 64 and all(digit in "0123456789abcdef" for digit in volume)
