"""Every attribute of a Compose service, and what phlo does with it: honours it, warns about it, or refuses it.

An attribute in none of the three tables is an error that names the nearest one; `x-*` is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from phlo.config.compose import develop, files, limits, mounts, networks, ports, process
from phlo.config.compose.reading import At, list_of
from phlo.config.compose.scalars import (
    boolean,
    duration,
    image_reference,
    integer,
    keyed_texts,
    one_of,
    plain_pairs,
    positive_number,
    size,
    size_or_unlimited,
    text,
    texts,
    word,
)


def _pull_policy(value: Any, at: At) -> str:
    found = one_of("always", "never", "missing", "if_not_present", "build")(value, at)
    return "missing" if found == "if_not_present" else found


HONOURED: Mapping[str, Callable[[Any, At], Any]] = MappingProxyType(
    {
        "image": image_reference,
        "build": files.build,
        "platform": word,
        "pull_policy": _pull_policy,
        "profiles": texts,
        "scale": integer(0),
        "depends_on": networks.depends_on,
        "command": process.command,
        "entrypoint": process.command,
        "environment": keyed_texts,
        "env_file": process.env_files,
        "working_dir": process.working_dir,
        "user": word,
        "group_add": texts,
        "tty": boolean,
        "stdin_open": boolean,
        "init": boolean,
        "stop_signal": word,
        "stop_grace_period": duration,
        "healthcheck": process.healthcheck,
        "restart": process.restart,
        "container_name": networks.container_name,
        "labels": keyed_texts,
        "label_file": files.label_files,
        "annotations": keyed_texts,
        "logging": process.logging,
        "hostname": networks.host_name,
        "domainname": networks.host_name,
        "ports": ports.ports,
        "expose": ports.exposed,
        "networks": networks.networks,
        "network_mode": networks.network_mode,
        "mac_address": networks.mac_address,
        "links": networks.links,
        "external_links": networks.external_links,
        "extra_hosts": networks.extra_hosts,
        "dns": list_of(networks.address(0)),
        "dns_search": texts,
        "dns_opt": texts,
        "volumes": mounts.volumes,
        "tmpfs": mounts.tmpfs,
        "volumes_from": mounts.volumes_from,
        "configs": files.references("/"),
        "secrets": files.references("/run/secrets/"),
        "storage_opt": plain_pairs,
        "privileged": boolean,
        "read_only": boolean,
        "cap_add": process.capabilities,
        "cap_drop": process.capabilities,
        "security_opt": files.security_options,
        "userns_mode": one_of("host"),
        "ipc": networks.namespace("none", "private", "shareable", "host"),
        "pid": networks.namespace("host"),
        "uts": one_of("host"),
        "cgroup": one_of("host", "private"),
        "cgroup_parent": word,
        "runtime": word,
        "isolation": one_of("default"),
        "sysctls": plain_pairs,
        "ulimits": limits.ulimits,
        "devices": limits.devices,
        "device_cgroup_rules": limits.device_rules,
        "gpus": limits.gpus,
        "deploy": limits.deploy,
        "shm_size": size,
        "mem_limit": size,
        "mem_reservation": size,
        "memswap_limit": size_or_unlimited,
        "mem_swappiness": integer(0, 100),
        "oom_kill_disable": boolean,
        "oom_score_adj": integer(-1000, 1000),
        "cpus": positive_number,
        "cpu_shares": integer(0),
        "cpu_quota": process.microseconds,
        "cpu_period": process.microseconds,
        "cpu_rt_period": process.microseconds,
        "cpu_rt_runtime": process.microseconds,
        "cpuset": text,
        "pids_limit": integer(-1),
        "blkio_config": limits.blkio,
        "develop": develop.develop,
    }
)

WARNED: Mapping[str, str] = MappingProxyType(
    {
        "attach": "is about `docker compose up` in the foreground, which phlo does not have",
        "post_start": "is not run; write a hook of the service, or a task of its role",
        "pre_stop": "is not run; write a hook of the service, or a task of its role",
        "cpu_count": "has an effect only on Windows containers",
        "cpu_percent": "has an effect only on Windows containers",
    }
)

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "credential_spec": "Windows containers are not supported. Take it out.",
        "extends": "Write the attributes here, or make a role of what several services share.",
        "provider": "Run what it provides as a service, or as a task of a role.",
        "models": "Run the model's server as a service.",
        "use_api_socket": "Mount the engine's socket by `volumes`, knowing that it gives full control of the host.",
        "volume_driver": "Give the driver to the volume, under the top-level `volumes`.",
        "log_driver": "Write `logging: {driver: ...}`.",
        "log_opt": "Write `logging: {options: ...}`.",
        "net": "Write `network_mode`.",
        "dockerfile": "Write `build: {dockerfile: ...}`.",
        "cpuset_cpus": "Write `cpuset`.",
    }
)
