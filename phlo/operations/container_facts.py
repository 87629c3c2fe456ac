"""What a container is, as flat facts in the user's words, read out of the Engine API's form of it.

The same reading serves both the body that is asked for and the inspect answer of what is there, so that the two
compare fact by fact. A value that means "nothing asked for" is no fact at all.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from phlo.values import OWN_LABELS


class Fact(NamedTuple):
    """value is what is compared; text is how it is shown, None for what may hold a secret or is just there."""

    value: Any = True
    text: str | None = None


Facts = Iterator[tuple[str, Fact]]

_SIZES = ((1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))
_DURATIONS = ((3_600_000_000_000, "h"), (60_000_000_000, "m"), (1_000_000_000, "s"), (1_000_000, "ms"))


def container_facts(config: Mapping[str, Any], host: Mapping[str, Any]) -> dict[str, Fact]:
    """The facts of a container. config: `Config` of an inspect answer, or the body; host: its `HostConfig`."""
    facts = dict(_process(config))
    facts.update(_plain(host))
    facts.update(_sets(host))
    facts.update(_ports(config, host))
    facts.update(_memory_swap(host))
    facts.update(_devices(host))
    facts.update(_mounts(config, host))
    facts.update(_restart_and_log(host))
    return facts


# -- what runs ---------------------------------------------------------------------------------------


def _process(config: Mapping[str, Any]) -> Facts:
    for entry in config.get("Env") or ():
        name, _, value = entry.partition("=")
        yield f"environment.{name}", Fact(value)
    for name, value in (config.get("Labels") or {}).items():
        if name not in OWN_LABELS:
            yield f"labels.{name}", Fact(value)
    for key, term in (("Cmd", "command"), ("Entrypoint", "entrypoint")):
        words = [config[key]] if isinstance(config.get(key), str) else config.get(key) or []
        if any(words):
            yield term, Fact(tuple(words))
    folder = posixpath.normpath(config.get("WorkingDir") or "/")
    if folder != "/":
        yield "working_dir", Fact(folder, folder)
    texts = {"User": "user", "Hostname": "hostname", "Domainname": "domainname", "MacAddress": "mac_address"}
    for key, term in {**texts, "StopSignal": "stop_signal"}.items():
        if config.get(key):
            yield term, Fact(config[key], config[key])
    if config.get("StopTimeout") is not None:
        yield "stop_grace_period", Fact(config["StopTimeout"], f"{config['StopTimeout']}s")
    for key, term in (("Tty", "tty"), ("OpenStdin", "stdin_open")):
        if config.get(key):
            yield term, Fact(True, "true")
    yield from _healthcheck(config.get("Healthcheck") or {})


def _healthcheck(check: Mapping[str, Any]) -> Facts:
    if check.get("Test"):
        yield "healthcheck.test", Fact(tuple(check["Test"]))
    terms = {
        "Interval": "interval",
        "Timeout": "timeout",
        "StartPeriod": "start_period",
        "StartInterval": "start_interval",
    }
    for key, term in terms.items():
        if check.get(key):
            yield f"healthcheck.{term}", Fact(check[key], duration(check[key]))
    if check.get("Retries"):
        yield "healthcheck.retries", Fact(check["Retries"], str(check["Retries"]))


# -- single settings -----------------------------------------------------------------------------------


def duration(nanoseconds: int) -> str:
    """`1m30s`."""
    text = ""
    for unit, name in _DURATIONS:
        count, nanoseconds = divmod(nanoseconds, unit)
        text += f"{count}{name}" if count else ""
    return text + (f"{nanoseconds}ns" if nanoseconds else "") or "0s"


def size(count: int) -> str:
    """`512MB`, in the powers of 1024 that Docker uses; a number that is not whole in any unit is in bytes."""
    unit, name = next(
        ((unit, name) for unit, name in _SIZES if count % (unit // 4 or 1) == 0 and count >= unit), (1, " bytes")
    )
    return f"{count / unit:.12g}{name}"


def _cpus(nano: int) -> str:
    return f"{nano / 1e9:g}"


def _positive(value: Any) -> Any:
    return value if value and value > 0 else None


def _non_zero(value: Any) -> Any:
    return value or None


def _swappiness(value: Any) -> Any:
    return None if value in (None, -1) else value


def _unless(*usual: str) -> Callable[[Any], Any]:
    """The value, None when it is what engines take by themselves."""
    return lambda value: None if not value or value in usual else value


def _is_true(value: Any) -> Any:
    return True if value else None


def _yes(value: Any) -> str:
    return "true"


# The engine's key, the user's word, the value to compare (None: nothing asked for), how it is shown.
_SETTINGS: tuple[tuple[str, str, Callable[[Any], Any], Callable[[Any], str]], ...] = (
    ("Memory", "memory limit", _positive, size),
    ("MemoryReservation", "memory reservation", _positive, size),
    ("MemorySwappiness", "mem_swappiness", _swappiness, str),
    ("NanoCpus", "cpu limit", _positive, _cpus),
    ("CpuShares", "cpu_shares", _positive, str),
    ("CpuQuota", "cpu_quota", _positive, str),
    ("CpuPeriod", "cpu_period", _positive, str),
    ("CpuRealtimePeriod", "cpu_rt_period", _positive, str),
    ("CpuRealtimeRuntime", "cpu_rt_runtime", _positive, str),
    ("CpusetCpus", "cpuset", _non_zero, str),
    ("CpusetMems", "cpuset of memory", _non_zero, str),
    ("PidsLimit", "pids limit", _positive, str),
    ("BlkioWeight", "blkio_config.weight", _positive, str),
    ("OomKillDisable", "oom_kill_disable", _is_true, _yes),
    ("OomScoreAdj", "oom_score_adj", _non_zero, str),
    ("ShmSize", "shm_size", lambda value: None if value in (None, 0, 64 << 20) else value, size),
    ("Privileged", "privileged", _is_true, _yes),
    ("ReadonlyRootfs", "read_only", _is_true, _yes),
    ("Init", "init", _is_true, _yes),
    ("Runtime", "runtime", _unless("runc"), str),
    ("IpcMode", "ipc", _unless("private"), str),
    ("PidMode", "pid", _non_zero, str),
    ("UTSMode", "uts", _non_zero, str),
    ("UsernsMode", "userns_mode", _non_zero, str),
    ("CgroupnsMode", "cgroup", _non_zero, str),
    ("CgroupParent", "cgroup_parent", _non_zero, str),
    ("NetworkMode", "network_mode", _unless("default", "bridge"), str),
    ("Dns", "dns", lambda value: tuple(value or ()) or None, ", ".join),
    ("DnsSearch", "dns_search", lambda value: tuple(value or ()) or None, ", ".join),
    ("DnsOptions", "dns_opt", lambda value: tuple(value or ()) or None, ", ".join),
)


def _plain(host: Mapping[str, Any]) -> Facts:
    for key, term, normalize, shown in _SETTINGS:
        value = normalize(host.get(key))
        if value is not None:
            yield term, Fact(value, shown(value))


def _memory_swap(host: Mapping[str, Any]) -> Facts:
    """Memory and swap together; unless told otherwise an engine takes twice the memory limit."""
    swap = host.get("MemorySwap") or 0
    if swap == 0 or swap == 2 * (host.get("Memory") or 0):
        return
    yield "memswap_limit", Fact(swap, "unlimited" if swap == -1 else size(swap))


def _restart_and_log(host: Mapping[str, Any]) -> Facts:
    restart = host.get("RestartPolicy") or {}
    if restart.get("Name", "") not in ("", "no"):
        count = restart.get("MaximumRetryCount") or 0
        yield "restart", Fact((restart["Name"], count), restart["Name"] + (f":{count}" if count else ""))
    log = host.get("LogConfig") or {}
    if log.get("Type", "") not in ("", "json-file"):
        yield "logging.driver", Fact(log["Type"], log["Type"])
    for name, value in (log.get("Config") or {}).items():
        yield f"logging.options.{name}", Fact(value)


# -- collections -----------------------------------------------------------------------------------------


def _sets(host: Mapping[str, Any]) -> Facts:
    for key, term in (
        ("GroupAdd", "group_add"),
        ("ExtraHosts", "extra_hosts"),
        ("DeviceCgroupRules", "device_cgroup_rules"),
        ("VolumesFrom", "volumes_from"),
    ):
        for item in host.get(key) or ():
            yield f"{term}.{item}", Fact()
    for key, term in (("CapAdd", "cap_add"), ("CapDrop", "cap_drop")):
        for item in host.get(key) or ():
            yield f"{term}.{item.upper().removeprefix('CAP_')}", Fact()
    for option in host.get("SecurityOpt") or ():
        name, _, value = option.partition("=" if "=" in option else ":")
        # The engine adds this one by itself to what cannot be confined.
        if option not in ("label=disable", "label:disable"):
            yield f"security_opt.{name}", Fact(value)
    if host.get("MaskedPaths") == [] and not host.get("Privileged"):
        yield "security_opt.systempaths", Fact("unconfined")
    for key, term in (("Sysctls", "sysctls"), ("StorageOpt", "storage_opt")):
        for name, value in (host.get(key) or {}).items():
            yield f"{term}.{name}", Fact(value, value)
    for name, value in (host.get("Annotations") or {}).items():
        yield f"annotations.{name}", Fact(value)
    for limit in host.get("Ulimits") or ():
        both = (limit["Soft"], limit["Hard"])
        yield f"ulimits.{limit['Name']}", Fact(both, str(both[0]) if both[0] == both[1] else f"{both[0]}:{both[1]}")


def _ports(config: Mapping[str, Any], host: Mapping[str, Any]) -> Facts:
    published = host.get("PortBindings") or {}
    for port, bindings in published.items():
        pairs = sorted((item.get("HostIp") or "", _port(item.get("HostPort"))) for item in bindings or ())
        text = ", ".join((f"{ip}:" if ip else "") + (number or "any free port") for ip, number in pairs)
        yield f"ports.{port}", Fact(tuple(pairs), text)
    for port in config.get("ExposedPorts") or {}:
        if port not in published:
            yield f"expose.{port}", Fact()


def _port(number: str | None) -> str:
    return "" if number in (None, "0") else str(number)


def _devices(host: Mapping[str, Any]) -> Facts:
    for item in host.get("Devices") or ():
        value = (item["PathOnHost"], item.get("CgroupPermissions") or "rwm")
        yield f"devices.{item['PathInContainer']}", Fact(value, " ".join(value))
    for item in host.get("DeviceRequests") or ():
        names = item.get("Capabilities") or [[]]
        request = (
            item.get("Driver") or "",
            item.get("Count") or 0,
            tuple(item.get("DeviceIDs") or ()),
            tuple(sorted((item.get("Options") or {}).items())),
        )
        yield f"devices.{','.join(names[0]) or request[0]}", Fact(request)
    for key, name in (
        ("BlkioWeightDevice", "weight_device"),
        ("BlkioDeviceReadBps", "device_read_bps"),
        ("BlkioDeviceWriteBps", "device_write_bps"),
        ("BlkioDeviceReadIOps", "device_read_iops"),
        ("BlkioDeviceWriteIOps", "device_write_iops"),
    ):
        for item in host.get(key) or ():
            number = item.get("Weight", item.get("Rate"))
            yield f"blkio_config.{name}.{item['Path']}", Fact(number, str(number))


# -- mounts ------------------------------------------------------------------------------------------------


def _mounts(config: Mapping[str, Any], host: Mapping[str, Any]) -> Facts:
    taken = set()
    for path, options in (host.get("Tmpfs") or {}).items():
        taken.add(posixpath.normpath(path))
        yield f"tmpfs.{path}", Fact(options, options or "default options")
    for bind in host.get("Binds") or ():
        source, target, options = (*bind.split(":"), "")[:3]
        taken.add(posixpath.normpath(target))
        yield f"mounts.{target}", _bind(source, options)
    for mount in host.get("Mounts") or ():
        taken.add(posixpath.normpath(mount["Target"]))
        yield f"mounts.{mount['Target']}", _mount(mount)
    for target in config.get("Volumes") or {}:
        if posixpath.normpath(target) not in taken:
            yield f"mounts.{posixpath.normpath(target)}", _mount({"Type": "volume"})


def _bind(source: str, options: str) -> Fact:
    given = set(filter(None, options.split(",")))
    kind = "bind" if source.startswith("/") else "volume"
    rest = tuple(sorted(given - {"ro", "rw", "nocopy"}))
    settings = tuple(f"propagation={item}" if len(item) > 1 else item for item in rest)
    settings += ("nocopy",) if "nocopy" in given else ()
    return _mounted(kind, source, "ro" in given, settings)


def _mount(mount: Mapping[str, Any]) -> Fact:
    source = mount.get("Source") or ""
    bind, volume, tmpfs = (mount.get(key) or {} for key in ("BindOptions", "VolumeOptions", "TmpfsOptions"))
    settings = {
        "propagation": bind.get("Propagation"),
        "subpath": volume.get("Subpath"),
        "size": tmpfs.get("SizeBytes") and size(tmpfs["SizeBytes"]),
        "mode": tmpfs.get("Mode") and f"{tmpfs['Mode']:o}",
    }
    shown = tuple(f"{name}={value}" for name, value in settings.items() if value)
    shown += ("nocopy",) if volume.get("NoCopy") else ()
    shown += ("not recursive",) if bind.get("NonRecursive") else ()
    return _mounted(mount["Type"], "" if is_anonymous(source) else source, bool(mount.get("ReadOnly")), shown)


def _mounted(kind: str, source: str, is_read_only: bool, settings: tuple[str, ...]) -> Fact:
    shown = (*(("read-only",) if is_read_only else ()), *settings)
    name = f"{kind} {source}" if source else {"volume": "an anonymous volume"}.get(kind, kind)
    return Fact((kind, source, shown), f"{name} ({', '.join(shown)})" if shown else name)


def is_anonymous(volume: str) -> bool:
    """Whether a volume's name is one that the engine made up."""
    return len(volume) == 64 and all(digit in "0123456789abcdef" for digit in volume)
