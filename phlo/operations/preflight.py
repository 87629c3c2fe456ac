"""Look, before anything that runs is stopped, whether everything that is to start on a host can start there.

Names, ports, folders that are mounted, and containers whose namespaces are shared. All of it is read from answers that
the steps of the containers need anyway; only where something is to start, and publishes a port, more is looked at.
Whatever changes after this look still ends in a roll-back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from phlo.errors import OperationError, PhloError
from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.labels import LABEL_PROJECT
from phlo.operations import container
from phlo.operations.container.args import REPLACED, STAGED
from phlo.operations.container.owners import owner_names
from phlo.values import Change

_STARTING = frozenset({"create", "recreate", "start", "restart", "restore"})
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 (compared with, not listened on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """containers: all that this run converges on the host."""

    project: str
    containers: tuple[container.Args, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a service cannot start."""

    service: str
    what: str
    fix: str


Seen = tuple[Problem, ...]


class _Published(NamedTuple):
    port: int
    protocol: str
    ip: str


def observe(args: Args, host: ReadHost) -> Seen:
    found: list[Problem] = []
    starting: list[tuple[container.Args, container.Seen]] = []
    for one in args.containers:
        seen = container.observe(one, host)
        try:
            changes = container.decide(one, seen)
        except PhloError as error:
            found.append(Problem(service=one.service, what=_located(error), fix=error.fix))
            continue
        if any(change.verb in _STARTING for change in changes):
            starting.append((one, seen))
    if starting:
        found += _port_problems(args, [one for one, _ in starting], host)
        for one, seen in starting:
            found += _owner_problems(one, seen)
            found += _mount_problems(one, host)
    return tuple(found)


def decide(args: Args, seen: Seen) -> list[Change]:
    """A change for each problem: a plan shows it, and a run ends there."""
    return [
        Change(at=f"service:{one.service}", verb="refuse", causes=(one.what, one.fix), is_counted=False) for one in seen
    ]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """Raise OperationError with everything that was found; nothing has been stopped."""
    first, *others = seen
    detail = [f"{one.service}: {one.what}. {one.fix}" for one in others]
    raise OperationError(first.what, where=f"{host.name} {first.service}", fix=first.fix, detail=detail)


def _located(error: PhloError) -> str:
    return f"{error.where}: {error.what}" if error.where and not error.where.startswith("container:") else error.what


# -- ports ---------------------------------------------------------------------------------------------------


def _port_problems(args: Args, starting: Sequence[container.Args], host: ReadHost) -> Iterator[Problem]:
    wanted = [(one, port) for one in starting for port in _fixed_ports(one.body)]
    if not wanted:
        return
    listed = host.engine.get("/containers/json", all=True)
    holders = [(entry, port) for entry in listed for port in _published(entry)]
    # Containers of this run give their ports away, or keep those that they are to have.
    own = {name for one in args.containers for name in (one.name, one.name + STAGED, one.name + REPLACED)}
    for one, port in wanted:
        holder = next((entry for entry, other in holders if _overlap(port, other)), None)
        if holder is None:
            if host.is_local and _is_port_taken(port):
                yield _taken(one, port, "another program of this machine", "Stop it")
        elif holder["Names"][0].lstrip("/") not in own:
            name = holder["Names"][0].lstrip("/")
            is_ours = (holder.get("Labels") or {}).get(LABEL_PROJECT) == args.project
            whose = "of this project, which this run does not change" if is_ours else "outside of this project"
            yield _taken(one, port, f"the container {name} {whose}", f"Stop it (`docker stop {name}`)")


def _fixed_ports(body: Mapping[str, Any]) -> Iterator[_Published]:
    """The ports of the host that a ContainerCreate body publishes; a range leaves the choice to the engine."""
    for target, bindings in ((body.get("HostConfig") or {}).get("PortBindings") or {}).items():
        protocol = target.partition("/")[2] or "tcp"
        for binding in bindings:
            if str(binding.get("HostPort") or "").isdigit() and int(binding["HostPort"]):
                yield _Published(int(binding["HostPort"]), protocol, binding.get("HostIp") or "")


def _published(entry: Mapping[str, Any]) -> Iterator[_Published]:
    for port in entry.get("Ports") or ():
        if port.get("PublicPort"):
            yield _Published(int(port["PublicPort"]), str(port["Type"]), port.get("IP") or "")


def _overlap(one: _Published, other: _Published) -> bool:
    is_everywhere = one.ip in _EVERYWHERE or other.ip in _EVERYWHERE
    return one[:2] == other[:2] and (is_everywhere or one.ip == other.ip)


def _is_port_taken(port: _Published) -> bool:
    from phlo.hosts.ports import is_port_taken

    return is_port_taken(port.port, port.protocol, port.ip)


def _taken(one: container.Args, port: _Published, by: str, stop: str) -> Problem:
    address = f"{port.ip}:{port.port}" if port.ip else str(port.port)
    return Problem(
        service=one.service,
        what=f"the host port {address}/{port.protocol} is taken by {by}",
        fix=f"{stop}, or set `services.{one.service}.port` in phlo.yaml.",
    )


# -- containers and folders ------------------------------------------------------------------------------------


def _owner_problems(one: container.Args, seen: container.Seen) -> Iterator[Problem]:
    ours = {owner.name for owner in one.owners}
    for name in sorted(owner_names(one.body) - ours - set(seen.owners)):
        what = f'there is no container "{name}", whose namespace or volumes it uses'
        yield Problem(service=one.service, what=what, fix="Start that container first.")


def _mount_problems(one: container.Args, host: ReadHost) -> Iterator[Problem]:
    """Folders and files that have to be on the host, where phlo sees the same ones as the engine."""
    mounts = (one.body.get("HostConfig") or {}).get("Mounts") or ()
    sources = [mount["Source"] for mount in mounts if mount["Type"] == "bind" and not _is_made(mount)]
    missing = [source for source in sources if not os.path.exists(source)]
    if not missing or not host.is_local or not os.path.isdir(host.engine.get("/info")["DockerRootDir"]):
        return
    for source in missing:
        what = f"the path {source}, which it mounts, is not on the host"
        yield Problem(service=one.service, what=what, fix="Create it, or remove it from the service's `volumes`.")


def _is_made(mount: Mapping[str, Any]) -> bool:
    """Whether the engine makes a missing folder."""
    return bool((mount.get("BindOptions") or {}).get("CreateMountpoint"))
