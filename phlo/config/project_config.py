"""The sections of phlo.yaml as frozen values, and how they are made from data that pydantic has accepted.

The sections are declared here only: `phlo.config.project_models` derives the models that check them. This module does
not load pydantic, which takes longer than all else that a short command does. See docs/architecture/decisions/0010.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from phlo.compose.loose import ANY, FLAG, FLAG_OR_MAP, LIST, MAP, PAIRS, PORT, TEXT
from phlo.discovery.parts import Needs
from phlo.frozen import dataclass, field, replace
from phlo.sections.forms import NAMES_AS_MAPPING, ONE_OR_MANY
from phlo.sections.values import section

ImageSourceName = Literal["auto", "pull", "build", "upstream"]


def _doc(description: str, default: Any = None) -> Any:
    return field(default=default, metadata={"description": description})


def _docs(description: str, factory: Any) -> Any:
    return field(default_factory=factory, metadata={"description": description})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOverride:
    """What phlo.yaml changes of a service, or an inline service as a whole."""

    # Its Compose attributes, and what an inline service has of a role (`ROLE_SHAPES`), are read from the document.
    type: Literal["inline"] | None = None
    enabled: bool | None = _doc("Whether the service is part of a run; a profile is not asked then.")
    port: Annotated[Any, PORT] = _doc("Moves the first published port of the host to this one.")
    hosts: Annotated[list[str], ONE_OR_MANY] | None = _doc("Hosts or groups of the inventory that the service runs on.")
    update: Annotated[Any, MAP] = _doc("How new versions are rolled out, as Compose's deploy.update_config.")
    image_source: ImageSourceName | None = _doc(
        "Whether the recipe's image is pulled or built, or upstream's image is used."
    )
    needs: Needs | None = _doc("What the service relies on in its image; default: as the role says.")
    replaces: bool | None = _doc("An inline service takes the place of the installed one of the same name.")
    authorization: Annotated[Any, ANY] = _doc("Accepted as in published phlo projects; has no effect.")


PHLO_KEYS: tuple[str, ...] = ServiceOverride.__slots__

# What an inline service may say as a role's service.yaml does.
ROLE_SHAPES: Mapping[str, Any] = types.MappingProxyType(
    {
        "category": Annotated[Any, TEXT],
        "conditional_environment": Annotated[Any, MAP],
        "description": Annotated[Any, TEXT],
        "dev": Annotated[Any, MAP],
        "env_vars": Annotated[Any, MAP],
        "files": Annotated[Any, LIST],
        "hooks": Annotated[Any, MAP],
        "one_shot": bool | None,
        "profile": Annotated[Any, TEXT],
        "provides": Annotated[Any, PAIRS],
        "requires": Annotated[Any, PAIRS],
        "tasks": Annotated[Any, LIST],
        "templates": Annotated[Any, LIST],
        "version": Annotated[Any, TEXT],
        "wants": Annotated[Any, PAIRS],
    }
)
ROLE_KEYS = tuple(ROLE_SHAPES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Overrides and inline services by name; `enabled` and `disabled` may be lists of names."""

    defaults: bool = _doc("Whether services that are default ones in their package run unasked.", default=True)
    enabled: list[str] = _docs("Services that run though they are not default ones.", list)
    disabled: list[str] = _docs("Services that do not run.", list)
    _overrides: Mapping[str, ServiceOverride] = field(default_factory=dict)

    def overrides(self) -> Mapping[str, ServiceOverride]:
        return self._overrides


@dataclass(frozen=True, slots=True, kw_only=True)
class IpamPool:
    subnet: str | None = None
    ip_range: str | None = None
    gateway: str | None = None
    aux_addresses: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ipam:
    driver: str | None = None
    config: list[IpamPool] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """A network, as at the top level of a Compose file."""

    name: str | None = None
    driver: str | None = None
    driver_opts: Annotated[Any, MAP] = None
    external: Annotated[Any, FLAG_OR_MAP] = False
    internal: bool = False
    attachable: bool = False
    enable_ipv4: bool | None = None
    enable_ipv6: bool | None = None
    ipam: Ipam | None = None
    labels: Annotated[Any, PAIRS] = None
    subnet: str | None = _doc("Short for ipam.config[0].subnet.")
    gateway: str | None = _doc("Short for ipam.config[0].gateway.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Infrastructure:
    network: NetworkConfig | None = _doc("The network that every service joins which names none.")
    api: Annotated[Any, ANY] = _doc("Accepted as in published phlo projects; has no effect.")
    services: Annotated[Any, ANY] = _doc("Accepted as in published phlo projects; has no effect.")
    wap: Annotated[Any, ANY] = _doc("Accepted as in published phlo projects; has no effect.")


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeConfig:
    """A named volume, as at the top level of a Compose file."""

    name: str | None = None
    driver: str | None = None
    driver_opts: Annotated[Any, MAP] = None
    external: Annotated[Any, FLAG_OR_MAP] = False
    labels: Annotated[Any, PAIRS] = None
    protect: Annotated[Any, FLAG] = _doc("Whether it is deleted only with --unprotect; default: as the role says.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileConfig:
    """A config or secret, as at the top level of a Compose file: one of file, content and environment."""

    name: str | None = None
    file: str | None = None
    content: str | None = None
    environment: str | None = None
    external: bool = False
    labels: Annotated[Any, PAIRS] = None  # without effect: phlo copies the file into the container


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSource:
    """Where a secret's value is, outside of phlo's own files: one of file, command and vault."""

    file: str | None = _doc("A file that holds it; a relative path starts at the project's folder.")
    command: list[str] | None = _doc("A program and its arguments, that prints it.")
    vault: str | None = _doc("Its name in the project's encrypted file.")
    timeout_seconds: float = _doc("How long the command may take.", default=60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryConfig:
    """A registry; its key is what is in front of the names of its images."""

    mirrors: str | None = _doc("It has copies of the images of this registry, such as docker.io, and none of recipes.")
    username: str | None = _doc("Who logs in there; default: whom `docker login` stored.")
    password: str | None = _doc("Their password, as a ${VARIABLE}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectConfig:
    """A project's phlo.yaml."""

    name: str | None = _doc("Name of the project; the folder's name when not given.")
    version: Annotated[Any, TEXT] = None
    description: str | None = None
    inventory: Annotated[list[str], ONE_OR_MANY] | None = _doc(
        "The inventory of commands without `-i`: paths that start at the project's folder."
    )
    include: Annotated[Any, LIST] = _doc("Compose projects whose services are part of this one: [compose.yaml].")
    services: Services = field(default_factory=Services)
    env: Annotated[Any, MAP] = _doc("Variables of the project; values in .phlo/.env or the environment override them.")
    infrastructure: Infrastructure | None = None
    capabilities: dict[str, str] = _docs("Which service provides a capability when several do.", dict)
    image_source: ImageSourceName = _doc(
        "Whether images of recipes are pulled or built, or upstream's images are used.", default="auto"
    )
    registries: Annotated[dict[str, RegistryConfig | None], NAMES_AS_MAPPING] = _docs(
        "Registries that images of recipes are pulled from and published to, by the beginning of their images' names.",
        dict,
    )
    profiles: Annotated[list[str], ONE_OR_MANY] = _docs("Profiles that are active without being asked for.", list)
    networks: dict[str, NetworkConfig | None] = field(default_factory=dict)
    volumes: dict[str, VolumeConfig | None] = field(default_factory=dict)
    configs: dict[str, FileConfig | None] = field(default_factory=dict)
    secrets: dict[str, FileConfig | None] = field(default_factory=dict)
    secret_sources: dict[str, SecretSource] = _docs("Variables whose values are secrets kept elsewhere.", dict)


SECTIONS: tuple[type, ...] = (
    *(Services, ServiceOverride, Infrastructure, NetworkConfig, Ipam, IpamPool),
    *(VolumeConfig, FileConfig, RegistryConfig, SecretSource),
)


_OWN_KEYS = ("defaults", "enabled", "disabled")


def project_config(data: Mapping[str, Any]) -> ProjectConfig:
    """The whole of a phlo.yaml that was accepted."""
    found = section(ProjectConfig, {key: item for key, item in data.items() if key != "services"})
    return replace(found, services=services(data.get("services") or {}))


def services(data: Mapping[str, Any]) -> Services:
    """The section `services`; what is not a key of its own is the name of a service."""
    named = {name: item or {} for name, item in data.items() if name not in _OWN_KEYS and not name.startswith("x-")}
    overrides = {name: section(ServiceOverride, item) for name, item in named.items()}
    return replace(section(Services, data), _overrides=overrides)
