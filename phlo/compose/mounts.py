"""`volumes`, `tmpfs` and `volumes_from` (Compose specification, services)."""

from __future__ import annotations

import os.path
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.compose.kernel import check_tmpfs_options
from phlo.compose.model import Mount, VolumesFrom
from phlo.compose.reading import At, GatheredError, Items, each, record
from phlo.compose.scalars import boolean, file_mode, image_reference, one_of, plain_labels, size, text, word
from phlo.errors import did_you_mean
from phlo.yaml_source import Keys

_TYPES = ("bind", "volume", "tmpfs", "image")
PROPAGATIONS = ("private", "rprivate", "shared", "rshared", "slave", "rslave")
_NO_EFFECT = ("cached", "delegated", "consistent")
_OPTIONS = ("ro", "rw", "z", "Z", "nocopy", *PROPAGATIONS, *_NO_EFFECT)
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")


def volumes(value: Any, at: At) -> Items:
    """Every mount, one for each path in the container; of two in a Compose file the later one, as Compose does."""
    if not isinstance(value, (list, tuple)):
        raise at.expected('a list, e.g. ["./data:/data"]', value)
    before = len(at.errors)
    found: dict[str, tuple[Mount, Keys]] = {}
    for mount, keys in each(value, at, _mount).pairs:
        if not at.is_compose and mount.target in found and found[mount.target][0] != mount:
            what = f"two mounts have the path {mount.target}"
            at.errors.append(at[keys[-1]].error(what, "Keep one of them, or give one another path."))
        found[mount.target] = (mount, keys)
    if len(at.errors) > before:
        raise GatheredError
    return Items.of(found.values())


def identity(mount: Mount) -> str:
    """Two mounts with the same path in the container are the same."""
    return mount.target


def _mount(value: Any, at: At) -> Mount:
    return _long(value, at) if isinstance(value, Mapping) else _short(text(value, at), at)


def _short(raw: str, at: At) -> Mount:
    """`[SOURCE:]TARGET[:OPTIONS]`."""
    parts = raw.split(":")
    if len(parts) > 3 or not all(parts):
        raise at.expected("SOURCE:TARGET or SOURCE:TARGET:OPTIONS", raw, 'For example "./data:/data:ro".')
    if len(parts) == 1:
        return Mount(type="volume", target=target_path(parts[0], at))
    fields = _options(parts[2], at) if len(parts) == 3 else {}
    target = target_path(parts[1], at)
    if _is_path(parts[0]):
        if not fields.pop("copies_image_content", True):
            raise at.error('"nocopy" has no meaning for a folder of the host', "Leave it out.")
        return Mount(type="bind", source=host_path(parts[0], at.root), target=target, creates_host_path=True, **fields)
    if "propagation" in fields:
        raise at.error(f'"{fields["propagation"]}" is for folders of the host, not for a named volume', "Leave it out.")
    return Mount(type="volume", source=volume_name(parts[0], at), target=target, **fields)


def _options(raw: str, at: At) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for option in raw.split(","):
        if option not in _OPTIONS:
            raise at.error(f'"{option}" is not a known option of a mount', did_you_mean(option, _OPTIONS))
        if option == "ro":
            fields["is_read_only"] = True
        elif option in ("z", "Z"):
            fields["selinux"] = option
        elif option == "nocopy":
            fields["copies_image_content"] = False
        elif option in PROPAGATIONS:
            fields["propagation"] = option
        elif option in _NO_EFFECT:
            at.warn(f'"{option}" has no effect on a Linux engine')
    return fields


def _long(value: Any, at: At) -> Mount:
    fields = record(
        value,
        at,
        {
            "type": _type,
            "source": word,
            "target": lambda item, here: target_path(text(item, here), here),
            "read_only": boolean,
            "consistency": word,
            "bind": lambda item, here: record(item, here, _BIND),
            "volume": lambda item, here: record(item, here, _VOLUME),
            "tmpfs": lambda item, here: record(item, here, _TMPFS),
            "image": lambda item, here: record(item, here, {"subpath": word}),
        },
        required=("type", "target"),
    )
    kind = fields["type"]
    for other in sorted(set(_TYPES) & set(fields) - {kind}):
        at[other].warn(f'has no effect with "type: {kind}"')
    if "consistency" in fields:
        at["consistency"].warn("has no effect on a Linux engine")
    details = fields.get(kind, {})
    recursion = details.pop("recursive", "enabled")
    if recursion == "disabled":
        details["is_recursive"] = False
    elif recursion != "enabled":
        if not fields.get("read_only"):
            raise at["bind"]["recursive"].error(
                f'"{recursion}" is about a read-only mount', "Write read_only: true too."
            )
        details["read_only_below"] = recursion
    if kind == "bind":
        details.setdefault("create_host_path", True)
    return Mount(
        type=kind,
        target=fields["target"],
        source=_source(kind, fields.get("source"), at),
        is_read_only=fields.get("read_only", False),
        **{_FIELD.get(key, key): item for key, item in details.items()},
    )


def _source(kind: str, source: str | None, at: At) -> str | None:
    if kind == "bind":
        if source is None:
            raise at.error('"source" is missing', "Write the path on the host.")
        return host_path(source, at.root)
    if kind == "image":
        if source is None:
            raise at.error('"source" is missing', "Write the name of the image.")
        return image_reference(source, at["source"])
    if kind == "tmpfs" and source is not None:
        raise at["source"].error("a tmpfs has no source", "Leave it out.")
    return volume_name(source, at["source"]) if source is not None else None


def _type(value: Any, at: At) -> str:
    if value == "cluster":
        raise at.error("cluster volumes (CSI) are not supported by phlo", "Write a volume with a driver of the engine.")
    if value == "npipe":
        raise at.error("named pipes are for Windows containers, which are not supported", "Remove it.")
    return one_of(*_TYPES)(value, at)


def _no_copy(value: Any, at: At) -> bool:
    return not boolean(value, at)


_BIND = {
    "propagation": one_of(*PROPAGATIONS),
    "create_host_path": boolean,
    "selinux": one_of("z", "Z"),
    "recursive": one_of("enabled", "disabled", "writable", "readonly"),
}
_VOLUME = {"nocopy": _no_copy, "subpath": word, "labels": plain_labels}
_TMPFS = {"size": size, "mode": file_mode}
_FIELD = {
    "create_host_path": "creates_host_path",
    "nocopy": "copies_image_content",
    "size": "tmpfs_size",
    "mode": "tmpfs_mode",
}


def tmpfs(value: Any, at: At) -> dict[str, str]:
    """`/run` or `/run:size=64m,mode=1777`, one or a list -> path: options."""
    found = {}
    for entry in each(value, at, word):
        path, _, options = entry.partition(":")
        check_tmpfs_options(options, at)
        found[target_path(path, at)] = options
    return found


def volumes_from(value: Any, at: At) -> Items:
    """`service[:ro]` or `container:name[:ro]`."""
    return each(value, at, _volumes_from)


def _volumes_from(value: Any, at: At) -> VolumesFrom:
    raw = word(value, at)
    kind, _, rest = raw.partition(":")
    name, _, access = rest.partition(":") if kind == "container" else (kind, "", rest)
    if not name or access not in ("", "ro", "rw"):
        raise at.expected("SERVICE, SERVICE:ro or container:NAME:ro", raw)
    is_container = kind == "container"
    return VolumesFrom(
        service=None if is_container else name, container=name if is_container else None, is_read_only=access == "ro"
    )


def target_path(raw: str, at: At) -> str:
    """A path in the container: absolute, without `..` or a slash at its end."""
    if not raw.startswith("/"):
        raise at.error(f'the path in the container should be absolute, got "{raw}"', f'Write "/{raw.lstrip("./")}".')
    path = posixpath.normpath(raw)
    path = path[1:] if path.startswith("//") else path
    if path == "/":
        raise at.error("cannot be mounted at / of the container", "Choose a folder below it.")
    return path


def host_path(raw: str, root: Path) -> str:
    """A path on the host: absolute, `~` being the user's home, relative ones from `root`."""
    return os.path.normpath(os.path.join(root, os.path.expanduser(raw)))


def volume_name(raw: str, at: At) -> str:
    if _NAME.fullmatch(raw):
        return raw
    if _is_path(raw):
        raise at.error(f'"{raw}" is a path, not the name of a volume', 'For a folder of the host, write "type: bind".')
    raise at.error(f'"{raw}" is neither a volume\'s name nor a path', f'For a path, write "./{raw}".')


def _is_path(raw: str) -> bool:
    return raw[0] in "./~"
