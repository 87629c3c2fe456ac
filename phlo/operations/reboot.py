"""Restart the host, and wait until it is back."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from phlo.errors import OperationError, PhloError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost, pause
from phlo.operations.command_result import TaskFailedError
from phlo.operations.fields import injected
from phlo.operations.host_program import ask
from phlo.operations.location import Location, host_location
from phlo.values import Change

IS_FOR_HOSTS = True
_PAUSE_SECONDS = 2.0
# $1: a command of the task's own. $2: the message. It goes on after this shell has ended.
_REBOOT = """
if [ -n "$1" ]; then sh -c "$1"
elif command -v shutdown >/dev/null; then shutdown -r now "$2"
else reboot; fi
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """reboot_timeout: how many seconds it may take until the host is back.
    test_command: a command that has to succeed once it is.
    reboot_command: a command instead of shutdown.
    boot_time_command: a command that prints another text after each start.
    pre_reboot_delay: how many seconds to wait before.
    post_reboot_delay: how many seconds to wait before the first look whether it is back.
    msg: what users who are signed in read.
    """

    reboot_timeout: float = 600.0
    test_command: str = "id"
    reboot_command: str = ""
    boot_time_command: str = "cat /proc/sys/kernel/random/boot_id"
    pre_reboot_delay: float = 0.0
    post_reboot_delay: float = 0.0
    msg: str = "Reboot initiated by phlo"
    root: Path = injected("root")


def observe(args: Args, host: ReadHost) -> str:
    """Which start of the host it is. Raises OperationError on the control machine, which must not go away."""
    location = host_location(host, args.root)
    if location.transport.is_local:
        fix = "Run it on a host that is reached by SSH."
        raise OperationError("the control machine cannot reboot itself", where=location.name, fix=fix)
    return _start_of(args, location)


def _start_of(args: Args, location: Location) -> str:
    return ask(location, args.boot_time_command).strip()


def decide(args: Args, seen: str) -> list[Change]:
    return [Change(at="host", verb="reboot", causes=("asked for",))]


def apply(change: Change, args: Args, seen: str, host: Host) -> dict[str, Any]:
    """Restart it; the connection ends with it, and is opened again when the host is back."""
    location = host_location(host, args.root)
    pause(host, args.pre_reboot_delay)
    began = time.monotonic()
    try:
        ask(location, _REBOOT, args.reboot_command, args.msg)
    except OperationError as error:
        raise TaskFailedError(error.what, where=location.name, facts={"rebooted": False}) from None
    except PhloError:
        host.progress("the connection ended, as it should")
    pause(host, args.post_reboot_delay)
    reason = "it has not gone down"
    while time.monotonic() - began < args.reboot_timeout and not host.is_cancelled():
        try:
            if _start_of(args, location) != seen:
                ask(location, args.test_command)
                return {"rebooted": True, "elapsed": int(time.monotonic() - began)}
        except PhloError as error:
            reason = error.what
        pause(host, _PAUSE_SECONDS)
    what = f"{location.name} was not back within {args.reboot_timeout:g} s ({reason})"
    raise TaskFailedError(what, where=location.name, facts={"rebooted": True, "elapsed": int(args.reboot_timeout)})
