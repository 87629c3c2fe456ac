"""A container that is never started, through which the engine reads and writes a volume."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from phlo.errors import OperationError
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part

# Where the volume is mounted; what is read of it has paths that begin with the last part.
FOLDER = "/volume"


@contextmanager
def holding(engine: Engine, volume: str) -> Iterator[str]:
    """The id of such a container. One that a run which was killed left behind is removed first.

    With it go anonymous volumes that its image declares; the volume it holds is a named one and stays.
    """
    name = f"{volume}-phlo-archive"
    engine_path = f"/containers/{path_part(name)}"
    if engine.get_or_none(f"{engine_path}/json") is not None:
        engine.delete(engine_path, force=True, v=True)
    made = engine.post("/containers/create", never_started(engine, volume), name=name)["Id"]
    try:
        yield made
    finally:
        engine.delete(f"/containers/{made}", force=True, v=True)


def never_started(engine: Engine, volume: str, *, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The Engine API's body of such a container. labels: of the volume, should it come to be with the container."""
    options = {"NoCopy": True, **({"Labels": dict(labels)} if labels else {})}
    mount = {"Type": "volume", "Source": volume, "Target": FOLDER, "VolumeOptions": options}
    return {
        "Image": _any_image(engine),
        "Entrypoint": ["/never-started"],
        "NetworkDisabled": True,
        "HostConfig": {"Mounts": [mount]},
    }


def _any_image(engine: Engine) -> str:
    """The id of the smallest image on the host: what is in it does not matter."""
    images = engine.get("/images/json")
    if not images:
        what = "the engine has no image at all, and a container needs one to read a volume through"
        raise OperationError(what, fix="Bring up or pull any service first.")
    return str(min(images, key=lambda image: image["Size"])["Id"])
