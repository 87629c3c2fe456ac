"""One-off containers: a service's container with another command, made for one process of phlo and removed by it.

A label holds the id of that process, so that `phlo up` can remove a container whose process was killed. The container
has no label of a service: nothing counts it as an instance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import EngineError, OperationError
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.hosts.process import ProcessId, this_process
from phlo.images import present
from phlo.labels import LABEL_ONE_OFF, LABEL_PROJECT
from phlo.operations.container.apply import make
from phlo.operations.container.args import Args
from phlo.operations.container.file_folders import with_file_folders
from phlo.values import reveal_all

_WORKING = ("created", "running", "paused", "restarting", "removing")


def create_one_off(args: Args, host: Host, *, is_interactive: bool, is_detached: bool) -> str:
    """Create the container, giving its id; on failure nothing of it stays. Its anonymous volumes are its own.

    is_interactive: it reads from one attached client until that one's input ends. is_detached: the engine removes it
    when it ends, since no phlo waits for it.
    """
    image = present(args.image, host.reader())
    if image is None:
        raise OperationError("its image is not on the host", where=args.name, fix="Run `phlo up` first.")
    body = with_file_folders(reveal_all(args.body), args.files, image.config)
    body |= {"Image": image.reference, "OpenStdin": is_interactive, "StdinOnce": is_interactive}
    body |= dict.fromkeys(("AttachStdin",), is_interactive) | dict.fromkeys(("AttachStdout", "AttachStderr"), True)
    owner = "" if is_detached else str(this_process())
    body["Labels"] = {**(body.get("Labels") or {}), LABEL_PROJECT: args.project, LABEL_ONE_OFF: owner}
    body["HostConfig"] = {**body["HostConfig"], "AutoRemove": is_detached}
    return make(args, host, body, args.networks, args.name)


def remove_one_off(engine: Engine, container: str) -> None:
    """Remove the container with its anonymous volumes, running or not; one that is gone is fine."""
    try:
        engine.delete(f"/containers/{container}", force=True, v=True)
    except EngineError as error:
        if error.status not in (404, 409):  # 409: its removal is already under way
            raise


def is_in_use(entry: Mapping[str, Any]) -> bool:
    """Whether a container, as the engine lists it, is a one-off that may still be needed.

    The process that made it may be on another machine, which cannot be asked; then a container that has not ended is.
    """
    owner = entry["Labels"].get(LABEL_ONE_OFF)
    if owner is None:
        return False
    try:
        process = ProcessId.parse(owner)
    except ValueError:  # detached
        return entry["State"] in _WORKING
    return not process.is_gone() if process.is_here() else entry["State"] in _WORKING
