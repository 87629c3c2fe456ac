"""The options of `docker_network`, `docker_volume` and `docker_image` as entries of a Compose project.

Source: the documentation of the collection community.docker.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The entry, and the options that are left out.
Entry = tuple[dict[str, Any], tuple[str, ...]]

_CONNECTION = ("docker_host", "tls", "validate_certs", "api_version", "timeout", "debug", "ca_path", "client_cert")
_WITHOUT_MEANING = ("state", "force", "appends", "name", "network_name", "volume_name", "recreate", *_CONNECTION)
_NETWORK = {
    "attachable": "attachable",
    "driver": "driver",
    "driver_options": "driver_opts",
    "enable_ipv6": "enable_ipv6",
    "internal": "internal",
    "labels": "labels",
}
_VOLUME = {"driver": "driver", "driver_options": "driver_opts", "labels": "labels"}
_IPAM = {"subnet": "subnet", "gateway": "gateway", "iprange": "ip_range", "aux_addresses": "aux_addresses"}
_BUILD = {
    "args": "args",
    "cache_from": "cache_from",
    "dockerfile": "dockerfile",
    "etc_hosts": "extra_hosts",
    "labels": "labels",
    "network": "network",
    "nocache": "no_cache",
    "path": "context",
    "platform": "platforms",
    "pull": "pull",
    "shm_size": "shm_size",
    "target": "target",
}


def network(options: Mapping[str, Any]) -> Entry:
    """An entry of `networks` with the network's own name."""
    name = str(options.get("name") or options.get("network_name") or "")
    found, lost = _renamed(options, _NETWORK, ("ipam_config", "ipam_driver", "ipam_driver_options"))
    ipam: dict[str, Any] = {}
    if options.get("ipam_driver"):
        ipam["driver"] = options["ipam_driver"]
    if options.get("ipam_driver_options"):
        ipam["options"] = options["ipam_driver_options"]
    if configs := options.get("ipam_config"):
        ipam["config"] = [{_IPAM[key]: item for key, item in one.items() if key in _IPAM} for one in configs]
    return {"name": name, **found, **({"ipam": ipam} if ipam else {})}, lost


def volume(options: Mapping[str, Any]) -> Entry:
    """An entry of `volumes` with the volume's own name, so that its data stays."""
    name = str(options.get("name") or options.get("volume_name") or "")
    found, lost = _renamed(options, _VOLUME, ())
    return {"name": name, **found}, lost


def image(options: Mapping[str, Any]) -> tuple[str, dict[str, Any] | None, tuple[str, ...]]:
    """The image's reference, how it is built (None: it is pulled), and the options that are left out."""
    name, tag = str(options.get("name", "")), options.get("tag")
    if tag and "@" not in name and ":" not in name.rpartition("/")[2]:
        name = f"{name}:{tag}"
    if options.get("source") not in ("build", "pull", None):
        return name, None, ("source",)
    known = ("build", "source", "tag", "pull", "force_source", "force_tag", "force_absent")
    lost = tuple(key for key in options if key not in (*known, *_WITHOUT_MEANING) and options[key] not in (None, False))
    given = options.get("build")
    if options.get("source") == "pull" or not isinstance(given, Mapping):
        return name, None, lost
    build = {_BUILD[key]: item for key, item in given.items() if key in _BUILD and item is not None}
    lost += tuple(f"build.{key}" for key in given if key not in _BUILD)
    if "platforms" in build:
        build["platforms"] = [build["platforms"]]
    return name, build, lost


def _renamed(options: Mapping[str, Any], names: Mapping[str, str], others: tuple[str, ...]) -> Entry:
    found = {names[key]: item for key, item in options.items() if key in names and item is not None}
    known = (*names, *others, *_WITHOUT_MEANING)
    return found, tuple(key for key, item in options.items() if key not in known and item is not None)
