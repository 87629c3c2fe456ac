"""The containers of a project as they are now on a host."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.engine import EngineReader
from phlo.values import (
    LABEL_CAUSES,
    LABEL_INSTANCE,
    LABEL_ONE_SHOT,
    LABEL_PROJECT,
    LABEL_REFERENCE,
    LABEL_RUN,
    LABEL_SERVICE,
    SET_ASIDE,
    is_set_aside,
)

_HEALTH = re.compile(r"\((?:health: )?(healthy|unhealthy|starting)\)")
_EXIT = re.compile(r"^Exited \((-?\d+)\)")
_PARENTHESIS = re.compile(r"(Exited )?\([^)]*\) ?")

_LABEL_TASK = "com.docker.swarm.task.name"
_EVERYWHERE = ("0.0.0.0", "::", "", None)  # noqa: S104 - what the engine answers, not where anything listens


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePort:
    """A port a container publishes. ip: the host's address, empty when it is on all of them."""

    published: int
    target: int
    protocol: str = "tcp"
    ip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveContainer:
    """A container that carries a project's label.

    state:  as Docker says it: created, running, paused, restarting, removing, exited, dead.
    health: healthy, unhealthy, starting, or None without a health check (or when it does not run).
    since:  Docker's own words for how long it has been so, e.g. `Up 3 minutes`, `2 hours ago`.
    made_at:  when it was made, in seconds since the epoch. made_by: the run that made it, "" when unknown.
    made_for: why it was made, as the run's plan had it.
    """

    id: str
    name: str
    host: str
    service: str
    instance: int
    state: str
    health: str | None
    exit_code: int | None
    since: str
    image: str
    ports: tuple[LivePort, ...] = ()
    is_one_shot: bool = False
    made_at: float = 0.0
    made_by: str = ""
    made_for: tuple[str, ...] = ()

    @property
    def is_running(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A container that was replaced and is kept to go back to, or the version before of a Swarm's service.

    name:        the name it had, and that its successor has. kept: its name now; "" for a service of a Swarm.
    made_by:     the run that made it, "" when unknown. replaced_by: the run that put another in its place.
    """

    host: str
    service: str
    instance: int
    name: str
    kept: str
    made_by: str
    replaced_by: str


def kept_containers(engine: EngineReader, project: str, *, host: str) -> list[Kept]:
    """The containers of a project that a host keeps to go back to, by service and instance."""
    listed = engine.get("/containers/json", all=True, filters={"label": [f"{LABEL_PROJECT}={project}"]})
    found = []
    for entry in listed:
        kept, labels = entry["Names"][0].lstrip("/"), entry["Labels"]
        name, is_one, run = kept.partition(SET_ASIDE)
        if is_one:
            instance = labels.get(LABEL_INSTANCE, "1")
            found.append(
                Kept(
                    host=host,
                    service=labels.get(LABEL_SERVICE, ""),
                    instance=int(instance) if instance.isdigit() else 1,
                    name=name,
                    kept=kept,
                    made_by=labels.get(LABEL_RUN, ""),
                    replaced_by=run,
                )
            )
    return sorted(found, key=lambda one: (one.service, one.instance))


def live_containers(
    engine: EngineReader, project: str, *, host: str, services: Collection[str] = ()
) -> list[LiveContainer]:
    """The project's containers on a host, by service and instance; not those that are kept to go back to.

    services: only these; empty: all.
    """
    found = engine.get("/containers/json", all=True, filters={"label": [f"{LABEL_PROJECT}={project}"]})
    containers = [
        _container(entry, host) for entry in found if not is_set_aside(entry["Names"][0]) and not _is_spent_task(entry)
    ]
    return sorted(
        (one for one in containers if not services or one.service in services),
        key=lambda one: (one.service, one.instance, one.name),
    )


def _is_spent_task(entry: Mapping[str, Any]) -> bool:
    """Whether a container is what a Swarm has left of a task that another one has taken the place of."""
    labels = entry["Labels"]
    return _LABEL_TASK in labels and entry["State"] != "running" and LABEL_ONE_SHOT not in labels


def _instance(labels: Mapping[str, str]) -> int:
    """Its number; of a Swarm's task `web.2.x3f...` that of its slot."""
    text = labels.get(LABEL_INSTANCE) or labels.get(_LABEL_TASK, "").split(".")[1:2] or "1"
    number = text if isinstance(text, str) else text[0]
    return int(number) if number.isdigit() else 1


def _container(entry: Mapping[str, Any], host: str) -> LiveContainer:
    labels, status = entry.get("Labels") or {}, str(entry.get("Status", ""))
    health, code = _HEALTH.search(status), _EXIT.search(status)
    return LiveContainer(
        id=entry["Id"],
        name=entry["Names"][0].lstrip("/"),
        host=host,
        service=labels.get(LABEL_SERVICE, ""),
        instance=_instance(labels),
        state=entry["State"],
        health=health[1] if health else None,
        exit_code=int(code[1]) if code else None,
        since=_PARENTHESIS.sub("", status).strip(),
        image=labels.get(LABEL_REFERENCE) or entry["Image"],
        ports=_ports(entry.get("Ports") or ()),
        is_one_shot=LABEL_ONE_SHOT in labels,
        made_at=float(entry.get("Created", 0)),
        made_by=labels.get(LABEL_RUN, ""),
        made_for=tuple(json.loads(labels.get(LABEL_CAUSES) or "[]")),
    )


def _ports(entries: Collection[Mapping[str, Any]]) -> tuple[LivePort, ...]:
    """Published ports; one that is on IPv4 and IPv6 alike counts once."""
    found = {
        LivePort(
            published=entry["PublicPort"],
            target=entry["PrivatePort"],
            protocol=entry["Type"],
            ip="" if entry.get("IP") in _EVERYWHERE else entry["IP"],
        )
        for entry in entries
        if "PublicPort" in entry
    }
    return tuple(sorted(found, key=lambda port: (port.published, port.protocol, port.ip)))
