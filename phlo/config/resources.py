"""The project's networks and volumes, as Docker knows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from phlo.config.containers import NETWORK_KEYS, Container
from phlo.config.layers import scalar_text
from phlo.config.plain import NotPlainError, reader
from phlo.config.project import NetworkSpec, VolumeSpec
from phlo.config.project_file import ProjectFile
from phlo.errors import ConfigError, PhloError, did_you_mean, first_of

if TYPE_CHECKING:
    from phlo.config.project_models import NetworkConfig, ProjectConfig, VolumeConfig

DEFAULT_NETWORK = "default"


def network_specs(project: str, file: ProjectFile, containers: Iterable[Container]) -> dict[str, NetworkSpec]:
    """The networks that the containers join, by key.

    One that nobody describes is made as it comes; phlo.yaml may name only those that it or a role describes.
    Raises ConfigError for every other.
    """
    containers = list(containers)
    declared = _declared_networks(file.config, containers)
    used: dict[str, NetworkConfig] = {}
    errors: list[PhloError] = []
    for container in containers:
        for joined in container.compose.networks:
            key = joined.key
            if key not in declared and key != DEFAULT_NETWORK and container.is_users("networks"):
                where = _network_position(container, key)
                fix = did_you_mean(key, (*declared, DEFAULT_NETWORK))
                errors.append(ConfigError(f'there is no network "{key}"', where=where, fix=fix))
            used[key] = declared.get(key, reader().part("NetworkConfig", {}))
    if errors:
        raise first_of(errors)
    return {key: _network(key, config, project) for key, config in sorted(used.items())}


def _declared_networks(config: ProjectConfig, containers: Iterable[Container]) -> dict[str, NetworkConfig]:
    found: dict[str, NetworkConfig] = {}
    for container in containers:
        for key, joined in container.definition.networks.items():
            described = {name: item for name, item in (joined or {}).items() if name in NETWORK_KEYS}
            if described or key not in found:
                found[key] = _role_network(described, container, key)
    if config.infrastructure and config.infrastructure.network:
        found[DEFAULT_NETWORK] = config.infrastructure.network
    found.update({key: given or reader().part("NetworkConfig", {}) for key, given in config.networks.items()})
    return found


def _role_network(described: Mapping[str, Any], container: Container, key: str) -> NetworkConfig:
    try:
        plain: NetworkConfig = reader().part("NetworkConfig", described)
        return plain
    except NotPlainError:
        pass
    from pydantic import ValidationError

    from phlo.config.project_models import NetworkConfig
    from phlo.config.validation import config_errors

    try:
        return NetworkConfig.model_validate(described)
    except ValidationError as reason:
        document = container.definition.document
        if document is None:
            raise ConfigError(f'the network "{key}" is not described well', where=container.definition.name) from None
        raise first_of(config_errors(reason, document, NetworkConfig, below=("networks", key))) from None


def _network_position(container: Container, key: str) -> str:
    given = container.merged.attributes.get("networks")
    index = list(map(str, given)).index(key) if isinstance(given, list) else key
    return container.merged.where("networks", index)


def _network(key: str, config: NetworkConfig, project: str) -> NetworkSpec:
    name = config.name or (key if config.external else f"{project}_{key}")
    if config.external:
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
    return NetworkSpec(key=key, name=name, options={name: item for name, item in options.items() if item})


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
    if subnet := getattr(config, "subnet", None):  # only a ProjectNetwork has it
        pools.insert(0, {"Subnet": subnet, "Gateway": getattr(config, "gateway", None)})
    ipam = {
        "Driver": given.driver if given else None,
        "Config": [{key: item for key, item in pool.items() if item} for pool in pools],
        "Options": dict(given.options) if given else None,
    }
    return {key: item for key, item in ipam.items() if item}


def volume_specs(project: str, file: ProjectFile, containers: Iterable[Container]) -> dict[str, VolumeSpec]:
    """The named volumes that the containers mount, by key; one that phlo.yaml does not describe is a plain one."""
    used = sorted({key for container in containers for key in container.compose.named_volumes})
    return {
        key: _volume(key, file.config.volumes.get(key) or reader().part("VolumeConfig", {}), project) for key in used
    }


def _volume(key: str, config: VolumeConfig, project: str) -> VolumeSpec:
    name = config.name or (key if config.external else f"{project}_{key}")
    if config.external:
        return VolumeSpec(key=key, name=name, is_external=True)
    options = {"Driver": config.driver, "DriverOpts": _texts(config.driver_opts), "Labels": _texts(config.labels)}
    return VolumeSpec(key=key, name=name, options={name: item for name, item in options.items() if item})


def driver_of(volume: VolumeSpec | None) -> str | None:
    """The driver of a volume; None for one that phlo.yaml does not describe."""
    return volume.options.get("Driver") if volume else None


def _texts(value: Any) -> dict[str, str]:
    """A mapping, or a list of NAME=value, with every value a text."""
    if isinstance(value, (list, tuple)):
        value = dict(str(item).partition("=")[::2] for item in value)
    return {str(key): scalar_text(item) or "" for key, item in (value or {}).items()}
