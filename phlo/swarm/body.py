"""A service as a Docker Swarm wants it: the body of ServiceCreate (Engine API, `ServiceSpec`).

Pure, and the same for the same service. The process, its limits and mounts are those of a container's body; what the
Swarm adds is how many there are, where, how they are published and how one version follows another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from phlo.compose.attributes import SWARM_PATHS
from phlo.compose.engine.column import value_at
from phlo.compose.engine.mounts import mount_body
from phlo.compose.engine.process import SECOND
from phlo.labels import LABEL_ONE_SHOT, LABEL_PROJECT, LABEL_SERVICE
from phlo.plan.container_body import container_body

if TYPE_CHECKING:
    from phlo.compose.model import ComposeService, Update
    from phlo.config.project import Placement, ResolvedService

_CONDITIONS = {"no": "none", "on-failure": "on-failure"}
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 (in a container)
_PUBLISH = {"mesh": "ingress", "host": "host"}


def swarm_body(
    service: ResolvedService,
    place: Placement,
    *,
    project: str,
    name: str,
    volume_names: Mapping[str, str],
    network_names: Mapping[str, str],
) -> dict[str, Any]:
    """The body of ServiceCreate without image, files and the run's label; Secrets inside."""
    compose = service.compose
    labels = {LABEL_PROJECT: project, LABEL_SERVICE: service.name}
    body: dict[str, Any] = {
        "Name": name,
        "Labels": {**compose.in_swarm.labels, **labels},
        "TaskTemplate": _task(service, place, labels, volume_names, network_names),
        "Mode": _mode(service),
        "EndpointSpec": _endpoint(compose, place),
    }
    if not service.one_shot:
        count = len(place.nodes) if compose.in_swarm.is_global else service.scale
        body["UpdateConfig"] = _rollout(compose.update, count, "continue" if compose.update.goes_on else "rollback")
        body["RollbackConfig"] = _rollout(compose.in_swarm.rollback or compose.update, count, "pause")
    return body


def _task(
    service: ResolvedService,
    place: Placement,
    labels: Mapping[str, str],
    volume_names: Mapping[str, str],
    network_names: Mapping[str, str],
) -> dict[str, Any]:
    compose = service.compose
    body = container_body(compose, volume_names=volume_names, network_names=network_names)
    same = _same(body)
    process = same.get("ContainerSpec", {})
    one_shot = {LABEL_ONE_SHOT: "true"} if service.one_shot else {}
    process["Labels"] = {**body.get("Labels", {}), **labels, **one_shot}
    if compose.stop_grace_period is not None:
        process["StopGracePeriod"] = compose.stop_grace_period
    if mounts := _mounts(compose, volume_names):
        process["Mounts"] = mounts
    if compose.extra_hosts:  # as in /etc/hosts: the address comes first
        pairs = (entry.partition(":")[::2] for entry in compose.extra_hosts)
        process["Hosts"] = [f"{address.strip('[]')} {name}" for name, address in pairs]
    task: dict[str, Any] = {
        "ContainerSpec": process,
        "Resources": _resources(compose, same.get("Resources", {})),
        "RestartPolicy": _restart(service),
        "Placement": _placement(compose, place),
        "Networks": [
            {"Target": network_names[joined.key], "Aliases": sorted({service.name, *joined.aliases})}
            for joined in compose.networks
        ],
    }
    if logging := compose.logging:
        task["LogDriver"] = {"Name": logging.driver or "", "Options": dict(sorted(logging.options.items()))}
    return task


def _mounts(compose: ComposeService, volume_names: Mapping[str, str]) -> list[dict[str, Any]]:
    found = [mount_body(mount, volume_names) for mount in compose.volumes]
    # Options of a mount point (`size=64m`) are the tmpfs driver's own.
    for target, options in compose.tmpfs.items():
        given = [option.partition("=")[::2] for option in options.split(",") if option]
        found.append({"Type": "tmpfs", "Target": target, **({"TmpfsOptions": _tmpfs(given)} if given else {})})
    if compose.shm_size is not None:  # for which a Swarm has no other word
        found = [mount for mount in found if mount["Target"] != _SHARED_MEMORY]
        found.append({"Type": "tmpfs", "Target": _SHARED_MEMORY, "TmpfsOptions": {"SizeBytes": compose.shm_size}})
    return sorted(found, key=lambda mount: str(mount["Target"]))


def _tmpfs(options: list[tuple[str, str]]) -> dict[str, int]:
    units = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
    found = {}
    for name, value in options:
        if name == "size":
            found["SizeBytes"] = int(value.rstrip("kmgKMG")) * units.get(value[-1:].lower(), 1)
        elif name == "mode":
            found["Mode"] = int(value, 8)
    return found


def _same(body: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a Swarm service has in the same form as a container, placed as in the TaskTemplate."""
    task: dict[str, Any] = {}
    for theirs, ours in SWARM_PATHS.items():
        value = value_at(body, ours)
        if value is not None:
            *places, key = theirs.split(".")
            inside = task
            for place in places:
                inside = inside.setdefault(place, {})
            inside[key] = value
    process = task.get("ContainerSpec", {})
    if process.get("Command") == []:  # a Swarm takes an empty list for none; this clears the image's entry point
        process["Command"] = [""]
    return task


def _resources(compose: ComposeService, given: Mapping[str, Any]) -> dict[str, Any]:
    reserved = compose.in_swarm.reserved_cpus
    kept = {"NanoCPUs": round(reserved * SECOND) if reserved else None, **given.get("Reservations", {})}
    return {"Limits": given.get("Limits", {}), "Reservations": _given(kept)}


def _restart(service: ResolvedService) -> dict[str, Any]:
    """A Swarm starts again what ended, unless told otherwise; what runs to completion only when asked to."""
    restart, given = service.compose.restart, service.compose.in_swarm
    name = restart.name if restart else "no" if service.one_shot else "always"
    condition = "none" if service.one_shot and name != "on-failure" else _CONDITIONS.get(name, "any")
    attempts = restart.max_retries if restart else 0
    timing = {"Delay": given.restart_delay, "Window": given.restart_window, "MaxAttempts": attempts or None}
    return {"Condition": condition, **_given(timing)}


def _placement(compose: ComposeService, place: Placement) -> dict[str, Any]:
    given = compose.in_swarm
    return _given(
        {
            "Constraints": sorted({*place.constraints, *given.constraints}) or None,
            "Preferences": [{"Spread": {"SpreadDescriptor": label}} for label in given.spread] or None,
            "MaxReplicas": given.max_per_node or None,
        }
    )


def _mode(service: ResolvedService) -> dict[str, Any]:
    is_global = service.compose.in_swarm.is_global
    if service.one_shot:
        jobs = {"MaxConcurrent": service.scale, "TotalCompletions": service.scale}
        return {"GlobalJob": {}} if is_global else {"ReplicatedJob": jobs}
    return {"Global": {}} if is_global else {"Replicated": {"Replicas": service.scale}}


def _endpoint(compose: ComposeService, place: Placement) -> dict[str, Any]:
    """Virtual address and routing mesh; where there is no mesh, names that resolve to all tasks, and hosts' ports."""
    is_mesh = place.publish == "mesh"
    ports = [
        {
            "Protocol": port.protocol,
            "TargetPort": port.target,
            "PublishedPort": int(port.published) if port.published else None,
            "PublishMode": port.mode or _PUBLISH[place.publish],
        }
        for port in sorted(compose.ports, key=lambda port: (port.target, port.protocol, port.published or ""))
    ]
    mode = compose.in_swarm.endpoint_mode or ("vip" if is_mesh else "dnsrr")
    return {"Mode": mode, **({"Ports": [_given(port) for port in ports]} if ports else {})}


def _rollout(update: Update, count: int, on_failure: str) -> dict[str, Any]:
    ratio = update.max_failure_ratio if update.max_failures is None else update.max_failures / max(count, 1)
    found = {
        "Parallelism": update.parallelism,
        "Delay": round(update.delay_seconds * SECOND),
        "FailureAction": on_failure,
        "MaxFailureRatio": min(ratio, 1.0),
        "Order": "start-first" if update.starts_first else "stop-first",
    }
    if update.monitor_seconds is not None:
        found["Monitor"] = round(update.monitor_seconds * SECOND)
    return found


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
