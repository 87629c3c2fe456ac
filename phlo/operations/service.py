"""See to a service of the host, under systemd, OpenRC or System V init scripts: started, stopped, enabled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from phlo.errors import OperationError
from phlo.frozen import dataclass, replace
from phlo.hosts.host import Host, ReadHost, pause
from phlo.operations.fields import injected
from phlo.operations.host_program import ask
from phlo.operations.host_program import change as change_host
from phlo.operations.location import Location, host_location
from phlo.operations.service_units import Unit, action_command, look_at_unit
from phlo.operations.systemd import state_actions
from phlo.values import Change

IS_FOR_HOSTS = True
# Programs of which a line of /proc/PID/cmdline has $1 in it, but for this one.
_PATTERN = """
for one in /proc/[0-9]*; do
  [ "${one#/proc/}" = $$ ] || ! tr '\\0' ' ' < "$one/cmdline" 2>/dev/null | grep -qF -- "$1" || { echo there; exit; }
done
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the service.
    state: started, stopped, restarted or reloaded; the last two always change something.
    enabled: whether it starts with the host.
    sleep: with `state: restarted`, seconds between stop and start; only for init scripts.
    pattern: a text in the command line of its program, for an init script that does not say whether it runs.
    use: what starts services; `auto` is what runs on the host, anything else has to be that.
    """

    name: str
    state: Literal["started", "stopped", "restarted", "reloaded", ""] = ""
    enabled: bool | None = None
    sleep: int | None = None
    pattern: str | None = None
    use: Literal["auto", "systemd", "sysvinit", "service", "openrc"] = "auto"
    root: Path = injected("root")

    def __post_init__(self) -> None:
        if not self.name or self.name.startswith("-") or "/" in self.name or "\n" in self.name:
            raise ValueError(f'"{self.name}" is not a name of a service')
        if not self.state and self.enabled is None:
            raise ValueError("needs state or enabled")


def observe(args: Args, host: ReadHost) -> Unit:
    """Look at the service. Raises OperationError for one that is not there."""
    location = host_location(host, args.root)
    unit = look_at_unit(location, args.name)
    if not unit.is_there:
        raise OperationError(f"there is no service {args.name}", where=location.name, fix="Install it before.")
    if args.use not in ("auto", "service", {"sysv": "sysvinit"}.get(unit.manager, unit.manager)):
        raise OperationError(f"services are started by {unit.manager} there, not by {args.use}", where=location.name)
    pattern = args.pattern or (args.name if unit.is_running is None else "")
    if unit.manager != "systemd" and pattern:
        return replace(unit, is_running=bool(ask(location, _PATTERN, pattern)))
    return unit


def actions(args: Args, seen: Unit) -> Iterator[tuple[str, str]]:
    """What has to be done, in its order, and why."""
    if args.enabled is not None and args.enabled is not seen.is_enabled:
        yield ("enable", "not enabled") if args.enabled else ("disable", "enabled")
    yield from state_actions(args.state, seen)


def decide(args: Args, seen: Unit) -> list[Change]:
    return [Change(at=f"service:{args.name}", verb=verb, causes=(cause,)) for verb, cause in actions(args, seen)]


def facts(args: Args, seen: Unit) -> dict[str, Any]:
    """What `register` keeps, as Ansible has it; `status` where systemd runs."""
    found: dict[str, Any] = {"name": args.name}
    if seen.manager == "systemd":
        found["status"] = dict(seen.shown)
    if args.enabled is not None:
        found["enabled"] = args.enabled
    if args.state:
        found["state"] = "stopped" if args.state == "stopped" else "started"
    return found


def apply(change: Change, args: Args, seen: Unit, host: Host) -> dict[str, Any]:
    """Let what starts services do it."""
    location = host_location(host, args.root)
    if change.verb == "restart" and args.sleep is not None and seen.manager == "sysv":
        _run(location, args, seen, "stop")
        pause(host, args.sleep)
        _run(location, args, seen, "start")
    else:
        _run(location, args, seen, change.verb)
    return facts(args, seen)


def _run(location: Location, args: Args, seen: Unit, verb: str) -> None:
    change_host(location, action_command(seen, args.name, verb))
