"""Reading phlo.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.compose.interpolate import Lookup, interpolate_all
from phlo.config.project_config import PHLO_KEYS as PHLO_KEYS
from phlo.config.project_config import ROLE_KEYS as ROLE_KEYS
from phlo.config.project_config import ProjectConfig, project_config
from phlo.errors import ConfigError, first_of
from phlo.frozen import dataclass
from phlo.sections.accepted import Accepted
from phlo.values import reveal_all
from phlo.yaml_source import CoreLoader, Keys, YamlDocument, load_yaml, parse_yaml

if TYPE_CHECKING:
    from phlo.compose.project import ComposeProject


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFile:
    """phlo.yaml as read: checked values, and the document for positions and values as written.

    compose: the Compose project that is the whole project, or that phlo.yaml includes.
    """

    path: Path
    document: YamlDocument
    config: ProjectConfig
    accepted: Accepted
    compose: ComposeProject | None = None

    def service(self, name: str) -> Mapping[str, Any]:
        """What stands under `services.<name>`, as written."""
        services = self.document.data.get("services") or {}
        given = services.get(name)
        return given if isinstance(given, Mapping) else {}


def load_project_file(path: Path, *, cache: Path | None = None) -> ProjectFile:
    """Read and check phlo.yaml. Raises ConfigError with everything that is wrong.

    cache: the user's cache folder, which spares the check of what was accepted before.
    """
    return checked(path, load_yaml(path, label=path.name, loader=CoreLoader), Accepted(cache))


def parse_project_file(text: str, *, path: Path) -> ProjectFile:
    """`load_project_file` of a text that is not in the file yet."""
    return checked(path, parse_yaml(text, label=path.name, loader=CoreLoader), Accepted(None))


# Keys of published phlo projects that mean nothing here.
_WITHOUT_EFFECT = (("infrastructure", "api"), ("infrastructure", "services"), ("infrastructure", "wap"))


def without_effect(file: ProjectFile) -> list[str]:
    """A sentence for each key of phlo.yaml that is accepted and does nothing."""
    services = [("services", name, "authorization") for name in file.config.services.overrides()]
    found = []
    for keys in (*_WITHOUT_EFFECT, *services):
        value: Any = file.document.data
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None:
            found.append(f"{file.document.where(*keys)}: has no effect in this version of phlo.")
    return found


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
    changed = YamlDocument(data=data, label=document.label, marks=document.marks, tags=document.tags)
    return checked(file.path, changed, file.accepted, compose=file.compose)


def checked(
    path: Path, document: YamlDocument, accepted: Accepted, *, compose: ComposeProject | None = None
) -> ProjectFile:
    """The file whose document this is. Raises ConfigError with everything that is wrong."""
    if not isinstance(document.data, Mapping):
        fix = 'Start it with "name: my-project".'
        raise ConfigError("should be a mapping (name: value)", where=document.where(), fix=fix)
    check_section(ProjectConfig, document.data, document, accepted=accepted)
    config = project_config(document.data)
    return ProjectFile(path=path, document=document, config=config, accepted=accepted, compose=compose)


def check_section(kind: type, data: Any, document: YamlDocument, *, accepted: Accepted, below: Keys = ()) -> None:
    """Check that `data`, which is at `below` in the document, is a section of that kind. Raises ConfigError."""
    known = (kind.__name__, data)
    if known in accepted:
        return
    from pydantic import ValidationError

    from phlo.config.project_models import model_of
    from phlo.sections.errors import config_errors

    model = model_of(kind)
    try:
        model.model_validate(data)
    except ValidationError as reason:
        raise first_of(config_errors(reason, document, model, below=below)) from None
    accepted.add(known)
