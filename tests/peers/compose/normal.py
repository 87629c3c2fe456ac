"""The rules by which phlo's requests and those of Compose are brought into one form. What a rule drops says nothing."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

# Sent by Compose as zero where nothing is given; the engine takes zero as not given.
_ZEROS = (
    "BlkioWeight",
    "CpuCount",
    "CpuPercent",
    "CpuPeriod",
    "CpuQuota",
    "CpuRealtimePeriod",
    "CpuRealtimeRuntime",
    "CpuShares",
    "IOMaximumBandwidth",
    "IOMaximumIOps",
    "Memory",
    "MemoryReservation",
    "MemorySwap",
    "NanoCpus",
    "OomScoreAdj",
    "PidsLimit",
    "ShmSize",
)
# How the command line attaches to a container, and fields of an answer that Compose sends back.
_SILENT = (
    "AttachStdin",
    "AttachStdout",
    "AttachStderr",
    "StdinOnce",
    "Image",
    "ConsoleSize",
    "CheckDuplicate",
    "Scope",
)
_ENDPOINT_SILENT = ("GlobalIPv6PrefixLen", "IPPrefixLen", "IPAddress", "GlobalIPv6Address")
# What the engine takes where nothing is given.
_DEFAULTS: Mapping[str, Any] = {"Isolation": "default", "IpcMode": "private", "CgroupnsMode": "", "Driver": "bridge"}
# Lists of one body whose order means nothing.
_SETS = (
    "CapAdd",
    "CapDrop",
    "ExtraHosts",
    "GroupAdd",
    "Links",
    "SecurityOpt",
    "VolumesFrom",
    "LinkLocalIPs",
)


def requests(found: Sequence[Mapping[str, Any]], ignored_targets: Mapping[str, set[str]]) -> dict[str, Any]:
    """`container NAME` (`network NAME`, `volume NAME`) -> its body in the common form.

    ignored_targets: container -> paths at which Compose mounts the files of secrets and configs, which phlo copies.
    """
    result = {}
    for request in found:
        kind = next(kind for kind in ("container", "network", "volume") if kind in request)
        name = request[kind]
        body = request["body"]
        result[f"{kind} {name}"] = (
            _container(body, name, ignored_targets.get(name, set())) if kind == "container" else _resource(body, kind)
        )
    return result


def _resource(body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """A network or a volume."""
    found = {key: value for key, value in body.items() if key not in ("Name", *_SILENT)}
    found["Driver"] = None if found.get("Driver") in ("bridge", "local") else found.get("Driver")
    ipam = found.get("IPAM") or {}
    found["IPAM"] = _tidy({key: value for key, value in ipam.items() if (key, value) != ("Driver", "default")})
    found["Labels"] = _users(found.get("Labels") or {})
    return _tidy(found)


def _container(body: Mapping[str, Any], name: str, ignored: set[str]) -> dict[str, Any]:
    host = dict(body.get("HostConfig") or {})
    mounts = _mounts(host.pop("Binds", None) or (), host.pop("Mounts", None) or (), body.get("Volumes") or {})
    found = {key: value for key, value in body.items() if key not in (*_SILENT, "HostConfig", "Volumes")}
    endpoints = (found.pop("NetworkingConfig", None) or {}).get("EndpointsConfig") or found.pop("networks", None) or {}
    if found.get("WorkingDir"):
        found["WorkingDir"] = posixpath.normpath(found["WorkingDir"])
    found["Env"] = _pairs(found.get("Env") or ())
    ports = found.get("ExposedPorts") or ()
    found["ExposedPorts"] = sorted(port if "/" in port else f"{port}/tcp" for port in ports)
    found["Labels"] = _users(found.get("Labels") or {})
    found["mounts"] = {target: mount for target, mount in mounts.items() if target not in ignored}
    found["networks"] = {key: _endpoint(value or {}, name) for key, value in endpoints.items()}
    mac_address = found.pop("MacAddress", None)
    if mac_address and host.get("NetworkMode") in found["networks"]:
        found["networks"][host["NetworkMode"]].setdefault("MacAddress", mac_address)
    check = found.get("Healthcheck") or {}
    found["Healthcheck"] = {key: value for key, value in check.items() if value != 0}  # 0 is the engine's default
    links = {link for endpoint in found["networks"].values() for link in endpoint.get("Links", ())}
    host["Links"] = sorted(set(host.get("Links") or ()) - links)  # the engine takes them for those of the first network
    return _tidy({**found, "HostConfig": _host(host)})


def _host(host: dict[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in host.items() if key not in _SILENT and _DEFAULTS.get(key) != value}
    found = {key: value for key, value in found.items() if value != 0 or key not in _ZEROS}
    policy = found.get("RestartPolicy") or {}
    if policy.get("Name", "") in ("", "no"):
        found.pop("RestartPolicy", None)
    found["LogConfig"] = _tidy(found.get("LogConfig") or {})
    found["PortBindings"] = {
        port: sorted(({k: v for k, v in one.items() if v} for one in bindings), key=str)
        for port, bindings in (found.get("PortBindings") or {}).items()
    }
    found["CapAdd"] = [_capability(name) for name in found.get("CapAdd") or ()]
    found["CapDrop"] = [_capability(name) for name in found.get("CapDrop") or ()]
    # The engine takes `key:value`, the form of before 1.11, as `key=value`, and `name` as `name:rw`.
    found["SecurityOpt"] = [re.sub(r"^([a-z-]+):", r"\1=", option) for option in found.get("SecurityOpt") or ()]
    found["VolumesFrom"] = [item.removesuffix(":rw") for item in found.get("VolumesFrom") or ()]
    for key in _SETS:
        found[key] = sorted(found.get(key) or ())
    found["Ulimits"] = sorted(found.get("Ulimits") or (), key=str)
    found["DeviceRequests"] = [
        {key: value for key, value in _tidy(one).items() if value != 0} for one in found.get("DeviceRequests") or ()
    ]
    init = {"Init": False} if found.get("Init") is False else {}
    is_open = {key: [] for key in ("MaskedPaths", "ReadonlyPaths") if host.get(key) == []}
    return _tidy(found) | init | is_open


def _capability(name: str) -> str:
    """The engine takes `NET_ADMIN` and `cap_net_admin` as `CAP_NET_ADMIN`."""
    return name.upper() if name.upper() in ("ALL",) else f"CAP_{name.upper().removeprefix('CAP_')}"


def _mounts(binds: Sequence[str], mounts: Sequence[Mapping[str, Any]], anonymous: Mapping[str, Any]) -> dict[str, Any]:
    """Target -> mount, of all the forms that a request has for one."""
    found: dict[str, Any] = {target: {"type": "volume"} for target in anonymous}
    for bind in binds:
        source, target, *more = bind.split(":")
        options = set(",".join(more).split(",")) - {"", "rw"}
        is_bind = source.startswith("/")
        found[target] = {
            "type": "bind" if is_bind else "volume",
            "source": source,
            "read_only": "ro" in options,
            "creates": is_bind,
            "options": sorted(options - {"ro"}),
        }
    for mount in mounts:
        kind = mount["Type"]
        options = dict(mount.get(f"{kind.capitalize()}Options") or {})
        creates = options.pop("CreateMountpoint", False)
        words = [name for name, word in (("NoCopy", "nocopy"),) if options.pop(name, None) for name in (word,)]
        propagation = options.pop("Propagation", None)
        found[mount["Target"]] = {
            "type": kind,
            "source": mount.get("Source"),
            "read_only": mount.get("ReadOnly", False),
            "creates": kind == "bind" and creates,
            "options": sorted([*words, *([propagation] if propagation else [])]),
            **options,
        }
    return {target: _tidy(mount) for target, mount in found.items()}


def _endpoint(endpoint: Mapping[str, Any], container: str) -> dict[str, Any]:
    found = {key: value for key, value in endpoint.items() if key not in _ENDPOINT_SILENT}
    found["Aliases"] = sorted(set(found.get("Aliases") or ()) - {container})
    found["Links"] = sorted(found.get("Links") or ())
    if not found.get("GwPriority"):
        found.pop("GwPriority", None)
    return _tidy(found)


def _pairs(items: Sequence[str]) -> dict[str, str | None]:
    """Of a name that is there twice the later value; None is the engine's way to remove what the image has."""
    return {name: value if sign else None for name, sign, value in (item.partition("=") for item in items)}


def _users(labels: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in labels.items() if not key.startswith(("com.docker.compose.", "phlo."))}


def _tidy(found: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not given."""
    return {
        key: value
        for key, value in found.items()
        if not (
            value is None or value is False or value in ("", {}) or (value == [] and key not in ("Cmd", "Entrypoint"))
        )
    }


# -- the model -----------------------------------------------------------------------------------------

# Lists of a service whose order means nothing to an engine.
_UNORDERED = ("cap_add", "cap_drop", "configs", "expose", "extra_hosts", "files", "group_add", "links", "ports")
# Numbers of which 0 is the same as none.
_ZERO_IS_NONE = ("mem_limit", "oom_score_adj")
_UNORDERED += ("secrets", "security_opt", "volumes", "volumes_from", "devices", "device_cgroup_rules")


def model(found: Mapping[str, Any]) -> dict[str, Any]:
    """What phlo resolved, with lists whose order means nothing sorted."""
    services = {}
    for name, service in found["services"].items():
        for port in service["ports"]:
            port["mode"] = port["mode"] or "ingress"  # `config` says what is meant when nothing is given
        if service["build"]:  # an argument without a value that no variable gives is none
            arguments = service["build"]["args"]
            service["build"]["args"] = {key: value for key, value in arguments.items() if value is not None}
        services[name] = {
            key: sorted(value, key=str)
            if key in _UNORDERED and isinstance(value, list)
            else value or None
            if key in _ZERO_IS_NONE
            else value
            for key, value in service.items()
        }
    return {**found, "services": services}
