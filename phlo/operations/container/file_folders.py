"""The folders that files go into where the container's own file system takes none, or hides them."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from typing import Any

from phlo.labels import LABEL_FILE_FOLDERS
from phlo.values import FileSpec


def mount_targets(body: Mapping[str, Any]) -> set[str]:
    """The folders of the container that a ContainerCreate body mounts something on that keeps what is put there."""
    host_config = body.get("HostConfig") or {}
    binds = {bind.split(":")[1] for bind in host_config.get("Binds") or () if ":" in bind}
    mounts = {mount["Target"] for mount in host_config.get("Mounts") or () if mount["Type"] != "tmpfs"}
    return binds | mounts | set(body.get("Volumes") or ())


def with_file_folders(
    body: dict[str, Any], files: tuple[FileSpec, ...], image_config: Mapping[str, Any]
) -> dict[str, Any]:
    """The body, with a volume of its own at each folder that files go into where they would not be there after the
    start: where the root file system is read-only, and below a file system in memory.


    A folder that is, or is below, a VOLUME of the image needs none. The label lists the folders: everything in them
    comes from phlo, so the next container gets new ones, and they are removed together with their container.
    """
    host_config = dict(body.get("HostConfig") or {})
    in_memory = _in_memory(host_config)
    if not files or not (host_config.get("ReadonlyRootfs") or in_memory):
        return body
    targets = {*mount_targets(body), *(image_config.get("Volumes") or {})}
    folders = set()
    for spec in files:
        holder = _innermost(spec.path, targets | in_memory)
        if holder in in_memory or (holder is None and host_config.get("ReadonlyRootfs")):
            folders.add(posixpath.dirname(spec.path))
    if not folders:
        return body
    added = [{"Type": "volume", "Target": folder} for folder in sorted(folders)]
    host_config["Mounts"] = [*(host_config.get("Mounts") or ()), *added]
    labels = {**(body.get("Labels") or {}), LABEL_FILE_FOLDERS: json.dumps(sorted(folders))}
    return {**body, "HostConfig": host_config, "Labels": labels}


def _in_memory(host_config: Mapping[str, Any]) -> set[str]:
    mounts = {mount["Target"] for mount in host_config.get("Mounts") or () if mount["Type"] == "tmpfs"}
    return mounts | set(host_config.get("Tmpfs") or ())


def _innermost(path: str, folders: set[str]) -> str | None:
    inside = (folder for folder in folders if path.startswith(f"{folder.rstrip('/')}/"))
    return max(inside, key=len, default=None)
