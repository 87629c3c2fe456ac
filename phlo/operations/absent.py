"""Remove a project's containers, networks or volumes. Only `kind: volumes` and `with_volumes` remove data."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from phlo.errors import EngineError
from phlo.frozen import dataclass, field
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.labels import LABEL_INSTANCE, LABEL_MOUNT, LABEL_ONE_SHOT, LABEL_PROJECT, LABEL_SERVICE
from phlo.operations.container.anonymous import unnamed_volumes
from phlo.operations.container.apply import remove_seen
from phlo.operations.hook import AroundStop, stop
from phlo.operations.protection import NO_PROTECTION, Protection
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """kind: containers (of `service`, or of all services but `others`), networks or volumes (all but `others`).

    with_volumes: with the containers go the volumes whose names the engine made up, which no label leads back to.
    scales: service -> its instances on this host. Anonymous volumes of services in `staying` are kept for their next
        containers, except those of instances beyond this number.
    protection: the volumes that are not removed.

    staying: services whose containers stay with the networks and volumes that they use, as do those of strangers; None:
        nothing stays for being used.
    around_stop: the service's hooks, run when a container of it that runs is stopped.
    """

    kind: str
    project: str
    service: str | None = None
    others: frozenset[str] = frozenset()
    staying: frozenset[str] | None = None
    with_volumes: bool = False
    scales: Mapping[str, int] = field(default_factory=dict)
    protection: Protection = NO_PROTECTION
    cause: str = "asked for"
    around_stop: AroundStop = AroundStop()


# What an engine answers about a network and about a volume that something uses.
IN_USE = (403, 409)
RELEASED_WITHIN_SECONDS = 15.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0

Seen = tuple[Mapping[str, Any], ...]


def are_independent(args: Args) -> bool:
    """Whether the changes may be made side by side: containers, unless hooks have to run around their stops."""
    return args.kind == "containers" and not args.with_volumes and not args.around_stop.has_hooks


def observe(args: Args, host: ReadHost) -> Seen:
    """What of this kind carries the project's labels."""
    labels = [f"{LABEL_PROJECT}={args.project}"]
    if args.service is not None:
        labels.append(f"{LABEL_SERVICE}={args.service}")
    if args.kind == "containers":
        found = host.engine.get("/containers/json", all=True, filters={"label": labels})
        return tuple(one for one in found if one["Labels"].get(LABEL_SERVICE) not in args.others)
    if args.kind == "networks":
        things = host.engine.get("/networks", filters={"label": labels})
    else:
        things = host.engine.get("/volumes", filters={"label": labels})["Volumes"] or ()
    kept = args.others | _in_use(args, host)
    return tuple(one for one in things if one["Name"] not in kept and not _is_expected(args, one))


def _is_expected(args: Args, volume: Mapping[str, Any]) -> bool:
    """Whether it is an anonymous volume that the next container of a service mounts again."""
    labels = volume.get("Labels") or {}
    service, instance = labels.get(LABEL_SERVICE), labels.get(LABEL_INSTANCE, "")
    if args.kind != "volumes" or args.staying is None or LABEL_MOUNT not in labels or service not in args.staying:
        return False
    return not instance.isdigit() or int(instance) <= args.scales.get(str(service), int(instance))


def _in_use(args: Args, host: ReadHost) -> frozenset[str]:
    """The networks, or volumes, of containers that stay."""
    if args.staying is None:
        return frozenset()
    found: set[str] = set()
    for entry in host.engine.get("/containers/json", all=True):
        labels = entry["Labels"] or {}
        if labels.get(LABEL_PROJECT) == args.project and labels.get(LABEL_SERVICE) not in args.staying:
            continue
        if args.kind == "networks":
            found.update(entry["NetworkSettings"]["Networks"])
        else:
            found.update(mount["Name"] for mount in entry["Mounts"] if mount.get("Name"))
    return frozenset(found)


def decide(args: Args, seen: Seen) -> list[Change]:
    if args.kind == "containers":
        # What does not run goes first: it takes no time, and nobody waits for it.
        ordered = sorted(seen, key=lambda found: (found["State"] != "exited", found["Names"][0]))
        named = [(found["Names"][0].lstrip("/"), found["Id"]) for found in ordered]
        hooks = args.around_stop.changes() if any(_is_at_work(found) for found in seen) else []
    else:
        named = sorted(
            (found["Name"], found.get("Id", found["Name"])) for found in seen if not _is_protected(args, found)
        )
        hooks = []
    kind = args.kind.removesuffix("s")
    return [
        *hooks,
        *(Change(at=f"{kind}:{name}", verb="remove", causes=(args.cause,), data=key) for name, key in named),
        *(_unnamed(seen) if args.with_volumes and args.kind == "containers" else ()),
        *(_kept(found["Name"], args.protection) for found in seen if _is_protected(args, found)),
    ]


def _is_protected(args: Args, found: Mapping[str, Any]) -> bool:
    return args.kind == "volumes" and args.protection.covers(found["Name"], found.get("Labels"))


def _kept(volume: str, protection: Protection) -> Change:
    causes = ("it is protected", f"--unprotect {protection.key(volume)} removes it")
    return Change(at=f"volume:{volume}", verb="keep", causes=causes, is_counted=False)


def _unnamed(seen: Seen) -> Iterator[Change]:
    """Removals of volumes whose names the engine made up; several containers may share one."""
    users = {volume: found["Names"][0].lstrip("/") for found in seen for volume in unnamed_volumes(found)}
    for volume, container in sorted(users.items()):
        yield Change(at=f"volume:{volume}", verb="remove", causes=(f"anonymous volume of {container}",), data=volume)


def _is_at_work(found: Mapping[str, Any]) -> bool:
    """Whether a container, as listed, runs and is no one-shot."""
    return found["State"] in ("running", "paused", "restarting") and LABEL_ONE_SHOT not in found["Labels"]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """Stop and remove one; one that is gone already is fine. A container's volumes stay.

    A network or volume that was in use by a container of the project until just now may need a moment.
    """
    if change.verb in ("run", "keep"):  # a hook is run by the change that stops the container
        return
    kind = "volumes" if change.at.startswith("volume:") else args.kind
    if kind == "containers":
        found = next(one for one in seen if one["Id"] == change.data)
        if _is_at_work(found):
            args.around_stop.stop(change.data, host)
        else:
            stop(host.engine, change.data, args.around_stop.grace_seconds)
        remove_seen(host.engine, change.data, found["Labels"] or {}, found["Mounts"])
        return
    deadline, pause = time.monotonic() + RELEASED_WITHIN_SECONDS, FIRST_PAUSE_SECONDS
    while True:
        try:
            host.engine.delete(f"/{kind}/{path_part(change.data)}")
            return
        except EngineError as error:
            if error.status == 404:
                return
            users = _users(args, kind, change.data, host)
            if error.status not in IN_USE or users or time.monotonic() > deadline:
                error.fix = _let_go(users, host)
                raise
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _let_go(users: list[str], host: Host) -> str:
    """What can be done about a network or volume that the engine does not remove."""
    if users:
        return f"It is used by {', '.join(users)}: see `docker ps -a` on {host.name}, then run the same command again."
    return (
        f"No container on {host.name} uses it: the engine has lost count. It counts again when it is restarted, then "
        "run the same command again; until then what is left of it holds nothing and does no harm."
    )


def _users(args: Args, kind: str, name: str, host: Host) -> list[str]:
    """Containers of others that use a network or a volume.

    What is gone, and has not let go of a network, is cut off from it: a loaded engine removes a container first and its
    traces later, and one that was killed in between never does.
    """
    listed = host.engine.get("/containers/json", all=True)
    there = {entry["Id"] for entry in listed}
    strangers = {
        entry["Id"]: entry["Names"][0].lstrip("/")
        for entry in listed
        if (entry["Labels"] or {}).get(LABEL_PROJECT) != args.project
    }
    if kind == "volumes":
        mounts = {entry["Id"]: [mount.get("Name") for mount in entry["Mounts"]] for entry in listed}
        return sorted(stranger for identity, stranger in strangers.items() if name in mounts[identity])
    network = host.engine.get_or_none(f"/networks/{path_part(name)}") or {}
    endpoints = network.get("Containers") or {}
    for identity, endpoint in endpoints.items():
        if identity not in there:
            _disconnect(host.engine, name, endpoint["Name"])
    return sorted(strangers[identity] for identity in endpoints if identity in strangers)


def _disconnect(engine: Engine, network: str, container: str) -> None:
    try:
        engine.post(f"/networks/{path_part(network)}/disconnect", {"Container": container, "Force": True})
    except EngineError as error:
        if error.status not in (403, 404, 500):  # it has let go by itself
            raise
