"""What a Swarm service is, as flat facts in the user's words: used to compare the desired and the current state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.compose.attributes import SWARM_PATHS
from phlo.compose.engine.column import value_at
from phlo.compose.engine.fact import Fact, Facts, duration
from phlo.labels import LABEL_REFERENCE, OWN_LABELS
from phlo.operations.container_facts import container_facts
from phlo.operations.drift import phrase

_SECOND = 1_000_000_000


def differences(wanted: Mapping[str, Any], there: Mapping[str, Any], networks: Mapping[str, str]) -> tuple[str, ...]:
    """How a service differs from what is asked for, a cause each. networks: id -> name."""
    asked, found = service_facts(wanted, networks), service_facts(there, networks)
    return tuple(
        phrase(term, asked.get(term), found.get(term))
        for term in sorted({*asked, *found})
        if not (term in asked and term in found and asked[term].value == found[term].value)
    )


def stops_tasks(wanted: Mapping[str, Any], there: Mapping[str, Any], networks: Mapping[str, str]) -> bool:
    """Whether tasks stop when a service becomes what is asked for: each is replaced, or there are to be fewer."""
    apart = ("Labels", "Mode", "UpdateConfig", "RollbackConfig")
    alike = {**wanted, **{key: there.get(key) for key in apart}}
    fewer = _replicas(wanted) < _replicas(there)
    return fewer or bool(differences(alike, there, networks))


def _replicas(spec: Mapping[str, Any]) -> int:
    return int((spec["Mode"].get("Replicated") or {}).get("Replicas", 0))


def service_facts(spec: Mapping[str, Any], networks: Mapping[str, str]) -> dict[str, Fact]:
    """The facts of a service. spec: its `Spec`, or the body."""
    task = spec["TaskTemplate"]
    process = task["ContainerSpec"]
    container = _as_container(task)
    facts = container_facts(container, container["HostConfig"])
    if image := process.get("Image"):
        name = (process.get("Labels") or {}).get(LABEL_REFERENCE, "")
        facts["image"] = Fact(image, f"{name} ({image.removeprefix('sha256:')[:12]})")
    facts.update(_files(process))
    facts.update(_scheduling(spec, task))
    facts.update(_networks(task, networks))
    facts.update(_ports(spec))
    for key, term in (("UpdateConfig", "update"), ("RollbackConfig", "rollback")):
        facts.update(_rollout(term, spec.get(key) or {}))
    for name, value in (spec.get("Labels") or {}).items():
        if name not in OWN_LABELS:
            facts[f"deploy.labels.{name}"] = Fact(value, value)
    return facts


def _as_container(task: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a container, from a TaskTemplate."""
    process, log = task["ContainerSpec"], task.get("LogDriver") or {}
    found: dict[str, Any] = {"Labels": process.get("Labels")}
    host = {
        "ExtraHosts": [":".join(reversed(entry.split(" ", 1))) for entry in process.get("Hosts") or ()],
        "Mounts": process.get("Mounts"),
        "LogConfig": {"Type": log.get("Name") or "", "Config": log.get("Options")},
    }
    for theirs, ours in SWARM_PATHS.items():
        place, _, key = ours.rpartition(".")
        (host if place else found)[key] = value_at(task, theirs)
    if process.get("StopGracePeriod") is not None:
        found["StopTimeout"] = -(-process["StopGracePeriod"] // _SECOND)
    return {**found, "HostConfig": host}


def _files(process: Mapping[str, Any]) -> Facts:
    """Configs and secrets by their path; their names stand for their content."""
    for kind in ("Config", "Secret"):
        for item in process.get(f"{kind}s") or ():
            file = item["File"]
            yield f"files.{file['Name']}", Fact((kind, item[f"{kind}Name"], file["UID"], file["GID"], file["Mode"]))


def _scheduling(spec: Mapping[str, Any], task: Mapping[str, Any]) -> Facts:
    (mode, details), *_ = spec["Mode"].items()
    yield "mode", Fact(mode, {"ReplicatedJob": "one-shot", "GlobalJob": "global one-shot"}.get(mode, mode.lower()))
    for key in ("Replicas", "TotalCompletions"):
        if key in (details or {}):
            yield "replicas", Fact(details[key], str(details[key]))
    placement = task.get("Placement") or {}
    if constraints := sorted(placement.get("Constraints") or ()):
        yield "placement", Fact(tuple(constraints), ", ".join(constraints))
    if spread := [item["Spread"]["SpreadDescriptor"] for item in placement.get("Preferences") or ()]:
        yield "placement.preferences", Fact(tuple(spread), ", ".join(spread))
    if most := placement.get("MaxReplicas"):
        yield "placement.max_replicas_per_node", Fact(most, str(most))
    if cpus := ((task.get("Resources") or {}).get("Reservations") or {}).get("NanoCPUs"):
        yield "cpu reservation", Fact(cpus, f"{cpus / _SECOND:g}")
    restart = task.get("RestartPolicy") or {}
    condition, attempts = restart.get("Condition", "any"), restart.get("MaxAttempts") or 0
    yield "restart", Fact((condition, attempts), condition + (f":{attempts}" if attempts else ""))
    for key, term in (("Delay", "restart.delay"), ("Window", "restart.window")):
        if restart.get(key) is not None:
            yield term, Fact(restart[key], duration(restart[key]))


def _networks(task: Mapping[str, Any], names: Mapping[str, str]) -> Facts:
    for item in task.get("Networks") or ():
        aliases = tuple(sorted(item.get("Aliases") or ()))
        yield f"networks.{names.get(item['Target'], item['Target'])}", Fact(aliases)


def _ports(spec: Mapping[str, Any]) -> Facts:
    endpoint = spec.get("EndpointSpec") or {}
    yield "endpoint_mode", Fact(endpoint.get("Mode", "vip"), endpoint.get("Mode", "vip"))
    found: dict[str, list[str]] = {}
    for port in endpoint.get("Ports") or ():
        published = f"{port.get('PublishedPort') or 'any free port'} ({port.get('PublishMode', 'ingress')})"
        found.setdefault(f"{port['TargetPort']}/{port['Protocol']}", []).append(published)
    for name, bindings in found.items():
        yield f"ports.{name}", Fact(tuple(sorted(bindings)), ", ".join(sorted(bindings)))


def _rollout(term: str, config: Mapping[str, Any]) -> Facts:
    for key, word in _WORDS.items():
        value = config.get(key)
        if value is None or (key == "Delay" and not value):  # which the engine leaves out
            continue
        if key == "MaxFailureRatio":  # which the Swarm keeps as a number of 32 bits
            value = round(value, 4)
        yield f"{term}.{word}", Fact(value, duration(value) if key in ("Delay", "Monitor") else str(value))


_WORDS = {
    "Parallelism": "parallelism",
    "Delay": "delay",
    "Monitor": "monitor",
    "FailureAction": "failure_action",
    "MaxFailureRatio": "max_failure_ratio",
    "Order": "order",
}
