"""Reading phlo.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.config.interpolate import Lookup, interpolate_all
from phlo.config.plain import NotPlainError, reader
from phlo.errors import ConfigError, first_of
from phlo.frozen import dataclass
from phlo.values import reveal_all
from phlo.yaml_source import YamlDocument, load_yaml, parse_yaml

if TYPE_CHECKING:
    from phlo.config.project_models import ProjectConfig

# Keys of a service that are no Compose attributes: what phlo decides, and what an inline service may say as a role's
# service.yaml does.
PHLO_KEYS = ("type", "enabled", "port", "hosts", "update", "image_source", "replaces")
ROLE_KEYS = (
    "category",
    "conditional_environment",
    "description",
    "dev",
    "env_vars",
    "files",
    "hooks",
    "one_shot",
    "profile",
    "provides",
    "requires",
    "tasks",
    "templates",
    "version",
    "wants",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """phlo.yaml as read: checked values, and the document for positions and values as written.

    config: a ProjectConfig, or what has the same attributes and was read without pydantic.
    """

    path: Path
    document: YamlDocument
    config: ProjectConfig

    def service(self, name: str) -> Mapping[str, Any]:
        """What stands under `services.<name>`, as written."""
        services = self.document.data.get("services") or {}
        given = services.get(name)
        return given if isinstance(given, Mapping) else {}


def load_project_file(path: Path) -> ProjectFile:
    """Read and check phlo.yaml. Raises ConfigError with everything that is wrong."""
    return _checked(path, load_yaml(path, label=path.name))


def parse_project_file(text: str, *, path: Path) -> ProjectFile:
    """`load_project_file` of a text that is not in the file yet."""
    return _checked(path, parse_yaml(text, label=path.name))


# The sections, besides services and env, whose texts may have variables.
_WITH_VARIABLES = ("name", "infrastructure", "networks", "volumes")


def with_variables(file: ProjectFile, lookup: Lookup, unset: Callable[[str, str], None]) -> ProjectFile:
    """The file with the variables of its name, networks and volumes replaced. Raises ConfigError as reading does."""
    document = file.document
    given = {key: document.data[key] for key in _WITH_VARIABLES if key in document.data}
    final = {
        key: interpolate_all(value, lookup, where=document.where, unset=unset, keys=(key,))
        for key, value in given.items()
    }
    if final == given:
        return file
    data = {**document.data, **reveal_all(final)}
    return _checked(file.path, YamlDocument(data=data, label=document.label, marks=document.marks))


def _checked(path: Path, document: YamlDocument) -> ProjectFile:
    if not isinstance(document.data, Mapping):
        fix = 'Start it with "name: my-project".'
        raise ConfigError("should be a mapping (name: value)", where=document.where(), fix=fix)
    return ProjectFile(path=path, document=document, config=_config(document))


def _config(document: YamlDocument) -> ProjectConfig:
    try:
        plain: ProjectConfig = reader().project(document.data)
        return plain
    except NotPlainError:
        pass
    from pydantic import ValidationError

    from phlo.config.project_models import ProjectConfig
    from phlo.config.validation import config_errors

    try:
        return ProjectConfig.model_validate(document.data)
    except ValidationError as reason:
        raise first_of(config_errors(reason, document, ProjectConfig)) from None
