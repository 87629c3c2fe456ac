"""Whether a container that has ended is done with its work, or was stopped and has to be started again.

The engine keeps the exit status of a container, and not who ended it: a server that handles SIGTERM ends with 0, as a
finished job does. So what the container is decides, and that is recorded in a label when it is created. `phlo stop`
leaves a mark on what could be taken for a finished job: the restart policy `unless-stopped`, which changes nothing for
a stopped container.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.labels import LABEL_MAY_END, STOPPED_POLICY
from phlo.operations.container.args import Args


def may_end(args: Args, image_config: Mapping[str, Any]) -> bool:
    """Whether an exit with status 0 means that the container's work is done.

    The ports and the health check of an image count where the image's own command runs: a job is often another command
    in the image of the server that it prepares.
    """
    if not args.may_end:
        return False
    has_own_command = bool(args.body.get("Cmd") or args.body.get("Entrypoint"))
    check = (image_config.get("Healthcheck") or {}).get("Test") or ["NONE"]
    return has_own_command or not (image_config.get("ExposedPorts") or check[0] != "NONE")


def is_done(found: Mapping[str, Any]) -> bool:
    """Whether a container, as inspected, has ended and has no more work to do."""
    is_job = LABEL_MAY_END in (found["Config"].get("Labels") or {})
    state = found["State"]
    return is_job and state["Status"] == "exited" and state["ExitCode"] == 0 and not was_stopped(found)


def was_stopped(found: Mapping[str, Any]) -> bool:
    """Whether `phlo stop` left its mark on a container that is stopped."""
    return (
        LABEL_MAY_END in (found["Config"].get("Labels") or {})
        and found["State"]["Status"] not in ("running", "restarting", "paused")
        and (found["HostConfig"].get("RestartPolicy") or {}).get("Name") == STOPPED_POLICY
    )
