"""The folders that files go into where a container's root file system is read-only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from phlo.values import LABEL_FILE_FOLDERS, FileSpec


def mount_targets(body: Mapping[str, Any]) -> set[str]:
    """The folders of the container that a ContainerCreate body mounts something on."""
    host_config = body.get("HostConfig") or {}
    binds = {bind.split(":")[1] for bind in host_config.get("Binds") or () if ":" in bind}
    return binds | {mount["Target"] for mount in host_config.get("Mounts") or ()} | set(body.get("Volumes") or ())


def with_file_folders(body: dict[str, Any], files: tuple[FileSpec, ...]) -> dict[str, Any]:
    """The body, with a volume of its own at each folder that files go into, where the root file system is read-only.

    The label names them: what is in them comes from phlo, so they are not carried over to the next container.
    """
    host_config = dict(body.get("HostConfig") or {})
    if not host_config.get("ReadonlyRootfs"):
        return body
    mounted = [f"{target.rstrip('/')}/" for target in mount_targets(body)]
    folders = {spec.path.rpartition("/")[0] or "/" for spec in files if not spec.path.startswith(tuple(mounted))}
    added = [{"Type": "volume", "Target": folder} for folder in sorted(folders)]
    if not added:
        return body
    host_config["Mounts"] = [*(host_config.get("Mounts") or ()), *added]
    labels = {**(body.get("Labels") or {}), LABEL_FILE_FOLDERS: json.dumps(sorted(folders))}
    return {**body, "HostConfig": host_config, "Labels": labels}
