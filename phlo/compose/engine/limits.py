"""Devices, limits and security: attributes with a form of their own in the Engine API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from phlo.compose.engine.column import DockerNames
from phlo.compose.engine.fact import Fact, Facts, size
from phlo.compose.engine.process import SECOND

if TYPE_CHECKING:
    from phlo.compose.model import ComposeService

_Rows = Sequence[Mapping[str, Any]] | None

# Parts of blkio_config, with their key in HostConfig and the key of their number.
_BLOCK_DEVICES = (
    ("weight_device", "BlkioWeightDevice", "Weight"),
    ("device_read_bps", "BlkioDeviceReadBps", "Rate"),
    ("device_write_bps", "BlkioDeviceWriteBps", "Rate"),
    ("device_read_iops", "BlkioDeviceReadIOps", "Rate"),
    ("device_write_iops", "BlkioDeviceWriteIOps", "Rate"),
)
BLOCK_PATHS = ("HostConfig.BlkioWeight", *(f"HostConfig.{key}" for _, key, _ in _BLOCK_DEVICES))


def block_io(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    config = service.blkio_config
    if config is None:
        return (None,) * len(BLOCK_PATHS)
    devices = [
        [{"Path": path, unit: number} for path, number in sorted(config.devices.get(name, ()))]
        for name, _, unit in _BLOCK_DEVICES
    ]
    return (config.weight, *devices)


def block_io_facts(term: str, weight: int | None, *devices: _Rows) -> Facts:
    if weight:
        yield f"{term}.weight", Fact(weight, str(weight))
    for (name, _, unit), found in zip(_BLOCK_DEVICES, devices, strict=True):
        for item in found or ():
            yield f"{term}.{name}.{item['Path']}", Fact(item[unit], str(item[unit]))


def cpus(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    return (round(service.cpus * SECOND) if service.cpus else None,)


def cpuset(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    return (service.cpuset, None)


def cpuset_facts(term: str, cpus: str | None, memory: str | None) -> Facts:
    """The nodes of memory, too, which no attribute sets but `docker update` does."""
    if cpus:
        yield term, Fact(cpus, cpus)
    if memory:
        yield f"{term} of memory", Fact(memory, memory)


def swappiness_facts(term: str, value: int | None) -> Facts:
    if value not in (None, -1):
        yield term, Fact(value, str(value))


def memory_swap_facts(term: str, swap: int | None, memory: int | None) -> Facts:
    """Memory and swap together; an engine takes twice the memory limit when nothing is asked for."""
    if swap and swap != 2 * (memory or 0):
        yield term, Fact(swap, "unlimited" if swap == -1 else size(swap))


def ulimits(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    limits = sorted(service.ulimits.items())
    return ([{"Name": name, "Soft": limit.soft, "Hard": limit.hard} for name, limit in limits],)


def ulimit_facts(term: str, limits: _Rows) -> Facts:
    for limit in limits or ():
        both = (limit["Soft"], limit["Hard"])
        yield f"{term}.{limit['Name']}", Fact(both, str(both[0]) if both[0] == both[1] else f"{both[0]}:{both[1]}")


def devices(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    return (
        [
            {"PathOnHost": item.source, "PathInContainer": item.target, "CgroupPermissions": item.permissions}
            for item in service.devices
        ],
    )


def device_facts(term: str, found: _Rows) -> Facts:
    for item in found or ():
        value = (item["PathOnHost"], item.get("CgroupPermissions") or "rwm")
        yield f"{term}.{item['PathInContainer']}", Fact(value, " ".join(value))


def device_requests(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    return (
        [
            {
                "Driver": item.driver,
                "Count": item.count,
                "DeviceIDs": list(item.device_ids),
                "Capabilities": [list(item.capabilities)] if item.capabilities else [],
                "Options": dict(item.options),
            }
            for item in service.device_requests
        ],
    )


def device_request_facts(term: str, found: _Rows) -> Facts:
    for item in found or ():
        capabilities = (item.get("Capabilities") or [[]])[0]
        request = (
            item.get("Driver") or "",
            item.get("Count") or 0,
            tuple(item.get("DeviceIDs") or ()),
            tuple(sorted((item.get("Options") or {}).items())),
            tuple(sorted(capabilities)),
        )
        yield f"{term}.{','.join(capabilities) or request[0]}", Fact(request)


def security(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    """The engine's options; `systempaths` it knows as empty lists of the paths that it masks."""
    options = [option for option in service.security_opt if option != "systempaths=unconfined"]
    open_paths: list[str] | None = [] if len(options) < len(service.security_opt) else None
    return (options or None, open_paths, open_paths)


def security_facts(
    term: str, options: Sequence[str] | None, masked: _Rows, read_only: _Rows, is_privileged: bool | None
) -> Facts:
    for option in options or ():
        name, _, value = option.partition("=" if "=" in option else ":")
        # The engine adds this one by itself to what cannot be confined.
        if option not in ("label=disable", "label:disable"):
            yield f"{term}.{name}", Fact(value)
    if masked == [] and not is_privileged:
        yield f"{term}.systempaths", Fact("unconfined")
