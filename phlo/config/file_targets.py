"""Whether a file can be put where a service wants it: not every path of a container takes one before its start."""

from __future__ import annotations

import posixpath

from phlo.compose.model import ComposeService
from phlo.errors import ConfigError


def check_target(path: str, compose: ComposeService, where: str) -> None:
    """Raise ConfigError for a path that takes no file before the container starts."""
    fix = f"Choose another target, such as /etc/{posixpath.basename(path)}."
    mounts = [*(mount.target for mount in compose.volumes), *compose.tmpfs]
    if path in mounts:
        raise ConfigError(f"{path} is hidden by the mount at that path", where=where, fix=fix)
    holder = max((folder for folder in mounts if path.startswith(f"{folder}/")), key=len, default=None)
    if compose.read_only and holder is None and posixpath.dirname(path) == "/":
        what = f"{path} cannot be written: with read_only: true the root folder of the container takes no files"
        raise ConfigError(what, where=where, fix=fix)
    mount = next((one for one in compose.volumes if one.target == holder), None)
    if mount is not None and mount.is_read_only:
        what = f"{path} is in {holder}, which is mounted read-only"
        raise ConfigError(what, where=where, fix="Put the file into what is mounted there, or choose another target.")
    if posixpath.dirname(path) in _tmpfs(compose):
        what = f"{path} is hidden by the tmpfs at {posixpath.dirname(path)}, which is empty at every start"
        raise ConfigError(what, where=where, fix=f"{fix} A folder of its own below the tmpfs does, too.")


def _tmpfs(compose: ComposeService) -> set[str]:
    return {*compose.tmpfs, *(mount.target for mount in compose.volumes if mount.type == "tmpfs")}
