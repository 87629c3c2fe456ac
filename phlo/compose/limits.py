"""What a container may use: `ulimits`, `devices`, `gpus`, `blkio_config`, `deploy` (Compose specification)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from phlo.compose.kernel import ULIMITS
from phlo.compose.model import BlockIO, Device, DeviceRequest, InSwarm, Restart, Ulimit, Update
from phlo.compose.process import RESTART_CONDITIONS
from phlo.compose.reading import At, Items, each, list_of, mapping, record
from phlo.compose.scalars import (
    duration,
    integer,
    one_of,
    plain_labels,
    plain_pairs,
    positive_number,
    size,
    text,
    texts,
    word,
)
from phlo.errors import did_you_mean
from phlo.frozen import dataclass, field

T = TypeVar("T")
_RULE = re.compile(r"[acb] (\d+|\*):(\d+|\*) [rwm]{1,3}")
_CDI = re.compile(r"[\w.-]+/[\w.-]+=[\w.:-]+")


def ulimits(value: Any, at: At) -> dict[str, Ulimit]:
    """`{nofile: 1024}` or `{nofile: {soft: 1024, hard: 2048}}`; -1 is no limit."""
    found = {}
    for name, item in mapping(value, at).items():
        if name not in ULIMITS:
            at.errors.append(at[name].error(f'"{name}" is not a limit of Linux', did_you_mean(name, ULIMITS)))
        limit = at[name].attempt(_ulimit, item)
        if limit:
            found[name] = limit
    return dict(sorted(found.items()))


def _ulimit(value: Any, at: At) -> Ulimit:
    if not isinstance(value, Mapping):
        both = integer(-1)(value, at)
        return Ulimit(soft=both, hard=both)
    limit = Ulimit(**record(value, at, {"soft": integer(-1), "hard": integer(-1)}, required=("soft", "hard")))
    if limit.hard != -1 and not -1 < limit.soft <= limit.hard:
        raise at.error(f"the soft limit {limit.soft} is above the hard limit {limit.hard}")
    return limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """`devices`, those of the host apart from those that a driver finds."""

    host: tuple[Device, ...] = ()
    requests: tuple[DeviceRequest, ...] = ()


def devices(value: Any, at: At) -> Items:
    """`/dev/HOST[:/dev/CONTAINER[:rwm]]`, the long form, or a CDI name (`vendor.com/class=name`)."""
    return each(value, at, _device)


def device_identity(device: Device | str) -> str:
    """Two devices with the same path in the container are the same."""
    return device.target if isinstance(device, Device) else device


def devices_of(found: tuple[Device | str, ...], at: At) -> Devices:
    names = tuple(item for item in found if isinstance(item, str))
    requests = (DeviceRequest(driver="cdi", device_ids=names),) if names else ()
    return Devices(host=tuple(item for item in found if isinstance(item, Device)), requests=requests)


def _device(value: Any, at: At) -> Device | str:
    if isinstance(value, Mapping):
        fields = record(value, at, {"source": word, "target": word, "permissions": _permissions}, required=("source",))
        if _CDI.fullmatch(fields["source"]):
            return str(fields["source"])
        return Device(**{"target": fields["source"], **fields})
    raw = word(value, at)
    if _CDI.fullmatch(raw):
        return raw
    source, *rest = raw.split(":")
    if not source.startswith("/") or len(rest) > 2:
        raise at.expected("/dev/HOST:/dev/CONTAINER", raw, 'For example "/dev/fuse" or "/dev/sda:/dev/xvda:r".')
    target = rest[0] if rest else source
    return Device(source=source, target=target, permissions=_permissions(rest[1], at) if len(rest) == 2 else "rwm")


def _permissions(value: Any, at: At) -> str:
    found = word(value, at)
    if not set(found) <= set("rwm"):
        raise at.expected("letters out of r, w, m", value)
    return found


def device_rules(value: Any, at: At) -> Items:
    """`c 1:3 mr`: type, major:minor, permissions."""
    return each(value, at, _device_rule)


def _device_rule(value: Any, at: At) -> str:
    if not _RULE.fullmatch(text(value, at)):
        raise at.expected('TYPE MAJOR:MINOR PERMISSIONS, e.g. "c 1:3 mr"', value)
    return text(value, at)


def gpus(value: Any, at: At) -> Items:
    """`all`, or a list of device requests for which the capability `gpu` goes without saying."""
    if value == "all":
        return Items.of([(DeviceRequest(count=-1, capabilities=("gpu",)), at.keys)])
    if not isinstance(value, (list, tuple)):
        raise at.expected('"all" or a list', value)
    return each(value, at, lambda item, here: device_request(item, here, default=("gpu",)))


def device_request(value: Any, at: At, default: tuple[str, ...] = ()) -> DeviceRequest:
    fields = record(
        value,
        at,
        {
            "driver": word,
            "count": _count,
            "device_ids": texts,
            "capabilities": texts,
            "options": plain_pairs,
        },
        required=() if default else ("capabilities",),
    )
    if "count" in fields and "device_ids" in fields:
        raise at.error('"count" and "device_ids" contradict each other', "Keep one of the two.")
    if "device_ids" not in fields:
        fields.setdefault("count", -1)
    capabilities = tuple(dict.fromkeys((*fields.pop("capabilities", ()), *default)))
    return DeviceRequest(capabilities=capabilities, **fields)


def _count(value: Any, at: At) -> int:
    return -1 if value == "all" else integer(-1)(value, at)


def blkio(value: Any, at: At) -> dict[str, Any]:
    return record(
        value,
        at,
        {
            "weight": integer(10, 1000),
            "weight_device": list_of(_device_weight),
            **{name: list_of(_device_bytes) for name in ("device_read_bps", "device_write_bps")},
            **{name: list_of(_device_operations) for name in ("device_read_iops", "device_write_iops")},
        },
    )


def blkio_of(fragment: Mapping[str, Any], at: At) -> BlockIO:
    devices = {name: pairs for name, pairs in fragment.items() if name != "weight"}
    return BlockIO(weight=fragment.get("weight"), devices=devices)


def _device_weight(value: Any, at: At) -> tuple[str, int]:
    fields = record(value, at, {"path": word, "weight": integer(10, 1000)}, required=("path", "weight"))
    return fields["path"], fields["weight"]


def _device_bytes(value: Any, at: At) -> tuple[str, int]:
    fields = record(value, at, {"path": word, "rate": size}, required=("path", "rate"))
    return fields["path"], fields["rate"]


def _device_operations(value: Any, at: At) -> tuple[str, int]:
    fields = record(value, at, {"path": word, "rate": integer(0)}, required=("path", "rate"))
    return fields["path"], fields["rate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """What an engine can honour of `deploy`; `attributes` has the service attributes that mean the same."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    restart: Restart | None = None
    in_swarm: InSwarm = InSwarm()
    device_requests: tuple[DeviceRequest, ...] = ()


# What only a Swarm service has. Each is warned about where there is none.
DEPLOY_WARNED = ("placement", "endpoint_mode", "rollback_config", "labels")
ONLY_IN_SWARM = "has an effect only in a Swarm"


def deploy(value: Any, at: At) -> dict[str, Any]:
    return record(
        value,
        at,
        {
            "mode": _mode,
            "replicas": integer(0),
            "resources": lambda item, here: record(item, here, {"limits": _limits, "reservations": _reservations}),
            "restart_policy": _restart_policy,
            "update_config": _update_config,
            "placement": _only_in_swarm(_placement),
            "endpoint_mode": _only_in_swarm(one_of("vip", "dnsrr")),
            "rollback_config": _only_in_swarm(_update_config),
            "labels": _only_in_swarm(plain_labels),
        },
    )


def deploy_of(fragment: Mapping[str, Any], at: At) -> Deploy:
    fields = dict(fragment)
    if fields.get("mode") == "global" and "replicas" in fields:
        at["replicas"].warn("is not used, for the mode is global: one on every node")
        fields.pop("replicas")
    resources = fields.get("resources", {})
    limits, reservations = resources.get("limits", {}), resources.get("reservations", {})
    restart = _restart_of(fields["restart_policy"], at["restart_policy"]) if "restart_policy" in fields else None
    timing = fields.get("restart_policy", {})
    placement = fields.get("placement", {})
    update, rollback = fields.get("update_config"), fields.get("rollback_config")
    meant = {
        "scale": fields.get("replicas"),
        "mem_limit": limits.get("memory"),
        "cpus": limits.get("cpus"),
        "pids_limit": limits.get("pids"),
        "mem_reservation": reservations.get("memory"),
        "update": None if update is None else _update_of(update, at["update_config"]),
    }
    return Deploy(
        attributes={name: item for name, item in meant.items() if item is not None},
        restart=restart,
        in_swarm=InSwarm(
            is_global=fields.get("mode") == "global",
            endpoint_mode=fields.get("endpoint_mode"),
            rollback=None if rollback is None else _update_of(rollback, at["rollback_config"]),
            labels=fields.get("labels") or {},
            reserved_cpus=reservations.get("cpus"),
            generic_resources=bool(reservations.get("generic_resources")),
            constraints=placement.get("constraints", ()),
            spread=tuple(item["spread"] for item in placement.get("preferences", ())),
            max_per_node=placement.get("max_replicas_per_node", 0),
            restart_delay=timing.get("delay"),
            restart_window=timing.get("window"),
        ),
        device_requests=reservations.get("devices", ()),
    )


def _only_in_swarm(parse: Callable[[Any, At], T]) -> Callable[[Any, At], T]:
    """The same, with a warning for those who have no Swarm."""

    def warned(value: Any, at: At) -> T:
        at.warn(ONLY_IN_SWARM)
        return parse(value, at)

    return warned


def _mode(value: Any, at: At) -> str:
    found = one_of("replicated", "global")(value, at)
    if found == "global":
        at.warn(ONLY_IN_SWARM)
    return found


def _placement(value: Any, at: At) -> dict[str, Any]:
    return record(
        value,
        at,
        {
            "constraints": list_of(word),
            "preferences": list_of(lambda item, here: record(item, here, {"spread": word}, required=("spread",))),
            "max_replicas_per_node": integer(0),
        },
    )


def _update_config(value: Any, at: At) -> dict[str, Any]:
    return record(
        value,
        at,
        {
            "order": one_of("stop-first", "start-first"),
            "parallelism": integer(0),
            "delay": duration,
            "failure_action": one_of("pause", "continue", "rollback"),
            "max_failure_ratio": positive_number,
            "max_failures": integer(0),
            "monitor": _only_in_swarm(duration),
        },
    )


def _update_of(fields: Mapping[str, Any], at: At) -> Update:
    if fields.get("failure_action") == "rollback":
        at["failure_action"].warn('means "pause" outside of a Swarm; `--rollback stack` puts back what was replaced')
    if "max_failures" in fields and "max_failure_ratio" in fields:
        at["max_failures"].warn("is used, and max_failure_ratio is not")
    return Update(
        starts_first=fields.get("order") == "start-first",
        parallelism=fields.get("parallelism", 1),
        delay_seconds=fields.get("delay", 0) / 1e9,
        monitor_seconds=fields["monitor"] / 1e9 if "monitor" in fields else None,
        goes_on=fields.get("failure_action") == "continue",
        max_failures=fields.get("max_failures"),
        max_failure_ratio=fields.get("max_failure_ratio", 0.0),
    )


def _limits(value: Any, at: At) -> dict[str, Any]:
    return record(value, at, {"cpus": positive_number, "memory": size, "pids": integer(-1)})


def _reservations(value: Any, at: At) -> dict[str, Any]:
    return record(
        value,
        at,
        {
            "cpus": _only_in_swarm(positive_number),
            "memory": size,
            "generic_resources": _only_in_swarm(lambda item, here: item),
            "devices": list_of(device_request),
        },
    )


def _restart_policy(value: Any, at: At) -> dict[str, Any]:
    known = {"condition": _condition, "max_attempts": integer(0), "delay": _delay, "window": _delay}
    return record(value, at, known)


def _restart_of(fields: Mapping[str, Any], at: At) -> Restart:
    """When the engine starts the container again."""
    name = fields.get("condition", "always")
    attempts = fields.get("max_attempts", 0)
    if attempts and name != "on-failure":
        at["max_attempts"].warn('counts only with "condition: on-failure"')
    return Restart(name=name, max_retries=attempts if name == "on-failure" else 0, is_from_deploy=True)


def _condition(value: Any, at: At) -> str:
    """`none`, `on-failure`, `any`, or a word of `restart`; an empty text is `any`, as when there is none."""
    if value == "":
        return "always"
    found = one_of("none", "on-failure", "any", "no", "always", "unless-stopped")("no" if value is False else value, at)
    return RESTART_CONDITIONS.get(found, found)


def _delay(value: Any, at: At) -> int:
    at.warn("is chosen by the engine outside of a Swarm")
    return duration(value, at)
