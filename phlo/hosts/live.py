"""The containers of a project as they are now on a host."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.engine_reader import EngineReader
from phlo.label_values import label_texts
from phlo.labels import (
    ENDED_BY_STOP,
    LABEL_CAUSES,
    LABEL_INSTANCE,
    LABEL_MAY_END,
    LABEL_ONE_OFF,
    LABEL_ONE_SHOT,
    LABEL_PROJECT,
    LABEL_REFERENCE,
    LABEL_RUN,
    LABEL_SERVICE,
    LABEL_TASK,
    SET_ASIDE,
    STOPPED_POLICY,
    is_set_aside,
)
from phlo.published import Published

_HEALTH = re.compile(r"\((?:health: )?(healthy|unhealthy|starting)\)")
_EXIT = re.compile(r"^Exited \((-?\d+)\)")
_PARENTHESIS = re.compile(r"(Exited )?\([^)]*\) ?")

_EVERYWHERE = ("0.0.0.0", "::", "", None)  # noqa: S104 - what the engine answers, not where anything listens


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePort:
    """A port a container publishes. ip: the host's address, empty when it is on all of them."""

    published: int
    target: int
    protocol: str = "tcp"
    ip: str = ""

    @property
    def text(self) -> Published:
        """The port as it is printed."""
        return Published(str(self.published), str(self.target), self.protocol, self.ip)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveContainer:
    """A container that carries a project's label.

    state:  as Docker says it: created, running, paused, restarting, removing, exited, dead.
    health: healthy, unhealthy, starting, or None without a health check (or when it does not run).
    since:  Docker's own words for how long it has been so, e.g. `Up 3 minutes`, `2 hours ago`.
    may_end: an end with status 0 means that its work is done.
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
    may_end: bool = False
    made_at: float = 0.0
    made_by: str = ""
    made_for: tuple[str, ...] = ()

    @property
    def is_running(self) -> bool:
        return self.state == "running"

    @property
    def is_done(self) -> bool:
        """Whether it has ended well and has no more work to do."""
        return self.state == "exited" and self.exit_code == 0 and (self.is_one_shot or self.may_end)

    @property
    def has_failed(self) -> bool:
        """Whether it has ended with an exit status that shows a failure, and not that it was stopped."""
        code = self.exit_code
        if self.state != "exited" or not code:
            return self.state == "dead"
        return self.is_one_shot or code not in ENDED_BY_STOP


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A container that was replaced and is kept for a rollback, or the previous version of a cluster's service.

    name:        the name it had, and that its successor has. kept: its name now; "" for a service of a cluster.
    orchestrator: of a service of a cluster what runs it there.
    made_by:     the run that made it, "" when unknown. replaced_by: the run that put another in its place.
    """

    host: str
    service: str
    instance: int
    name: str
    kept: str = ""
    made_by: str
    replaced_by: str
    orchestrator: str = ""


def kept_containers(engine: EngineReader, project: str, *, host: str) -> list[Kept]:
    """The containers of a project that a host keeps for a rollback, by service and instance."""
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
                    instance=int(instance) if instance.isdecimal() else 1,
                    name=name,
                    kept=kept,
                    made_by=labels.get(LABEL_RUN, ""),
                    replaced_by=run,
                )
            )
    return sorted(found, key=lambda one: (one.service, one.instance))


def runs_on(engine: EngineReader, project: str) -> set[str]:
    """The runs that made something of a project's on a host, or replaced it: containers, and services of a cluster."""
    mine = {"label": [f"{LABEL_PROJECT}={project}"]}
    found: set[str] = set()
    for entry in engine.get("/containers/json", all=True, filters=mine):
        found |= {entry["Labels"].get(LABEL_RUN, ""), entry["Names"][0].partition(SET_ASIDE)[2]}
        if LABEL_TASK in entry["Labels"]:
            services = engine.get("/services", filters=mine)
            found |= {(one["Spec"].get("Labels") or {}).get(LABEL_RUN, "") for one in services}
    return found - {""}


def live_containers(
    engine: EngineReader, project: str, *, host: str, services: Collection[str] = ()
) -> list[LiveContainer]:
    """The project's containers on a host, by service and instance; not those that are kept for a rollback, nor
    one-off containers (`phlo run-once`).

    services: only these; empty: all.
    """
    found = engine.get("/containers/json", all=True, filters={"label": [f"{LABEL_PROJECT}={project}"]})
    containers = [
        _container(entry, host, engine)
        for entry in found
        if not is_set_aside(entry["Names"][0]) and not _is_spent_task(entry) and LABEL_ONE_OFF not in entry["Labels"]
    ]
    return sorted(
        (one for one in containers if not services or one.service in services),
        key=lambda one: (one.service, one.instance, one.name),
    )


def _is_spent_task(entry: Mapping[str, Any]) -> bool:
    """Whether a container is what an orchestrator has left of a task that another one has replaced."""
    labels = entry["Labels"]
    return LABEL_TASK in labels and entry["State"] != "running" and LABEL_ONE_SHOT not in labels


def _instance(labels: Mapping[str, str]) -> int:
    """Its number; of an orchestrator's task `web.2.x3f...` that of its slot."""
    text = labels.get(LABEL_INSTANCE) or labels.get(LABEL_TASK, "").split(".")[1:2] or "1"
    number = text if isinstance(text, str) else text[0]
    return int(number) if number.isdecimal() else 1


def _may_end(entry: Mapping[str, Any], engine: EngineReader) -> bool:
    """Whether an end with status 0 means that its work is done. A list does not have the mark of `phlo stop`."""
    if LABEL_MAY_END not in (entry.get("Labels") or {}):
        return False
    found = engine.get_or_none(f"/containers/{entry['Id']}/json") if entry["State"] == "exited" else None
    policy = ((found or {}).get("HostConfig") or {}).get("RestartPolicy") or {}
    return bool(policy.get("Name") != STOPPED_POLICY)


def _container(entry: Mapping[str, Any], host: str, engine: EngineReader) -> LiveContainer:
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
        may_end=_may_end(entry, engine),
        made_at=float(entry.get("Created", 0)),
        made_by=labels.get(LABEL_RUN, ""),
        made_for=label_texts(labels, LABEL_CAUSES),
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
