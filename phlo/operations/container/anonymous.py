"""Anonymous volumes: each gets a name made from project, service, instance and path, so that its data is found again.

Docker gives an anonymous volume a random name, and nothing leads from the next container back to it. With a name that
can be computed, the container that comes after a `down`, or after somebody removed the old container, mounts the same
data. Labels say whose volume it is.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from phlo.compose.engine.mounts import is_anonymous
from phlo.label_values import label_texts
from phlo.labels import LABEL_FILE_FOLDERS, LABEL_INSTANCE, LABEL_MOUNT, LABEL_PROJECT, LABEL_SERVICE
from phlo.operations.container.args import Args

_LONGEST_PATH = 40  # characters of the path in a volume's name


def volume_name(args: Args, target: str) -> str:
    """The name of the volume that takes the place of an anonymous one at a path of the container."""
    digest = hashlib.sha256(json.dumps([args.service, args.instance, target]).encode()).hexdigest()[:8]
    path = re.sub(r"[^A-Za-z0-9_.-]+", "-", target).strip("-")[:_LONGEST_PATH]
    return f"{args.project}_{args.service}-{args.instance}_{path}.{digest}"


def with_anonymous_volumes(
    args: Args, body: Mapping[str, Any], image_config: Mapping[str, Any], old: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The body, with a named volume wherever it or the image asks for an anonymous one.

    old: the container that this one replaces; volumes that the engine named for it are mounted again.
    """
    host_config = dict(body.get("HostConfig") or {})
    mounts = [dict(mount) for mount in host_config.get("Mounts") or ()]
    files = _file_folders(body.get("Labels"))
    found = dict(_engine_named(old))
    for mount in mounts:
        target = posixpath.normpath(mount["Target"])
        if mount["Type"] == "volume" and not mount.get("Source") and target not in files:
            _name(mount, args, found.get(target))
    taken = {*_targets(host_config), *files}
    for target in sorted(_declared(body, image_config) - taken):
        mount = {"Type": "volume", "Target": target}
        _name(mount, args, found.get(target))
        mounts.append(mount)
    if not mounts:
        return dict(body)
    whole = {**body, "HostConfig": {**host_config, "Mounts": mounts}}
    whole.pop("Volumes", None)
    return whole


def _name(mount: dict[str, Any], args: Args, engine_named: str | None) -> None:
    """Give an anonymous mount the volume of the replaced container, else the one of its computed name."""
    if engine_named is not None:
        mount["Source"] = engine_named
        return
    target = posixpath.normpath(mount["Target"])
    labels = {
        LABEL_PROJECT: args.project,
        LABEL_SERVICE: args.service,
        LABEL_INSTANCE: str(args.instance),
        LABEL_MOUNT: target,
    }
    mount["Source"] = volume_name(args, target)
    mount["VolumeOptions"] = {**(mount.get("VolumeOptions") or {}), "Labels": labels}


def _targets(host_config: Mapping[str, Any]) -> Iterator[str]:
    """Paths of the container that something is mounted on already."""
    yield from (posixpath.normpath(mount["Target"]) for mount in host_config.get("Mounts") or ())
    yield from (posixpath.normpath(path) for path in host_config.get("Tmpfs") or ())
    yield from (posixpath.normpath(bind.split(":")[1]) for bind in host_config.get("Binds") or () if ":" in bind)


def _declared(body: Mapping[str, Any], image_config: Mapping[str, Any]) -> set[str]:
    """Paths that the body, or the image's VOLUME, asks an anonymous volume for.

    With `volumes_from` the other container's volumes are mounted on the image's paths, so these are left to the engine.
    """
    shares = bool((body.get("HostConfig") or {}).get("VolumesFrom"))
    of_image = {} if shares else image_config.get("Volumes") or {}
    return {posixpath.normpath(target) for target in (*(body.get("Volumes") or {}), *of_image)}


def _engine_named(old: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Path -> volume, of the volumes of a container whose names the engine made up."""
    if old is None:
        return
    renewed = _file_folders(old["Config"].get("Labels"))
    for mount in old.get("Mounts") or ():
        target = posixpath.normpath(mount["Destination"])
        if mount["Type"] == "volume" and is_anonymous(mount.get("Name", "")) and target not in renewed:
            yield target, mount["Name"]


def cut_off(body: Mapping[str, Any], current: Mapping[str, Any]) -> tuple[str, ...]:
    """Named volumes that a container mounts and that one made from the body would not."""
    host_config = body.get("HostConfig") or {}
    wanted = {mount.get("Source") for mount in host_config.get("Mounts") or ()}
    wanted |= {bind.partition(":")[0] for bind in host_config.get("Binds") or ()}
    return tuple(
        mount["Name"]
        for mount in current.get("Mounts") or ()
        if mount["Type"] == "volume" and mount["Name"] not in wanted and not is_anonymous(mount["Name"])
    )


def holds_only_files(labels: Mapping[str, str] | None, mounts: Any) -> bool:
    """Whether all of a container's unnamed volumes hold only files that phlo itself puts in, so that they may go.

    labels, mounts: as the engine lists or inspects the container.
    """
    files = _file_folders(labels)
    unnamed = {
        posixpath.normpath(mount["Destination"])
        for mount in mounts or ()
        if mount["Type"] == "volume" and is_anonymous(mount.get("Name", ""))
    }
    return bool(unnamed) and unnamed <= files


def unnamed_volumes(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Volumes of a listed container whose names the engine made up, and that hold more than phlo's own files."""
    files = _file_folders(entry["Labels"])
    return tuple(
        mount["Name"]
        for mount in entry.get("Mounts") or ()
        if mount["Type"] == "volume"
        and is_anonymous(mount.get("Name", ""))
        and posixpath.normpath(mount["Destination"]) not in files
    )


def _file_folders(labels: Mapping[str, str] | None) -> frozenset[str]:
    return frozenset(label_texts(labels, LABEL_FILE_FOLDERS))
