"""See to a unit of systemd on the host: started, stopped, enabled, masked; and reload the configuration of systemd."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected
from phlo.operations.host_program import change as change_host
from phlo.operations.location import host_location
from phlo.operations.service_units import Scope, Unit, action_command, look_at_unit
from phlo.values import Change

IS_FOR_HOSTS = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the unit, with or without `.service`; `service` and `unit` are the same.
    state: started, stopped, restarted or reloaded; the last two always change something.
    enabled: whether it starts with the host.
    masked: whether it cannot be started at all.
    daemon_reload: reload the configuration of systemd first.
    daemon_reexec: re-execute systemd first.
    scope: system, user, or global.
    force: replace links that are in the way when it is enabled.
    no_block: do not wait until it has started or stopped.
    """

    name: str | None = None
    state: Literal["started", "stopped", "restarted", "reloaded", ""] = ""
    enabled: bool | None = None
    masked: bool | None = None
    daemon_reload: bool = False
    daemon_reexec: bool = False
    scope: Scope = "system"
    force: bool = False
    no_block: bool = False
    root: Path = injected("root")

    def __post_init__(self) -> None:
        asks = self.state or self.enabled is not None or self.masked is not None
        if asks and not self.name:
            raise ValueError("state, enabled and masked need name")
        if not asks and not self.daemon_reload and not self.daemon_reexec:
            raise ValueError("needs state, enabled, masked, daemon_reload or daemon_reexec")
        if self.name and (self.name.startswith("-") or "/" in self.name or "\n" in self.name):
            raise ValueError(f'"{self.name}" is not a name of a unit')


def observe(args: Args, host: ReadHost) -> Unit:
    """Look at the unit. Raises OperationError for one that is not there, and where systemd does not run."""
    location = host_location(host, args.root)
    unit = look_at_unit(location, args.name or "", scope=args.scope, only_systemd=True)
    if args.name and not unit.is_there and not args.daemon_reload:
        fix = "Install it before; daemon_reload: true lets systemd find a new file."
        raise OperationError(f"there is no service {args.name}", where=location.name, fix=fix)
    return unit


def decide(args: Args, seen: Unit) -> list[Change]:
    found = [Change(at=f"service:{args.name}", verb=verb, causes=(cause,)) for verb, cause in actions(args, seen)]
    if args.daemon_reload or args.daemon_reexec:
        verb = "daemon-reexec" if args.daemon_reexec else "daemon-reload"
        found.insert(0, Change(at="service:systemd", verb=verb, causes=("asked for",), is_counted=False))
    return found


def actions(args: Args, seen: Unit) -> Iterator[tuple[str, str]]:
    """What has to be done to the service, in its order, and why."""
    if args.masked is False and seen.is_masked:
        yield "unmask", "masked"
    if args.enabled is not None and args.enabled is not seen.is_enabled:
        yield ("enable", "not enabled") if args.enabled else ("disable", "enabled")
    yield from state_actions(args.state, seen)
    if args.masked and not seen.is_masked:
        yield "mask", "not masked"


def state_actions(state: str, seen: Unit) -> Iterator[tuple[str, str]]:
    """What a state takes: what does not run is started, whether it is to be started, restarted or reloaded."""
    if state == "stopped":
        if seen.is_running or seen.shown.get("ActiveState") == "deactivating":
            yield "stop", "running"
    elif state and not seen.is_running:
        yield "start", "not running"
    elif state in ("restarted", "reloaded"):
        yield state.removesuffix("ed"), "asked for"


def facts(args: Args, seen: Unit) -> dict[str, Any]:
    """What `register` keeps: as Ansible, with what systemd shows of the unit in `status`."""
    found: dict[str, Any] = {"name": args.name, "status": dict(seen.shown)}
    if args.enabled is not None:
        found["enabled"] = args.enabled
    if args.state:
        found["state"] = "stopped" if args.state == "stopped" else "started"
    return found


def apply(change: Change, args: Args, seen: Unit, host: Host) -> dict[str, Any]:
    """Let systemd do it."""
    location = host_location(host, args.root)
    if change.verb.startswith("daemon-"):
        options = () if args.scope == "system" else (f"--{args.scope}",)
        change_host(location, ("systemctl", *options, change.verb))
        return facts(args, seen)
    change_host(location, command(change.verb, args, seen))
    return facts(args, seen)


def command(verb: str, args: Args, seen: Unit) -> tuple[str, ...]:
    """The command of a change."""
    words = action_command(seen, args.name or "", verb, scope=args.scope, is_blocking=not args.no_block)
    if args.force and verb in ("enable", "mask"):
        return (words[0], "--force", *words[1:])
    return words
