"""The options of `docker_container` as the attributes of a Compose service.

Source: the documentation of the collection community.docker, "docker_container".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Attributes = dict[str, Any]
# Attributes of the service and the option that each is from; what is left out: option -> why.
Translated = tuple[Attributes, dict[str, str], dict[str, str]]

# Options with the name and form of the attribute.
_SAME = (
    "cap_drop",
    "cgroup_parent",
    "command",
    "cpu_period",
    "cpu_quota",
    "cpu_shares",
    "cpus",
    "device_cgroup_rules",
    "devices",
    "domainname",
    "entrypoint",
    "healthcheck",
    "hostname",
    "image",
    "init",
    "isolation",
    "labels",
    "links",
    "mac_address",
    "oom_score_adj",
    "pids_limit",
    "platform",
    "privileged",
    "read_only",
    "runtime",
    "shm_size",
    "stop_signal",
    "sysctls",
    "tmpfs",
    "tty",
    "user",
    "userns_mode",
    "uts",
    "volumes",
    "volumes_from",
    "working_dir",
)
RENAMED: Mapping[str, str] = {
    "cap_add": "cap_add",
    "capabilities": "cap_add",
    "cgroupns_mode": "cgroup",
    "cpuset_cpus": "cpuset",
    "dns_opts": "dns_opt",
    "dns_search_domains": "dns_search",
    "dns_servers": "dns",
    "env": "environment",
    "etc_hosts": "extra_hosts",
    "expose": "expose",
    "exposed": "expose",
    "exposed_ports": "expose",
    "groups": "group_add",
    "interactive": "stdin_open",
    "ipc_mode": "ipc",
    "memory": "mem_limit",
    "memory_reservation": "mem_reservation",
    "memory_swap": "memswap_limit",
    "memory_swappiness": "mem_swappiness",
    "oom_killer": "oom_kill_disable",
    "pid_mode": "pid",
    "security_opts": "security_opt",
    "storage_opts": "storage_opt",
    **{name: name for name in _SAME},
}
# What `phlo up` does or decides for every service.
WITHOUT_MEANING = frozenset(
    {
        "cleanup",
        "comparisons",
        "container_default_behavior",
        "debug",
        "default_host_ip",
        "detach",
        "force_kill",
        "forcekill",
        "healthy_wait_timeout",
        "ignore_image",
        "image_comparison",
        "image_label_mismatch",
        "image_name_mismatch",
        "keep_volumes",
        "name",
        "networks_cli_compatible",
        "output_logs",
        "paused",
        "pull_check_mode_behavior",
        "purge_networks",
        "recreate",
        "removal_wait_timeout",
        "restart",
        "restart_retries",
        "state",
        "timeout",
    }
)
_CONNECTION = (
    "api_version",
    "ca_path",
    "client_cert",
    "client_key",
    "docker_host",
    "tls",
    "tls_hostname",
    "use_ssh_client",
    "validate_certs",
)
INSTEAD: Mapping[str, str] = {
    "auto_remove": "a container that has ended is kept; write `one_shot: true` for one that runs to its end",
    "env_file": "it is a file of the host; `env_file` of a service is one of the control machine",
    "volume_driver": "write the driver at the volume under `volumes:`",
    **dict.fromkeys(_CONNECTION, "how a host is reached is written in the inventory"),
}
_NETWORK_KEYS = ("aliases", "ipv4_address", "ipv6_address", "mac_address", "driver_opts", "gw_priority")


def translate(options: Mapping[str, Any], *, services: Mapping[str, Any]) -> Translated:
    """The attributes, the option that each is from, and the options that are left out with the reason.

    services: the containers of the playbook, by their names.
    """
    found: Attributes = {}
    origins: dict[str, str] = {}
    lost: dict[str, str] = {}
    for option, value in options.items():
        if value is None or option in WITHOUT_MEANING:
            continue
        if option in RENAMED:
            made: Mapping[str, Any] | str = {RENAMED[option]: value}
        elif option in _SPECIAL:
            made = _SPECIAL[option](value, options)
        else:
            made = INSTEAD.get(option, "a service has nothing like it")
        if isinstance(made, str):
            lost[option] = made
            continue
        for name, item in made.items():
            found[name] = _joined(found[name], item) if name in found else item
            origins.setdefault(name, option)
    _share_network(found, services)
    return found, origins, lost


def _joined(before: Any, item: Any) -> Any:
    if isinstance(before, Mapping) and isinstance(item, Mapping):
        return {**before, **item}
    return [*before, *item] if isinstance(before, list) and isinstance(item, list) else item


def _share_network(found: Attributes, services: Mapping[str, Any]) -> None:
    """Write `network_mode` as Compose has it: a network by name is one of `networks`."""
    mode = found.get("network_mode")
    if mode is None:
        return
    kind, _, name = str(mode).partition(":")
    if kind == "container" and name in services:
        found["network_mode"] = f"service:{name}"
    elif mode == "default":
        del found["network_mode"]
    elif (kind not in ("host", "none", "bridge", "container") and not str(mode).startswith("$")) or (
        "networks" in found
    ):
        del found["network_mode"]
        if kind not in ("host", "none", "bridge", "container"):
            found["networks"] = {str(mode): None, **found.get("networks", {})}


def _networks(value: Any, options: Mapping[str, Any]) -> Mapping[str, Any] | str:
    found: dict[str, Any] = {}
    for item in value if isinstance(value, list) else []:
        given = item if isinstance(item, Mapping) else {"name": item}
        rest = {key: given[key] for key in _NETWORK_KEYS if given.get(key) is not None}
        found[str(given.get("name"))] = rest or None
    return {"networks": found} if found else {}


def _ports(value: Any, options: Mapping[str, Any]) -> Mapping[str, Any] | str:
    ports = [value] if isinstance(value, (str, int)) else list(value)
    if "all" in map(str, ports):
        return "list the ports that are published"
    address = options.get("default_host_ip")
    return {"ports": [_with_address(str(port), address) for port in ports]}


def _with_address(port: str, address: Any) -> str:
    """A published port on the task's default address, where it names none itself."""
    return f"{address}:{port}" if address and port.count(":") == 1 else port


def _restart(value: Any, options: Mapping[str, Any]) -> Mapping[str, Any] | str:
    retries = options.get("restart_retries")
    is_counted = value in ("on-failure", "on_failure") and retries
    return {"restart": f"on-failure:{retries}" if is_counted else value}


def _logging(value: Any, options: Mapping[str, Any]) -> Mapping[str, Any] | str:
    driver, rest = options.get("log_driver"), options.get("log_options") or options.get("log_opt")
    return {"logging": {**({"driver": driver} if driver else {}), **({"options": rest} if rest else {})}}


def _ulimits(value: Any, options: Mapping[str, Any]) -> Mapping[str, Any] | str:
    found: dict[str, Any] = {}
    for item in value if isinstance(value, list) else []:
        name, soft, hard = (*str(item).split(":"), "", "")[:3]
        found[name] = {"soft": _number(soft), "hard": _number(hard)} if hard else _number(soft)
    return {"ulimits": found}


def _mounts(value: Any, options: Mapping[str, Any]) -> Mapping[str, Any] | str:
    """`mounts` as volumes in the long form."""
    found = []
    for item in value if isinstance(value, list) else []:
        if not isinstance(item, Mapping):
            return "write it as an entry of `volumes:`"
        mount = {key: item[key] for key in ("source", "target", "read_only") if item.get(key) is not None}
        kind = item.get("type", "volume")
        if item.get("propagation"):
            mount["bind"] = {"propagation": item["propagation"]}
        if item.get("no_copy"):
            mount["volume"] = {"nocopy": True}
        tmpfs = {key: item[name] for key, name in (("size", "tmpfs_size"), ("mode", "tmpfs_mode")) if item.get(name)}
        found.append({"type": kind, **mount, **({"tmpfs": tmpfs} if tmpfs else {})})
    return {"volumes": found}


def _stop_timeout(value: Any, options: Mapping[str, Any]) -> Mapping[str, Any] | str:
    return {"stop_grace_period": f"{value}s"}


def _pull(value: Any, options: Mapping[str, Any]) -> Mapping[str, Any] | str:
    policies = {True: "always", "always": "always", "never": "never"}
    return {"pull_policy": policies[value]} if value in policies else {}


def _weight(value: Any, options: Mapping[str, Any]) -> Mapping[str, Any] | str:
    return {"blkio_config": {"weight": value}}


def _device_rates(key: str) -> Callable[[Any, Mapping[str, Any]], Mapping[str, Any] | str]:
    def translated(value: Any, options: Mapping[str, Any]) -> Mapping[str, Any] | str:
        return {"blkio_config": {key: [{"path": one.get("path"), "rate": one.get("rate")} for one in value]}}

    return translated


def _requests(value: Any, options: Mapping[str, Any]) -> Mapping[str, Any] | str:
    """`device_requests` as `gpus`."""
    known = {"driver": "driver", "count": "count", "device_ids": "device_ids", "capabilities": "capabilities"}
    found = []
    for one in value if isinstance(value, list) else []:
        gpu = {known[key]: item for key, item in one.items() if key in known and item is not None}
        if isinstance(gpu.get("capabilities"), list):
            gpu["capabilities"] = [name for group in gpu["capabilities"] for name in group]
        if gpu.get("count") == -1:
            gpu["count"] = "all"
        found.append(gpu)
    return {"gpus": found}


def _mode(value: Any, options: Mapping[str, Any]) -> Mapping[str, Any] | str:
    return {"network_mode": value}


def _number(text: str) -> Any:
    return int(text) if text.lstrip("-").isdigit() else text


_SPECIAL: Mapping[str, Callable[[Any, Mapping[str, Any]], Mapping[str, Any] | str]] = {
    "blkio_weight": _weight,
    "device_read_bps": _device_rates("device_read_bps"),
    "device_read_iops": _device_rates("device_read_iops"),
    "device_requests": _requests,
    "device_write_bps": _device_rates("device_write_bps"),
    "device_write_iops": _device_rates("device_write_iops"),
    "log_driver": _logging,
    "log_opt": _logging,
    "log_options": _logging,
    "mounts": _mounts,
    "network_mode": _mode,
    "networks": _networks,
    "ports": _ports,
    "published_ports": _ports,
    "pull": _pull,
    "restart_policy": _restart,
    "stop_timeout": _stop_timeout,
    "ulimits": _ulimits,
}
