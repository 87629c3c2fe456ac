"""A service as its `service.yaml` (or an inline entry of phlo.yaml) describes it, checked and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from phlo.discovery.parts import (
    BuildDefinition,
    DevDefinition,
    EnvVar,
    FileDefinition,
    HookDefinition,
    Needs,
    StarterFile,
    TemplateDefinition,
)
from phlo.frozen import dataclass, field
from phlo.values import Condition

if TYPE_CHECKING:
    from phlo.sections.accepted import Accepted
    from phlo.yaml_source import Keys, YamlDocument

Kind = Literal["package", "project", "builtin", "inline", "compose"]


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
    protect:     keys of volumes that are not deleted without --unprotect, unless phlo.yaml says otherwise.
    needs:       what the service relies on in its image; phlo.yaml may say it instead.
    succeeded_by: the service that new projects have in its place, because there will be no newer version of it.
    starters:    the templates of `phlo init` that the service is part of.
    starter_files: what `phlo init` copies into a new project that has the service.
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
    protect: tuple[str, ...] = ()
    needs: Needs | None = None
    succeeded_by: str | None = None
    starters: tuple[str, ...] = ()
    starter_files: tuple[StarterFile, ...] = ()

    kind: Kind = "package"
    package: str | None = None
    package_version: str | None = None
    root: Path = Path()
    document: YamlDocument | None = field(default=None, repr=False, compare=False)
    document_keys: Keys = ()

    @classmethod
    def from_file(
        cls,
        document: YamlDocument,
        *,
        root: Path,
        kind: Kind = "package",
        package: str | None = None,
        package_version: str | None = None,
        is_main: bool = True,
        accepted: Accepted | None = None,
    ) -> ServiceDefinition:
        """The service that a `service.yaml` describes.

        root:    the role's folder.
        package: the distribution that ships it.
        is_main: False for a further service of the same folder: the folder's `tasks/` belong to the main one, and the
                 folder's `image/` is used only by a service that names no image.
        accepted: what was accepted before, which pydantic need not check again.
        Raises PackageError with everything that is wrong.
        """
        from phlo.discovery.service_file import read_service_file

        fields = read_service_file(document, root=root, is_main=is_main, accepted=accepted)
        return cls(**fields, kind=kind, package=package, package_version=package_version, root=root, document=document)

    @classmethod
    def from_inline(
        cls,
        name: str,
        mapping: Mapping[str, Any],
        document: YamlDocument | None = None,
        keys: Keys | None = None,
        *,
        root: Path = Path(),
        accepted: Accepted | None = None,
    ) -> ServiceDefinition:
        """The definition of a `type: inline` service of phlo.yaml.

        Compose attributes stand at the top level of `mapping`. What only phlo.yaml decides (enabled, port, hosts,
        update, image_source) is left to the configuration.
        keys: where `mapping` is in `document`; None: `services.<name>`.
        Raises ConfigError with everything that is wrong.
        """
        from phlo.discovery.service_file import read_inline

        keys = keys or ("services", name)
        fields = read_inline(name, mapping, document=document, keys=keys, root=root, accepted=accepted)
        return cls(**fields, kind="inline", root=root, document=document, document_keys=keys)

    @property
    def healthcheck(self) -> Mapping[str, Any] | None:
        """The container's health check as written, None when there is none or it is disabled."""
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
        """`phlo_api/service.yaml:7 compose.ports[0]`, for `PhloError.where`; keys as in the document."""
        if self.document is None:
            return ".".join(str(key) for key in (self.name, *keys))
        return self.document.where(*self.document_keys, *keys)


def inferred_condition(definition: ServiceDefinition) -> Condition:
    """What to wait for of a service when a dependent names no condition."""
    if definition.is_one_shot:
        return Condition.COMPLETED
    return Condition.HEALTHY if definition.healthcheck else Condition.STARTED
