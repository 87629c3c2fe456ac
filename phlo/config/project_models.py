"""What may stand in phlo.yaml: pydantic's models of it.

They are loaded for its JSON Schema, and for a file that is not plainly right (see `phlo.config.plain`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from phlo.config.shapes import Shape

_Text: TypeAlias = Annotated[Any, Shape("a text", "string", "number")]
_Flag: TypeAlias = Annotated[Any, Shape("true or false", "boolean")]
_Number: TypeAlias = Annotated[Any, Shape("a number", "number")]
_Amount: TypeAlias = Annotated[Any, Shape("a number with its unit", "string", "number")]
_List: TypeAlias = Annotated[Any, Shape("a list", "array")]
_Texts: TypeAlias = Annotated[Any, Shape("a text or a list", "string", "number", "array")]
_Map: TypeAlias = Annotated[Any, Shape("a mapping (name: value)", "object")]
_Pairs: TypeAlias = Annotated[Any, Shape("a mapping (name: value) or a list", "object", "array")]
_Any: TypeAlias = Annotated[Any, Shape("a text, a list or a mapping", "string", "number", "boolean", "array", "object")]
_Port: TypeAlias = Annotated[Any, Shape("a port from 1 to 65535", "integer", minimum=1, maximum=65535)]
_Count: TypeAlias = Annotated[Any, Shape("a number from 0 up", "integer", minimum=0)]
_Names: TypeAlias = Annotated[
    list[str],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value, json_schema_input_type=list[str] | str),
]

ImageSourceName = Literal["auto", "pull", "build"]


class _Strict(BaseModel):
    """A mapping with known keys; `x-` keys are the user's own and ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_extensions(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            return {key: item for key, item in data.items() if not str(key).startswith("x-")}
        return data


class ServiceOverride(_Strict):
    """What phlo.yaml changes of a service, or an inline service as a whole."""

    # What phlo decides.
    type: Literal["inline"] | None = None
    enabled: bool | None = Field(None, description="Whether the service is part of a run; a profile is not asked then.")
    port: _Port = Field(None, description="Moves the first published port of the host to this one.")
    hosts: _Names | None = Field(None, description="Hosts or groups of the inventory that the service runs on.")
    update: _Map = Field(None, description="How new versions are rolled out, as Compose's deploy.update_config.")
    image_source: ImageSourceName | None = Field(None, description="Whether the image is pulled or built.")
    replaces: bool | None = Field(
        None, description="An inline service takes the place of the installed one of the same name."
    )

    # Compose attributes.
    annotations: _Pairs = None
    attach: _Flag = None
    blkio_config: _Map = None
    build: Annotated[Any, Shape("a folder or a mapping", "string", "object")] = None
    cap_add: _List = None
    cap_drop: _List = None
    cgroup: _Text = None
    cgroup_parent: _Text = None
    command: _Texts = Field(None, description="Replaces the command.")
    configs: _List = None
    container_name: _Text = None
    cpu_count: _Number = None
    cpu_percent: _Number = None
    cpu_period: _Amount = None
    cpu_quota: _Amount = None
    cpu_rt_period: _Amount = None
    cpu_rt_runtime: _Amount = None
    cpu_shares: _Number = None
    cpus: _Number = None
    cpuset: _Text = None
    credential_spec: _Map = None
    depends_on: _Pairs = Field(None, description="Replaces what the service depends on.")
    deploy: _Map = None
    develop: _Map = None
    device_cgroup_rules: _List = None
    devices: _List = None
    dns: _Texts = None
    dns_opt: _List = None
    dns_search: _Texts = None
    domainname: _Text = None
    entrypoint: _Texts = None
    env_file: _Any = None
    environment: _Pairs = Field(None, description="Merged with the service's own; these values win.")
    expose: _List = None
    extends: _Any = None
    external_links: _List = None
    extra_hosts: _Pairs = None
    gpus: _Any = None
    group_add: _List = None
    healthcheck: _Map = None
    hostname: _Text = None
    image: _Text = None
    init: _Flag = None
    ipc: _Text = None
    isolation: _Text = None
    label_file: _Texts = None
    labels: _Pairs = None
    links: _List = None
    logging: _Map = None
    mac_address: _Text = None
    mem_limit: _Amount = None
    mem_reservation: _Amount = None
    mem_swappiness: _Number = None
    memswap_limit: _Amount = None
    models: _Pairs = None
    network_mode: _Text = None
    networks: _Pairs = None
    oom_kill_disable: _Flag = None
    oom_score_adj: _Number = None
    pid: _Text = None
    pids_limit: _Number = None
    platform: _Text = None
    ports: _List = Field(None, description="Replaces the published ports.")
    post_start: _List = None
    pre_stop: _List = None
    privileged: _Flag = None
    profiles: _List = None
    provider: _Map = None
    pull_policy: _Text = None
    read_only: _Flag = None
    restart: Annotated[Any, Shape("no, always, on-failure or unless-stopped", "string", "boolean")] = None
    runtime: _Text = None
    scale: _Count = None
    secrets: _List = None
    security_opt: _List = None
    shm_size: _Amount = None
    stdin_open: _Flag = None
    stop_grace_period: _Amount = None
    stop_signal: _Text = None
    storage_opt: _Map = None
    sysctls: _Pairs = None
    tmpfs: _Texts = None
    tty: _Flag = None
    ulimits: _Map = None
    use_api_socket: _Flag = None
    user: _Text = None
    userns_mode: _Text = None
    uts: _Text = None
    volumes: _List = Field(None, description="Added to the service's own; one of the same target takes its place.")
    volumes_from: _List = None
    working_dir: _Text = None

    # What an inline service may say as a role's service.yaml does.
    category: _Text = None
    conditional_environment: _Map = None
    description: _Text = None
    dev: _Map = None
    env_vars: _Map = None
    files: _List = None
    hooks: _Map = None
    one_shot: bool | None = None
    profile: _Text = None
    provides: _Pairs = None
    requires: _Pairs = None
    tasks: _List = None
    templates: _List = None
    version: _Text = None
    wants: _Pairs = None


class Services(_Strict):
    """Overrides and inline services by name; `enabled` and `disabled` may be lists of names."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, ServiceOverride | None]

    defaults: bool = Field(True, description="Whether services that are default ones in their package run unasked.")
    enabled: list[str] = Field([], description="Services that run though they are not default ones.")
    disabled: list[str] = Field([], description="Services that do not run.")

    def overrides(self) -> dict[str, ServiceOverride]:
        return {name: given or ServiceOverride() for name, given in (self.__pydantic_extra__ or {}).items()}


class IpamPool(_Strict):
    subnet: str | None = None
    ip_range: str | None = None
    gateway: str | None = None
    aux_addresses: dict[str, str] = {}


class Ipam(_Strict):
    driver: str | None = None
    config: list[IpamPool] = []
    options: dict[str, str] = {}


class NetworkConfig(_Strict):
    """A network, as at the top level of a Compose file."""

    name: str | None = None
    driver: str | None = None
    driver_opts: _Map = None
    external: bool = False
    internal: bool = False
    attachable: bool = False
    enable_ipv4: bool | None = None
    enable_ipv6: bool | None = None
    ipam: Ipam | None = None
    labels: _Pairs = None


class ProjectNetwork(NetworkConfig):
    """The network that every service joins which names none."""

    subnet: str | None = Field(None, description="Short for ipam.config[0].subnet.")
    gateway: str | None = Field(None, description="Short for ipam.config[0].gateway.")


class Infrastructure(_Strict):
    network: ProjectNetwork | None = None


class VolumeConfig(_Strict):
    """A named volume, as at the top level of a Compose file."""

    name: str | None = None
    driver: str | None = None
    driver_opts: _Map = None
    external: bool = False
    labels: _Pairs = None


class FileConfig(_Strict):
    """A config or secret, as at the top level of a Compose file: one of file, content and environment."""

    name: str | None = None
    file: str | None = None
    content: str | None = None
    environment: str | None = None
    external: bool = False


class SecretSource(_Strict):
    """Where a secret's value is, outside of phlo's own files: one of file, command and vault."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [name]} for name in ("file", "command", "vault")]},
    )

    file: str | None = Field(None, description="A file that holds it; a relative path starts at the project's folder.")
    command: Annotated[list[str], Field(min_length=1)] | None = Field(
        None, description="A program and its arguments, that prints it."
    )
    vault: str | None = Field(None, description="Its name in the project's encrypted file.")
    timeout_seconds: Annotated[float, Field(gt=0)] = Field(60, description="How long the command may take.")

    @model_validator(mode="after")
    def _is_one(self) -> SecretSource:
        if sum(given is not None for given in (self.file, self.command, self.vault)) != 1:
            raise ValueError("a secret comes from one of file, command and vault")
        return self


class ProjectConfig(_Strict):
    """A project's phlo.yaml."""

    name: str | None = Field(None, description="Name of the project; the folder's name when not given.")
    version: _Text = None
    description: str | None = None
    services: Services = Services()
    env: Annotated[Any, Shape("a mapping (NAME: value)", "object")] = Field(
        None, description="Variables of the project; what stands in .phlo/.env or the environment goes before them."
    )
    infrastructure: Infrastructure | None = None
    capabilities: dict[str, str] = Field({}, description="Which service provides a capability when several do.")
    image_source: ImageSourceName = Field("auto", description="Whether images are pulled or built.")
    profiles: _Names = Field([], description="Profiles that are active without being asked for.")
    networks: dict[str, NetworkConfig | None] = {}
    volumes: dict[str, VolumeConfig | None] = {}
    configs: dict[str, FileConfig | None] = {}
    secrets: dict[str, FileConfig | None] = {}
    secret_sources: dict[str, SecretSource] = Field(
        {}, description="Variables whose values are secrets kept elsewhere."
    )

    @model_validator(mode="before")
    @classmethod
    def _without_empty_sections(cls, data: Any) -> Any:
        """A section whose lines are all comments is not there."""
        if isinstance(data, Mapping):
            return {key: item for key, item in data.items() if item is not None}
        return data
