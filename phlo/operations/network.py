"""A Docker network that is there, with the options asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import EngineError, OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import given
from phlo.values import LABEL_PROJECT, Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: as Docker knows it. options: the Engine API's body of NetworkCreate without Name.

    is_external: True when somebody else looks after it; then it must be there already.
    """

    name: str
    project: str = given("project")
    options: Mapping[str, Any] = field(default_factory=dict)
    is_external: bool = False


def observe(args: Args, host: ReadHost) -> Mapping[str, Any] | None:
    """The network as the engine's list has it, None when there is none of this name."""
    found: list[Mapping[str, Any]] = host.engine.get("/networks", filters={"name": [args.name]})
    return next((network for network in found if network["Name"] == args.name), None)


def decide(args: Args, seen: Mapping[str, Any] | None) -> list[Change]:
    at = f"network:{args.name}"
    if seen is None:
        if args.is_external:
            raise OperationError(
                f'the external network "{args.name}" is not there',
                where=at,
                fix=f"Create it (`docker network create {args.name}`), or take `external` out of phlo.yaml.",
            )
        return [Change(at=at, verb="create", causes=("not found",))]
    if args.is_external:
        return []
    causes = _differences(args.options, seen)
    if causes and (seen.get("Labels") or {}).get(LABEL_PROJECT) != args.project:
        raise OperationError(
            f'a network "{args.name}" that phlo did not make is there with other options ({"; ".join(causes)})',
            where=at,
            fix="Give the project's network another name (infrastructure.network.name), or mark it external.",
        )
    return [Change(at=at, verb="recreate", causes=causes)] if causes else []


def apply(change: Change, args: Args, seen: Mapping[str, Any] | None, host: Host) -> None:
    if change.verb == "recreate" and seen is not None:
        for container in host.engine.get(f"/networks/{seen['Id']}")["Containers"] or {}:  # a list does not name them
            host.engine.post(f"/networks/{seen['Id']}/disconnect", {"Container": container, "Force": True})
        host.engine.delete(f"/networks/{seen['Id']}")
    labels = {**(args.options.get("Labels") or {}), LABEL_PROJECT: args.project}
    body = {**args.options, "Name": args.name, "CheckDuplicate": True, "Labels": labels}
    try:
        host.engine.post("/networks/create", body)
    except EngineError as error:
        if error.status == 409:  # made by somebody else meanwhile, which is what was wanted
            return
        if "address pool" in error.message or "overlaps" in error.message:
            error.fix = "Remove unused networks (`docker network prune`), or give this one a free subnet."
        raise


def _differences(options: Mapping[str, Any], seen: Mapping[str, Any]) -> tuple[str, ...]:
    """What was asked for and is otherwise; what was not asked for is Docker's to choose."""
    causes = []
    for key, name in (
        ("Driver", "driver"),
        ("Internal", "internal"),
        ("Attachable", "attachable"),
        ("EnableIPv6", "ipv6"),
    ):
        if key in options and options[key] != seen.get(key):
            causes.append(f"{name}: {seen.get(key)} -> {options[key]}")
    for key, wanted in (options.get("Options") or {}).items():
        if (seen.get("Options") or {}).get(key) != wanted:
            causes.append(f"driver_opts.{key}: {(seen.get('Options') or {}).get(key)} -> {wanted}")
    wanted_pools = (options.get("IPAM") or {}).get("Config") or []
    seen_pools = (seen.get("IPAM") or {}).get("Config") or []
    for index, pool in enumerate(wanted_pools):
        there = seen_pools[index] if index < len(seen_pools) else {}
        causes += [
            f"ipam.{key.lower()}: {there.get(key)} -> {value}" for key, value in pool.items() if there.get(key) != value
        ]
    return tuple(causes)
