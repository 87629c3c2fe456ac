"""The project's networks and volumes, as Docker knows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from phlo.config.containers import NETWORK_KEYS, Container
from phlo.config.layers import scalar_text
from phlo.config.project import NetworkSpec, VolumeSpec
from phlo.config.project_config import NetworkConfig, VolumeConfig
from phlo.config.project_file import ProjectFile, check_section
from phlo.errors import ConfigError, PhloError, did_you_mean, first_of
from phlo.labels import LABEL_PROTECT
from phlo.sections.accepted import Accepted
from phlo.sections.values import section
from phlo.yaml_source import YamlDocument

DEFAULT_NETWORK = "default"
_TRUE = ("true", "yes", "on", "1")
_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")


def network_specs(project: str, file: ProjectFile, containers: Iterable[Container]) -> dict[str, NetworkSpec]:
    """The networks that the containers join, by key.

    One that nobody describes is made as it comes; phlo.yaml may name only those that it or a role describes.
    Raises ConfigError for every other.
    """
    containers = list(containers)
    declared = _declared_networks(file, containers)
    used: dict[str, NetworkConfig] = {}
    errors: list[PhloError] = []
    for container in containers:
        for joined in container.compose.networks:
            key = joined.key
            if key not in declared and key != DEFAULT_NETWORK and container.is_users("networks"):
                where = container.merged.where("networks", key)
                fix = did_you_mean(key, (*declared, DEFAULT_NETWORK))
                errors.append(ConfigError(f'there is no network "{key}"', where=where, fix=fix))
            used[key] = declared.get(key, NetworkConfig())
    if errors:
        raise first_of(errors)
    return {key: _network(key, config, project, file.document) for key, config in sorted(used.items())}


def _declared_networks(file: ProjectFile, containers: Iterable[Container]) -> dict[str, NetworkConfig]:
    config = file.config
    found: dict[str, NetworkConfig] = {}
    for container in containers:
        for key, joined in container.definition.networks.items():
            described = {name: item for name, item in (joined or {}).items() if name in NETWORK_KEYS}
            if described or key not in found:
                found[key] = _role_network(described, container, key, file.accepted)
    if config.infrastructure and config.infrastructure.network:
        found[DEFAULT_NETWORK] = config.infrastructure.network
    found.update({key: given or NetworkConfig() for key, given in config.networks.items()})
    return found


def _role_network(described: Mapping[str, Any], container: Container, key: str, accepted: Accepted) -> NetworkConfig:
    document = container.definition.document or YamlDocument(data={}, label=container.definition.name, marks={})
    check_section(NetworkConfig, described, document, accepted=accepted, below=("networks", key))
    return section(NetworkConfig, described)


def _network(key: str, config: NetworkConfig, project: str, document: YamlDocument) -> NetworkSpec:
    external = _external_name(key, config)
    name = external or config.name or f"{project}_{key}"
    _check_network_name(name, document.where("networks", key, "name"), is_external=bool(external))
    if external:
        return NetworkSpec(key=key, name=name, is_external=True)
    options = {
        "Driver": config.driver or "bridge",
        "Internal": config.internal,
        "Attachable": config.attachable,
        "EnableIPv4": config.enable_ipv4,
        "EnableIPv6": config.enable_ipv6,
        "Options": _texts(config.driver_opts),
        "IPAM": _ipam(config),
        "Labels": _texts(config.labels),
    }
    asked = {name: item for name, item in options.items() if item or (name == "EnableIPv4" and item is False)}
    return NetworkSpec(key=key, name=name, options=asked)


def _external_name(key: str, config: NetworkConfig | VolumeConfig) -> str | None:
    """What an external network or volume is called in Docker; None for one that is not external."""
    given = config.external
    if isinstance(given, Mapping):  # of old Compose files
        return scalar_text(given.get("name")) or config.name or key
    is_external = (scalar_text(given) or "").lower() in _TRUE  # a text when a variable says it
    return (config.name or key) if is_external else None


def _check_network_name(name: str, where: str, *, is_external: bool) -> None:
    """Raise ConfigError for a name that the engine would refuse."""
    if name.strip() != name or "/" in name:
        fix = "Take the slash and the spaces out of it."
        raise ConfigError(f'"{name}" cannot be the name of a network', where=where, fix=fix)
    if name in ("bridge", "host", "none") and not is_external:
        fix = "Choose another name, or mark it external to use the engine's own network."
        raise ConfigError(f'"{name}" is the name of a network that the engine has itself', where=where, fix=fix)


def _check_volume_name(name: str, where: str) -> None:
    if not _VOLUME_NAME.fullmatch(name):
        fix = "Write at least two letters, digits, _ . and -, a letter or digit first."
        raise ConfigError(f'"{name}" cannot be the name of a volume', where=where, fix=fix)


def _ipam(config: NetworkConfig) -> dict[str, Any]:
    given = config.ipam
    pools = [
        {
            "Subnet": pool.subnet,
            "IPRange": pool.ip_range,
            "Gateway": pool.gateway,
            "AuxiliaryAddresses": pool.aux_addresses,
        }
        for pool in (given.config if given else ())
    ]
    if config.subnet:
        pools.insert(0, {"Subnet": config.subnet, "Gateway": config.gateway})
    ipam = {
        "Driver": given.driver if given else None,
        "Config": [{key: item for key, item in pool.items() if item} for pool in pools],
        "Options": dict(given.options) if given else None,
    }
    return {key: item for key, item in ipam.items() if item}


def volume_specs(project: str, file: ProjectFile, containers: Iterable[Container]) -> dict[str, VolumeSpec]:
    """The named volumes that the containers mount, by key; one that nobody describes is a plain one.

    Raises ConfigError for one that a Compose file mounts and does not describe.
    """
    containers = list(containers)
    if errors := [error for container in containers for error in _undeclared_volumes(container, file)]:
        raise first_of(errors)
    used = sorted({key for container in containers for key in container.compose.named_volumes})
    by_role = {key for container in containers for key in container.definition.protect}
    return {
        key: _volume(key, file.config.volumes.get(key) or VolumeConfig(), project, key in by_role, file.document)
        for key in used
    }


def _undeclared_volumes(container: Container, file: ProjectFile) -> Iterator[ConfigError]:
    if container.definition.kind != "compose":
        return
    for index, mount in enumerate(container.compose.volumes):
        if mount.type == "volume" and mount.source and mount.source not in file.config.volumes:
            fix = did_you_mean(mount.source, file.config.volumes) or f"Add it: volumes: {{{mount.source}: {{}}}}."
            where = container.merged.where("volumes", index)
            yield ConfigError(f'there is no volume "{mount.source}"', where=where, fix=fix)


def _volume(
    key: str, config: VolumeConfig, project: str, is_protected_by_role: bool, document: YamlDocument
) -> VolumeSpec:
    external = _external_name(key, config)
    name = external or config.name or f"{project}_{key}"
    _check_volume_name(name, document.where("volumes", key, "name"))
    if external:
        return VolumeSpec(key=key, name=name, is_external=True)
    given = scalar_text(config.protect)  # a text when a variable says it
    is_protected = is_protected_by_role if given is None else given.lower() in _TRUE
    labels = {**_texts(config.labels), **({LABEL_PROTECT: "true"} if is_protected else {})}
    options = {"Driver": config.driver, "DriverOpts": _texts(config.driver_opts), "Labels": labels}
    asked = {name: item for name, item in options.items() if item}
    return VolumeSpec(key=key, name=name, options=asked, is_protected=is_protected)


def driver_of(volume: VolumeSpec | None) -> str | None:
    """The driver of a volume; None for one that phlo.yaml does not describe."""
    return volume.options.get("Driver") if volume else None


def _texts(value: Any) -> dict[str, str]:
    """A mapping, or a list of NAME=value, with every value a text."""
    if isinstance(value, (list, tuple)):
        value = dict(str(item).partition("=")[::2] for item in value)
    return {str(key): scalar_text(item) or "" for key, item in (value or {}).items()}
