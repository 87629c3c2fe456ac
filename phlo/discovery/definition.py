"""A service as its `service.yaml` (or an inline entry of phlo.yaml) describes it, checked and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from phlo.frozen import dataclass, field
from phlo.values import Condition

if TYPE_CHECKING:
    from phlo.yaml_source import Keys, YamlDocument

Kind = Literal["package", "project", "builtin", "inline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvVar:
    """A variable that users may set. package: the service package whose variable it is, when it is another's."""

    default: str | None = None
    description: str = ""
    secret: bool = False
    package: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildDefinition:
    """How the image is built.

    context: as written, relative as `compose.volumes` are; None: the role's own `image/` folder.
    args:    None as a value takes it from the variables, as Compose does.
    base:    suite of the bootstrapped base image (`trixie`, `bookworm`).
    name:    what the image is called; None: as the service. Services that share an image say the same.
    """

    context: str | None = None
    dockerfile: str = "Dockerfile"
    args: Mapping[str, str | None] = field(default_factory=dict)
    target: str | None = None
    base: str | None = None
    name: str | None = None
    additional_contexts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDefinition:
    """A file or folder of the role (`source`) that goes to `dest` under the project's `.phlo/`."""

    source: str
    dest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDefinition:
    """A Jinja2 template of the role. dest: absolute path in the container. owner: `uid` or `uid:gid`.

    live: the service reads it again by itself; a change of it does not make the container anew.
    """

    source: str
    dest: str
    mode: int = 0o644
    owner: str | None = None
    secret: bool = False
    live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDefinition:
    """A command at a point of the service's life; skipped when `requires`, a Python module, is not installed."""

    command: str | tuple[str, ...]
    name: str = ""
    requires: str | None = None
    delay: float = 0
    timeout_seconds: float = 300
    environment: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DevDefinition:
    """What dev mode changes. compose: further Compose attributes, as written."""

    command: Any = None
    environment: Mapping[str, Any] = field(default_factory=dict)
    volumes: tuple[Any, ...] = ()
    cwd: str | None = None
    compose: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDefinition:
    """What a role says about one service, before any user's value is applied.

    depends_on:  name -> {"condition": str | None, "required": bool, "restart": bool}; see `inferred_condition`.
    compose:     the container in Compose syntax, not interpolated; image, build, depends_on and
                 conditional_environment are taken out of it into their own fields.
    provides:    capability -> its facts, not interpolated.
    claims:      capability of `requires` and `wants` -> what the service wants of its own there, not interpolated;
                 only those that were written as a mapping.
    one_shot:    as written, None when it is not; ask `is_one_shot`.
    phlo_dev:    as written: whether, or how, the engine's own source is mounted in dev mode.
    source_path: where the package's source lies for dev mode.
    networks:    network -> its attachment (aliases, ...), as written beside `compose`.
    root:        the role's folder; of an inline service the project's.
    document, document_keys: where the definition stands, see `where`.
    """

    name: str
    description: str = ""
    category: str = "other"
    default: bool = False
    profile: str | None = None
    core: bool = False
    version: str | None = None
    image: str | None = None
    build: BuildDefinition | None = None
    depends_on: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    compose: Mapping[str, Any] = field(default_factory=dict)
    conditional_environment: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    env_vars: Mapping[str, EnvVar] = field(default_factory=dict)
    files: tuple[FileDefinition, ...] = ()
    hooks: Mapping[str, tuple[HookDefinition, ...]] = field(default_factory=dict)
    dev: DevDefinition | None = None
    provides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    claims: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    templates: tuple[TemplateDefinition, ...] = ()
    tasks: tuple[str, ...] = ()
    one_shot: bool | None = None
    gitignore: tuple[str, ...] = ()
    phlo_dev: Any = None
    source_path: str | None = None
    networks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    kind: Kind = "package"
    package: str | None = None
    package_version: str | None = None
    root: Path = Path()
    document: YamlDocument | None = field(default=None, repr=False, compare=False)
    document_keys: Keys = ()

    @classmethod
    def from_inline(
        cls,
        name: str,
        mapping: Mapping[str, Any],
        document: YamlDocument | None = None,
        keys: Keys | None = None,
        *,
        root: Path = Path(),
    ) -> ServiceDefinition:
        """The definition of a `type: inline` service of phlo.yaml.

        Compose attributes stand at the top level of `mapping`. What only phlo.yaml decides (enabled, port, hosts,
        update, image_source) is left to the configuration.
        keys: where `mapping` stands in `document`; None: `services.<name>`.
        Raises ConfigError with everything that is wrong.
        """
        from phlo.discovery.service_file import parse_inline

        return parse_inline(name, mapping, document=document, keys=keys or ("services", name), root=root)

    @property
    def healthcheck(self) -> Mapping[str, Any] | None:
        """The container's health check as written, None when there is none or it is switched off."""
        check = self.compose.get("healthcheck")
        if not isinstance(check, Mapping) or check.get("disable") in (True, "true"):
            return None
        return None if check.get("test") in ("NONE", ["NONE"]) else check

    @property
    def is_one_shot(self) -> bool:
        """Whether the service runs to completion: it says so, is a `*-setup`, or is never restarted."""
        if self.one_shot is not None:
            return self.one_shot
        # `restart: no` without quotes is false in YAML.
        return self.name.endswith(("-setup", "_setup")) or self.compose.get("restart") in ("no", False)

    @property
    def recipe_folder(self) -> Path:
        """The folder that is the build context when `build` names none."""
        return self.root / "image"

    def where(self, *keys: str | int) -> str:
        """`phlo_api/service.yaml:7 compose.ports[0]`, for `PhloError.where`; keys as they stand in the document."""
        if self.document is None:
            return ".".join(str(key) for key in (self.name, *keys))
        return self.document.where(*self.document_keys, *keys)


def inferred_condition(definition: ServiceDefinition) -> Condition:
    """What to wait for of a service when a dependent names no condition."""
    if definition.is_one_shot:
        return Condition.COMPLETED
    return Condition.HEALTHY if definition.healthcheck else Condition.STARTED
