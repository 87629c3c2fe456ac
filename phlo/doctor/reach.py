"""What a host's engine tells of itself: its version, room on its disk, its clock, its Swarm."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from phlo.bounded import excerpt_of
from phlo.errors import PhloError
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part
from phlo.hosts.frames import demultiplex

# What of an image can tell the room: `df` of its root is that of the disk below, where the engine has its data.
_DF = ("df", "-P", "-k", "/")
_MOST_IMAGES = 3
_KILOBYTE = 1024


class Reached(NamedTuple):
    """A host that answered.

    free_bytes:    room on the disk where the engine keeps its data; None when nothing there can tell.
    clock_seconds: how far its clock is ahead of this machine's; None when it does not tell its time.
    swarm:         `inactive`, `manager`, `worker`, or what else the engine calls it.
    """

    version: str
    api: str
    platform: str
    free_bytes: int | None
    clock_seconds: float | None
    swarm: str


def reach(engine: Engine, clock: Callable[[], float], *, is_local: bool) -> Reached:
    """Ask an engine. is_local: it is on this machine. Raises HostError when it cannot be reached.

    Of a host elsewhere the room on its disk is what `df` says in a container that is made for it and removed, from an
    existing image; it has no network, and can write nothing.
    """
    version = engine.get("/version")
    before = clock()
    info = engine.get("/info")
    now = (before + clock()) / 2
    folder = Path(str(info.get("DockerRootDir", "")))
    return Reached(
        version=str(version.get("Version")),
        api=str(version.get("ApiVersion")),
        platform=f"{version.get('Os')}/{version.get('Arch')}",
        free_bytes=shutil.disk_usage(folder).free if is_local and folder.is_dir() else _free_elsewhere(engine),
        clock_seconds=_ahead(str(info.get("SystemTime", "")), now),
        swarm=_swarm(info.get("Swarm") or {}),
    )


def _ahead(engine_time: str, now: float) -> float | None:
    """engine_time: as `/info` has it (RFC 3339, of nine decimals)."""
    text = re.sub(r"(\.\d{6})\d+", r"\1", engine_time)
    try:
        return datetime.fromisoformat(text).timestamp() - now
    except ValueError:
        return None


def _swarm(told: dict[str, Any]) -> str:
    state = str(told.get("LocalNodeState") or "inactive")
    return ("manager" if told.get("ControlAvailable") else "worker") if state == "active" else state


def _free_elsewhere(engine: Engine) -> int | None:
    for image in _images(engine):
        try:
            if (free := _free_in(engine, image)) is not None:
                return free
        except PhloError:
            continue  # it has no `df`, or cannot be started: another one may do
    return None


def _images(engine: Engine) -> Iterator[str]:
    """Images that may have `df`: phlo's own first, then small ones."""
    named = [image for image in engine.get("/images/json") if image.get("RepoTags")]
    named.sort(key=lambda image: (not image["RepoTags"][0].startswith("phlo/"), image["Size"]))
    yield from (image["Id"] for image in named[:_MOST_IMAGES])


def _free_in(engine: Engine, image: str) -> int | None:
    body = {
        "Image": image,
        "Entrypoint": list(_DF[:1]),
        "Cmd": list(_DF[1:]),
        "User": "65534:65534",
        "NetworkDisabled": True,
        "HostConfig": {
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
        },
    }
    made = path_part(engine.post("/containers/create", body)["Id"])
    try:
        engine.post(f"/containers/{made}/start")
        engine.post(f"/containers/{made}/wait")
        pieces = engine.get_bytes(f"/containers/{made}/logs", stdout=True)
        lines = excerpt_of(demultiplex(pieces)).text().splitlines()
    finally:
        engine.delete(f"/containers/{made}", force=True, v=True)
    # Source: POSIX, df -P: the fourth column is what is available.
    fields = lines[-1].split() if len(lines) > 1 else []
    return int(fields[3]) * _KILOBYTE if len(fields) >= 6 and fields[3].isdigit() else None
