"""A service as the Docker Engine API wants it: the body of ContainerCreate, and the networks to join.

Pure, and the same for the same service: lists whose order means nothing are sorted, what is not given is left out.
Written for API 1.41; what needs a newer one stands in the body all the same, and `phlo.operations.drift` knows it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from phlo.operations.container.args import NetworkAttachment
from phlo.plan.body_mounts import binds_and_mounts
from phlo.values import join

if TYPE_CHECKING:
    from phlo.config.compose.model import ComposeService, Healthcheck, ServiceNetwork

SECOND = 1_000_000_000

_CONFIG: tuple[tuple[str, str], ...] = (
    ("Hostname", "hostname"),
    ("Domainname", "domainname"),
    ("User", "user"),
    ("WorkingDir", "working_dir"),
    ("StopSignal", "stop_signal"),
    ("Tty", "tty"),
    ("OpenStdin", "stdin_open"),
    ("Labels", "labels"),
)

_HOST_CONFIG: tuple[tuple[str, str], ...] = (
    ("Annotations", "annotations"),
    ("CapAdd", "cap_add"),
    ("CapDrop", "cap_drop"),
    ("CgroupParent", "cgroup_parent"),
    ("CgroupnsMode", "cgroup"),
    ("CpuPeriod", "cpu_period"),
    ("CpuQuota", "cpu_quota"),
    ("CpuRealtimePeriod", "cpu_rt_period"),
    ("CpuRealtimeRuntime", "cpu_rt_runtime"),
    ("CpuShares", "cpu_shares"),
    ("CpusetCpus", "cpuset"),
    ("DeviceCgroupRules", "device_cgroup_rules"),
    ("Dns", "dns"),
    ("DnsOptions", "dns_opt"),
    ("DnsSearch", "dns_search"),
    ("ExtraHosts", "extra_hosts"),
    ("GroupAdd", "group_add"),
    ("Init", "init"),
    ("Memory", "mem_limit"),
    ("MemoryReservation", "mem_reservation"),
    ("MemorySwap", "memswap_limit"),
    ("MemorySwappiness", "mem_swappiness"),
    ("OomKillDisable", "oom_kill_disable"),
    ("OomScoreAdj", "oom_score_adj"),
    ("PidsLimit", "pids_limit"),
    ("Privileged", "privileged"),
    ("ReadonlyRootfs", "read_only"),
    ("Runtime", "runtime"),
    ("ShmSize", "shm_size"),
    ("StorageOpt", "storage_opt"),
    ("Sysctls", "sysctls"),
    ("Tmpfs", "tmpfs"),
    ("UTSMode", "uts"),
    ("UsernsMode", "userns_mode"),
)


def container_body(
    service: ComposeService,
    *,
    volume_names: Mapping[str, str],
    network_names: Mapping[str, str],
    container_names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The body of ContainerCreate without Image, phlo's own labels and NetworkingConfig; Secrets inside.

    service:         its `environment` is final: the content of env_file and what the host gives is in it.
    volume_names:    key of a volume -> its name in Docker; network_names: the same for networks.
    container_names: service -> its container's name, for `service:x` modes and volumes_from.
    """
    named = _Names(volume_names, container_names or {})
    body = _given(service, _CONFIG)
    body |= {
        "Env": [join((name, "=", value)) for name, value in sorted(service.environment.items())],
        "ExposedPorts": {port: {} for port in _exposed_ports(service)},
        "Healthcheck": _healthcheck(service.healthcheck) if service.healthcheck else None,
        "StopTimeout": _whole_seconds(service.stop_grace_period),
    }
    if service.command is not None:
        body["Cmd"] = list(service.command)
    if service.entrypoint is not None:
        # [""] is the engine's way to clear the image's entry point.
        body["Entrypoint"] = list(service.entrypoint) or [""]
    first = service.networks[0] if service.networks else None
    # Before API 1.44 the address of the first network was the container's.
    body["MacAddress"] = (first.mac_address if first else None) or service.mac_address
    body["HostConfig"] = _host_config(service, named, network_names[first.key] if first else None)
    return _without_empty(body, keep=("Cmd",))


def _host_config(service: ComposeService, named: _Names, network: str | None) -> dict[str, Any]:
    binds, mounts = binds_and_mounts(service.volumes, named.volumes)
    security, is_system_open = _security(service.security_opt)
    restart = service.restart
    host = _given(service, _HOST_CONFIG) | _block_io(service)
    host |= {
        "Binds": binds,
        "Mounts": mounts,
        "VolumesFrom": sorted(
            (item.container or named.containers.get(item.service or "", item.service or ""))
            + (":ro" if item.is_read_only else ":rw")
            for item in service.volumes_from
        ),
        "NetworkMode": named.mode(service.network_mode) or network,
        "IpcMode": named.mode(service.ipc),
        "PidMode": named.mode(service.pid),
        "PortBindings": _port_bindings(service),
        "RestartPolicy": restart and {"Name": restart.name, "MaximumRetryCount": restart.max_retries},
        "NanoCpus": round(service.cpus * SECOND) if service.cpus else None,
        "SecurityOpt": security,
        "Ulimits": [
            {"Name": name, "Soft": limit.soft, "Hard": limit.hard} for name, limit in sorted(service.ulimits.items())
        ],
        "Devices": [
            {"PathOnHost": item.source, "PathInContainer": item.target, "CgroupPermissions": item.permissions}
            for item in service.devices
        ],
        "DeviceRequests": [
            {
                "Driver": item.driver,
                "Count": item.count,
                "DeviceIDs": list(item.device_ids),
                "Capabilities": [list(item.capabilities)] if item.capabilities else [],
                "Options": dict(item.options),
            }
            for item in service.device_requests
        ],
        "LogConfig": service.logging
        and {"Type": service.logging.driver or "", "Config": dict(sorted(service.logging.options.items()))},
    }
    kept = _without_empty(host, keep=("Init",) if service.init is False else ())
    if is_system_open:
        kept |= {"MaskedPaths": [], "ReadonlyPaths": []}
    return kept


class _Names:
    """What the project's volumes and services are called in Docker."""

    def __init__(self, volumes: Mapping[str, str], containers: Mapping[str, str]) -> None:
        self.volumes = volumes
        self.containers = containers

    def mode(self, mode: str | None) -> str | None:
        """`service:x` as `container:NAME`; any other mode as it is."""
        kind, _, service = (mode or "").partition(":")
        return f"container:{self.containers.get(service, service)}" if kind == "service" else mode


def network_attachments(
    service: ComposeService,
    *,
    service_name: str,
    network_names: Mapping[str, str],
    container_names: Mapping[str, str] | None = None,
) -> tuple[NetworkAttachment, ...]:
    """The networks the container joins, the first being the one it is created on."""
    names = container_names or {}
    links = sorted(
        f"{link.container or names.get(link.service or '', link.service)}:{link.alias}" for link in service.links
    )
    found = []
    for index, network in enumerate(service.networks):
        mac_address = network.mac_address or (service.mac_address if index == 0 else None)
        endpoint = {
            "Aliases": sorted({service_name, *network.aliases}),
            "IPAMConfig": _ipam(network),
            "Links": links,
            "MacAddress": mac_address,
            "DriverOpts": dict(sorted(network.driver_opts.items())),
            "GwPriority": network.gateway_priority or None,
        }
        found.append(NetworkAttachment(name=network_names[network.key], endpoint=_without_empty(endpoint)))
    return tuple(found)


def _ipam(network: ServiceNetwork) -> dict[str, Any]:
    return _without_empty(
        {
            "IPv4Address": network.ipv4_address,
            "IPv6Address": network.ipv6_address,
            "LinkLocalIPs": sorted(network.link_local_ips),
        }
    )


def _exposed_ports(service: ComposeService) -> list[str]:
    return sorted({*service.expose, *(f"{port.target}/{port.protocol}" for port in service.ports)})


def _port_bindings(service: ComposeService) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for port in sorted(service.ports, key=lambda port: (port.target, port.protocol, port.host_ip or "")):
        binding = {"HostIp": port.host_ip or "", "HostPort": port.published or ""}
        found.setdefault(f"{port.target}/{port.protocol}", []).append(binding)
    return found


def _healthcheck(check: Healthcheck) -> dict[str, Any]:
    return _without_empty(
        {
            "Test": list(check.test),
            "Interval": check.interval,
            "Timeout": check.timeout,
            "StartPeriod": check.start_period,
            "StartInterval": check.start_interval,
            "Retries": check.retries,
        }
    )


def _security(options: Sequence[str]) -> tuple[list[str], bool]:
    """The engine's options, and whether /proc and /sys stay open: of `systempaths` the engine knows nothing."""
    is_open = "systempaths=unconfined" in options
    return [option for option in options if option != "systempaths=unconfined"], is_open


_BLOCK_IO: Mapping[str, tuple[str, str]] = {
    "weight_device": ("BlkioWeightDevice", "Weight"),
    "device_read_bps": ("BlkioDeviceReadBps", "Rate"),
    "device_write_bps": ("BlkioDeviceWriteBps", "Rate"),
    "device_read_iops": ("BlkioDeviceReadIOps", "Rate"),
    "device_write_iops": ("BlkioDeviceWriteIOps", "Rate"),
}


def _block_io(service: ComposeService) -> dict[str, Any]:
    config = service.blkio_config
    if config is None:
        return {}
    found: dict[str, Any] = {"BlkioWeight": config.weight}
    for name, pairs in config.devices.items():
        key, unit = _BLOCK_IO[name]
        found[key] = [{"Path": path, unit: number} for path, number in sorted(pairs)]
    return found


def _whole_seconds(nanoseconds: int | None) -> int | None:
    return None if nanoseconds is None else math.ceil(nanoseconds / SECOND)


def _given(service: ComposeService, rows: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    found = {key: getattr(service, name) for key, name in rows}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}


def _without_empty(values: Mapping[str, Any], keep: Sequence[str] = ()) -> dict[str, Any]:
    """Without what is not given: None, False, empty texts, lists and mappings. A number is given, 0 too."""
    return {key: value for key, value in values.items() if key in keep or not _is_empty(value)}


def _is_empty(value: Any) -> bool:
    return value is None or value is False or (not value and not isinstance(value, (int, float)))
