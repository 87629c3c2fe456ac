"""A Compose project as part of a project: its services, its variables, and the entries of its other sections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.compose.interpolate import interpolate_all
from phlo.compose.project import ComposeProject, read_included, read_project
from phlo.compose.project_files import ComposeFiles
from phlo.compose.scope import Origin
from phlo.compose.sections import Described, with_absolute_device
from phlo.config.layers import ENV_FILE, PROJECT, Candidate, Variables
from phlo.config.project_file import ProjectFile, load_project_file, parse_project_file
from phlo.config.root import PROJECT_FILE, normalized_name
from phlo.discovery.definition import ServiceDefinition
from phlo.frozen import replace
from phlo.values import Source, Value, reveal_all
from phlo.yaml_source import Keys, YamlDocument

if TYPE_CHECKING:
    from phlo.compose.part import Part

PROJECT_NAME_VARIABLE, PROFILES_VARIABLE = "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES"


def load_project(
    root: Path,
    *,
    environ: Mapping[str, str],
    files: ComposeFiles | None = None,
    cache: Path | None = None,
    text: str | None = None,
) -> ProjectFile:
    """The project in a folder.

    files: the Compose files that are the whole project; None: phlo.yaml, with the Compose files that it includes.
    text: a phlo.yaml that is not in the file yet.
    Raises ConfigError for what cannot be read.
    """
    if files is not None:
        plain = parse_project_file("", path=files.files[0])
        return replace(plain, compose=read_project(files, environ=environ))
    path = root / PROJECT_FILE
    file = load_project_file(path, cache=cache) if text is None else parse_project_file(text, path=path)
    compose = read_included(file.document, file.path, environ=environ)
    return replace(file, compose=compose) if compose else file


def compose_definitions(compose: ComposeProject | None) -> dict[str, ServiceDefinition]:
    """The services of a Compose project by name; their attributes are in their parts."""
    if compose is None:
        return {}
    return {
        name: ServiceDefinition(
            name=name,
            kind="compose",
            compose={"profiles": _profiles(parts)},
            depends_on=_dependencies(parts),
            root=parts[-1].root,
            document=parts[-1].document,
            document_keys=("services", name),
        )
        for name, parts in compose.services.items()
    }


def _profiles(parts: tuple[Part, ...]) -> list[str]:
    found: list[str] = []
    for part in parts:
        tags = dict(part.tags())
        if ("profiles",) in tags:
            found = []
        given = part.attributes.get("profiles")
        if tags.get(("profiles",)) != "!reset" and isinstance(given, list):
            found += [str(name) for name in given if str(name) not in found]
    return found


def _dependencies(parts: tuple[Part, ...]) -> dict[str, dict[str, Any]]:
    """The services that the parts name, for commands that know no more than names."""
    names = (name for part in parts for name in part.attributes.get("depends_on") or ())
    return {str(name): {"condition": None, "required": True, "restart": False} for name in names}


def compose_variables(file: ProjectFile) -> Iterator[Candidate]:
    """The variables of the Compose project's own files. Those of an include are known only to its services."""
    compose = file.compose
    for scope in compose.scopes if compose else ():
        is_whole = scope is compose.scopes[0] and file.path.name != PROJECT_FILE  # type: ignore[union-attr]
        for entry, label in scope.entries.values():
            yield Candidate(
                name=entry.name,
                text=entry.text,
                source=Source(layer=ENV_FILE, path=label, line=entry.line),
                is_literal=entry.is_literal,
                scope=None if is_whole else scope.name,
            )


def scopes_of(file: ProjectFile) -> Mapping[str, tuple[str, ...]]:
    """Service, or scope -> the scopes whose variables it sees; defaults of roles are unknown to all of these."""
    compose = file.compose
    if compose is None:
        return {}
    seen = {scope.name: scope.visible for scope in compose.scopes}
    return {**seen, **{service: seen[name] for service, name in compose.scope_of.items()}}


def name_variable(name: str) -> Value:
    """The project's name, as Compose files know it."""
    return Value(name=PROJECT_NAME_VARIABLE, text=name, source=Source(layer=PROJECT, path="the project's name"))


def define_folders(variables: Variables, file: ProjectFile, root: Path) -> None:
    """Define PWD: the folder of the project, and for Compose files of an included project the folder of that.

    It is the same wherever a command is called, so that the result is the same each time.
    """
    source = Source(layer=PROJECT, path="the project's folder")
    compose = file.compose
    is_included = compose is not None and file.path.name == PROJECT_FILE
    folder = root if compose is None or is_included else compose.files.folder
    variables.define(Value(name="PWD", text=str(folder), source=source))
    for scope in compose.scopes if compose is not None and is_included else ():
        if not scope.around:
            variables.define(Value(name="PWD", text=str(scope.folder), source=source), scope=scope.name)


def compose_name(file: ProjectFile, variables: Variables) -> tuple[str, str] | None:
    """The name that Compose gives a project that is nothing else, and where it is from; None: that of its folder."""
    compose = file.compose
    if compose is None or file.path.name == PROJECT_FILE:
        return None
    value = variables.value(PROJECT_NAME_VARIABLE)
    if value is not None and value.text:
        return str(reveal_all(value.text)), f"{value.source} {PROJECT_NAME_VARIABLE}"
    if compose.name is None or compose.name_document is None:
        return None
    where = compose.name_document.where("name")
    scope = compose.scopes[0].name
    final = interpolate_all(compose.name, variables.lookup(scope), where=lambda *_: where, unset=variables.unset)
    name = str(reveal_all(final))
    return normalized_name(name) or name, where


def compose_profiles(file: ProjectFile, variables: Variables) -> frozenset[str]:
    """The profiles that COMPOSE_PROFILES activates; a name that no service has is ignored, as in Compose."""
    compose = file.compose
    if compose is None or file.path.name == PROJECT_FILE:
        return frozenset()
    text = variables.text(PROFILES_VARIABLE)
    wanted = {name.strip() for name in str(reveal_all(text) if text else "").split(",")}
    known = {name for parts in compose.services.values() for name in _profiles(parts)}
    return frozenset(known if "*" in wanted else known & wanted)


def with_compose_sections(file: ProjectFile, variables: Variables) -> ProjectFile:
    """The file with the entries of the Compose project's sections, their variables replaced, below its own.

    The texts of configs and secrets are replaced when they are used.
    """
    from phlo.config.project_file import checked

    compose = file.compose
    if compose is None:
        return file
    data = dict(file.document.data)
    for section, entries in compose.sections.items():
        own = data.get(section) or {}
        found: dict[str, Any] = {}
        for name, entry in entries.items():
            value = entry.value
            if name not in own and section in ("networks", "volumes"):
                value = entry.map(_interpolated(entry, variables))
            if section == "volumes":
                value = with_absolute_device(value, entry.origin("driver_opts", "device").root)
            found[name] = _without_extensions(value)
        if found or own:
            data[section] = {**found, **own}
    return checked(file.path, _Document.of(file, data), file.accepted, compose=compose)


def _interpolated(entry: Described, variables: Variables) -> Callable[[Any, Keys, Origin], Any]:
    """Replaces the variables in a value of an entry, as the file that gives the value sees them."""

    def interpolated(value: Any, keys: Keys, origin: Origin) -> Any:
        lookup = variables.lookup(origin.scope.name)
        return reveal_all(interpolate_all(value, lookup, where=entry.where, unset=variables.unset, keys=keys))

    return interpolated


def _without_extensions(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {key: item for key, item in value.items() if not str(key).startswith("x-")}


class _Document(YamlDocument):
    """phlo.yaml, or nothing, with the sections of Compose files: an entry's position is in the file that it is from."""

    __slots__ = ("_file",)
    _file: ProjectFile

    @classmethod
    def of(cls, file: ProjectFile, data: Mapping[str, Any]) -> _Document:
        own = file.document
        found = cls(data=data, label=own.label, marks=own.marks, tags=own.tags)
        object.__setattr__(found, "_file", file)
        return found

    def source(self, *keys: str | int, layer: str = "file") -> Source:
        compose = self._file.compose
        if compose is not None and len(keys) > 1 and keys[:2] not in self.marks:
            if entry := compose.sections.get(str(keys[0]), {}).get(str(keys[1])):
                document = next((one for one in entry.documents if keys in one.marks), entry.documents[0])
                return document.source(*keys, layer=layer)
            if keys[0] == "services" and (parts := compose.services.get(str(keys[1]))):
                return parts[-1].source(*keys[2:])
        return YamlDocument.source(self, *keys, layer=layer)
