"""Create a Docker network with these options, exactly once: an engine may have two of one name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import EngineError, OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.engine import Engine
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.host import Host, ReadHost
from phlo.labels import LABEL_CONFIG_HASH, LABEL_PROJECT
from phlo.operations.fields import injected
from phlo.operations.resource_drift import network_differences, options_hash
from phlo.values import Change

IPV4_FLAG_API = (1, 47)


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: as Docker knows it. options: the Engine API's body of NetworkCreate without Name.

    is_external: True when somebody else looks after it; then it must be there already.
    """

    name: str
    project: str = injected("project")
    options: Mapping[str, Any] = field(default_factory=dict)
    is_external: bool = False


Seen = tuple[Mapping[str, Any], ...]


def observe(args: Args, host: ReadHost) -> Seen:
    """The networks of this name as the engine's list has them; the one that stays is the first."""
    found = _named(args.name, host.engine)
    if len(found) > 1:  # a list does not say what is on them
        found = [network for one in found if (network := host.engine.get_or_none(f"/networks/{one['Id']}"))]
    return tuple(sorted(found, key=lambda network: (not network.get("Containers"), network.get("Created", ""))))


def decide(args: Args, seen: Seen) -> list[Change]:
    at = f"network:{args.name}"
    if not seen:
        if args.is_external:
            raise OperationError(
                f'the external network "{args.name}" is not there',
                where=at,
                fix=f"Create it (`docker network create {args.name}`), or take `external` out of phlo.yaml.",
            )
        return [Change(at=at, verb="create", causes=("not found",))]
    if args.is_external:
        return []
    first, *twins = seen
    is_ours = _is_ours(first, args)
    causes = network_differences(args.options, first, is_ours=is_ours)
    if causes and not is_ours:
        raise OperationError(
            f'a network "{args.name}" that phlo did not make is there with other options ({"; ".join(causes)})',
            where=at,
            fix="Give the project's network another name (infrastructure.network.name), or mark it external.",
        )
    changes = [
        Change(at=at, verb="remove", causes=("an interrupted run had it made twice",), data=twin["Id"])
        for twin in twins
        if _is_ours(twin, args)
    ]
    return [*changes, Change(at=at, verb="recreate", causes=causes, data=first["Id"])] if causes else changes


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    if change.verb in ("remove", "recreate"):
        for container in host.engine.get(f"/networks/{change.data}")["Containers"] or {}:  # a list does not name them
            host.engine.post(f"/networks/{change.data}/disconnect", {"Container": container, "Force": True})
        _remove(host.engine, change.data)
    if change.verb == "remove":
        return
    if args.options.get("EnableIPv4") is False and host.engine.api < IPV4_FLAG_API:
        raise OperationError(
            "enable_ipv4: false needs a Docker engine with API 1.47",
            where=change.at,
            fix="Update Docker on the host, or take enable_ipv4 out.",
        )
    own = {LABEL_PROJECT: args.project, LABEL_CONFIG_HASH: options_hash(args.options)}
    labels = {**(args.options.get("Labels") or {}), **own}
    body = {**args.options, "Name": args.name, "CheckDuplicate": True, "Labels": labels}
    try:
        made = host.engine.post("/networks/create", body)["Id"]
    except EngineError as error:
        if error.status == 409:  # made by somebody else meanwhile, which is what was wanted
            return
        if "address pool" in error.message or "overlaps" in error.message:
            error.fix = "Remove unused networks (`docker network prune`), or give this one a free subnet."
        raise
    # The engine may still have been at work for a run that was killed, and then has given the name twice.
    for twin in _named(args.name, host.engine):
        if twin["Id"] != made and _is_ours(twin, args):
            _remove(host.engine, twin["Id"])


def _named(name: str, engine: EngineReader) -> list[Mapping[str, Any]]:
    """The networks of this very name; the engine's filter also finds those that have it in theirs."""
    return [network for network in engine.get("/networks", filters={"name": [name]}) if network["Name"] == name]


def _remove(engine: Engine, identity: str) -> None:
    try:
        engine.delete(f"/networks/{identity}")
    except EngineError as error:
        if error.status != 404:
            raise


def _is_ours(network: Mapping[str, Any], args: Args) -> bool:
    return (network.get("Labels") or {}).get(LABEL_PROJECT) == args.project
