"""Each service's container: the role's attributes, phlo.yaml's on top, interpolated, checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.compose import Part, parse_parts
from phlo.compose.attribute import Override
from phlo.compose.attributes import ATTRIBUTES
from phlo.compose.dotenv import final_texts, load_entries
from phlo.compose.interpolate import interpolate_all
from phlo.compose.part import Rules
from phlo.compose.project import extended_parts
from phlo.compose.reading import ReadFile
from phlo.compose.scalars import keyed_texts
from phlo.config.candidates import STATE_FOLDER
from phlo.config.layers import Variables
from phlo.config.project_file import PHLO_KEYS, ROLE_KEYS, ProjectFile
from phlo.config.written_files import reader
from phlo.errors import ConfigError
from phlo.frozen import dataclass, replace
from phlo.values import Secret, Text, reveal
from phlo.yaml_source import Keys

if TYPE_CHECKING:
    from phlo.compose import ComposeService
    from phlo.compose.merge import Merged
    from phlo.compose.model import EnvFile
    from phlo.discovery.definition import ServiceDefinition

# Keys of a role's `networks` that say what the network is, not how the service joins it.
NETWORK_KEYS = ("driver", "external", "internal", "attachable", "enable_ipv4", "enable_ipv6", "ipam", "labels", "name")
_ROLE = "service.yaml"
_PROJECT = "phlo.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A service's container.

    compose:    `environment` has the environment files and what names without a value stand for; of these names
                `environment_from_host` keeps those that no variable gives: the container must not have them.
    merged:     the fragments it was made from, for their positions.
    env_files:  environment files that were read.
    """

    definition: ServiceDefinition
    compose: ComposeService
    merged: Merged
    env_files: tuple[Path, ...] = ()

    def is_users(self, *keys: str | int) -> bool:
        """Whether phlo.yaml gave this attribute."""
        source = self.merged.source(*keys)
        is_given = str(keys[0]) in self.merged.values
        return is_given and source is not None and source.layer == _PROJECT


@dataclass(frozen=True, slots=True, kw_only=True)
class _Environment:
    """A container's variables. absent: names that it does not have, whatever its image says. files: those read."""

    texts: Mapping[str, Text]
    absent: tuple[str, ...]
    files: tuple[Path, ...]


class Containers:
    """Makes the container of a service when it is first asked for.

    reads_env_files: whether what `env_file` names is part of the environment.
    definitions: every role there is; those of one package may write files for each other.
    warnings: what was found on the way, one sentence each.
    read: files that services extend something of, and those of roles that phlo writes.
    """

    def __init__(
        self,
        *,
        root: Path,
        file: ProjectFile,
        variables: Variables,
        dev: bool,
        reads_env_files: bool = True,
        definitions: Iterable[ServiceDefinition] = (),
    ) -> None:
        self._root = root
        self._file = file
        self._variables = variables
        self._dev = dev
        self._reads_env_files = reads_env_files
        self._definitions = tuple(definitions)
        self._made: dict[str, Container] = {}
        self.warnings: list[str] = []
        self.read: list[Path] = []

    def hide(self, roles: frozenset[str], services: Iterable[str]) -> None:
        """Hide what `roles` declare of variables from `services`."""
        self._variables.hide(roles, services)

    def of(self, definition: ServiceDefinition) -> Container:
        """The service's container. Raises ConfigError with everything that is wrong in it."""
        if definition.name not in self._made:
            self._made[definition.name] = self._make(definition)
        return self._made[definition.name]

    def _make(self, definition: ServiceDefinition) -> Container:
        override = self._override(definition)
        port = self._file.service(definition.name).get("port")
        if port is not None:
            port = interpolate_all(
                port,
                self._variables.lookup(definition.name),
                where=self._file.document.where,
                unset=self._variables.unset,
                keys=("services", definition.name, "port"),
            )
        parsed = parse_parts(
            [*self._parts(definition, override), self._part_of_file(definition.name, override)],
            lookup=self._variables.lookup(definition.name),
            unset=self._variables.unset,
            port=port,
            read=(read := self._reader(definition)),
        )
        compose, merged = parsed
        if compose.image is None and compose.build is None:
            fix = "Add image: REPOSITORY:TAG, or build: FOLDER."
            raise ConfigError("has neither an image nor a build", where=merged.where(), fix=fix)
        self._warn_of_literals(compose, merged)
        environment = self._environment(definition.name, compose, merged, read)
        self.warnings += compose.warnings
        return Container(
            definition=definition,
            compose=replace(
                compose, environment=environment.texts, environment_from_host=environment.absent, env_file=()
            ),
            merged=merged,
            env_files=environment.files,
        )

    def _parts(self, definition: ServiceDefinition, override: Mapping[str, Any]) -> Iterator[Part]:
        """The parts of the role or of the inline service, lowest first."""
        if definition.kind == "compose" and self._file.compose is not None:
            for each in self._file.compose.services[definition.name]:
                yield replace(each, attributes=without_replaced(each.attributes, override))
            return
        is_inline = definition.kind == "inline"
        keys = definition.document_keys
        bases = (keys,) if is_inline else ((*keys, "compose"), keys)

        def part(attributes: Mapping[str, Any], *below: str, positions: Mapping[Keys, Keys] | None = None) -> Part:
            return Part(
                attributes=without_replaced(attributes, override),
                layer=_PROJECT if is_inline else _ROLE,
                root=self._root if is_inline else self._root / STATE_FOLDER,
                document=definition.document,
                bases=tuple((*base, *below) for base in bases),
                label=f"{definition.name}:",
                positions=positions or {},
            )

        listed: dict[Keys, Keys] = {
            ("depends_on", name): keys for name, keys in _listed_dependencies(definition, bases).items()
        }
        own = _role_attributes(definition)
        if is_inline and own.get("extends") is not None:
            yield from self._extended(own.pop("extends"), definition)
            yield replace(part(own, positions=listed), rules=Rules.COMPOSE)
        else:
            yield part(own, positions=listed)
        for trigger, entries in definition.conditional_environment.items():
            if self._variables.text(trigger, definition.name):
                at: Keys = ("conditional_environment", trigger)
                positions: dict[Keys, Keys] = {("environment", name): (*at, name) for name in entries}
                yield part({"environment": entries}, positions=positions)
        if self._dev and definition.dev:
            yield part(self._dev_attributes(definition), "dev")

    def _extended(self, extends: Any, definition: ServiceDefinition) -> tuple[Part, ...]:
        """The parts of what an inline service extends."""
        parts, read = extended_parts(
            extends,
            definition.name,
            self._file.document,
            self._file.path,
            lookup=self._variables.lookup(definition.name),
            layer=_PROJECT,
            ignored=(*PHLO_KEYS, *ROLE_KEYS),
        )
        self.read += read
        return parts

    def _part_of_file(self, service: str, override: Mapping[str, Any]) -> Part:
        """What phlo.yaml changes."""
        return Part(
            attributes=override,
            layer=_PROJECT,
            root=self._root,
            document=self._file.document,
            bases=(("services", service),),
        )

    def _override(self, definition: ServiceDefinition) -> dict[str, Any]:
        """What phlo.yaml changes of the role; of an inline service only what is not Compose's."""
        given = self._file.service(definition.name)
        ours = (*PHLO_KEYS, *ROLE_KEYS)
        found: dict[str, Any] = {}
        if definition.kind != "inline":
            found = {key: value for key, value in given.items() if key not in ours and not str(key).startswith("x-")}
        if given.get("update") is not None:
            deploy = found.get("deploy")
            found["deploy"] = {**(deploy if isinstance(deploy, Mapping) else {}), "update_config": given["update"]}
        return found

    def _dev_attributes(self, definition: ServiceDefinition) -> dict[str, Any]:
        dev = definition.dev
        if dev is None:
            return {}
        source = definition.root / (definition.source_path or "")
        given = {
            "command": dev.command,
            "environment": dict(dev.environment) or None,
            "volumes": list(dev.volumes) or None,
            "working_dir": dev.cwd,
            **dev.compose,
        }
        places = {"{source}": str(source.resolve()), "{project_root}": str(self._root)}
        return {key: _with_places(value, places) for key, value in given.items() if value is not None}

    def _warn_of_literals(self, compose: ComposeService, merged: Merged) -> None:
        """Warn of secrets that phlo.yaml gives in plain text."""
        for name in compose.environment:
            source = merged.source("environment", name)
            if source is None or source.layer != _PROJECT or not self._variables.is_secret(name):
                continue
            if "$" not in str(merged.written("environment", name)):
                self.warnings.append(literal_secret_warning(merged.where("environment", name), name))

    def _environment(self, service: str, compose: ComposeService, merged: Merged, read: ReadFile) -> _Environment:
        """The container's environment, lowest first: environment files, then `environment`."""
        absent = []
        own = dict(compose.environment)
        for name in compose.environment_from_host:
            text = self._variables.text(name, service)
            if text is None:
                absent.append(name)
            else:
                own[name] = text
        found: dict[str, Text] = {}
        files = []
        for index, file in enumerate(compose.env_file if self._reads_env_files else ()):
            files.append(file.path)
            try:
                found.update(self._env_file(service, file, read, own=own, below=found))
            except FileNotFoundError:
                if file.is_required:
                    where = merged.where("env_file", index)
                    fix = "Create it, or say required: false."
                    raise ConfigError(f"there is no {self._label(file.path)}", where=where, fix=fix) from None
        texts = {**found, **own}
        shown = {name: self._hidden(name, texts[name]) for name in sorted(texts) if name not in absent}
        return _Environment(texts=shown, absent=tuple(sorted(absent)), files=tuple(files))

    def _hidden(self, name: str, text: Text) -> Text:
        return text if isinstance(text, Secret) or not self._variables.is_secret(name) else Secret(text)

    def _env_file(
        self, service: str, file: EnvFile, read: ReadFile, *, own: Mapping[str, Text], below: Mapping[str, Text]
    ) -> dict[str, Text]:
        label = self._label(file.path)

        def lookup(name: str) -> Text | None:
            text = self._variables.text(name, service)
            return own.get(name) if text is None else text

        found = final_texts(
            load_entries(file.path, label=label, is_raw=file.format == "raw", read=read),
            lookup,
            below=below,
            label=label,
            unset=self._variables.unset,
        )
        return {name: Secret(reveal(text)) if self._variables.is_secret(name) else text for name, text in found.items()}

    def _reader(self, definition: ServiceDefinition) -> ReadFile:
        """What reads files for a service, as they are once phlo has written those of its package."""
        package = definition.package
        mates = [one for one in self._definitions if package and one.package == package and one is not definition]
        return reader(self._root, (definition, *mates), self.read.append)

    def _label(self, path: Path) -> str:
        return str(path.relative_to(self._root)) if path.is_relative_to(self._root) else str(path)


def without_replaced(attributes: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """`attributes` without what phlo.yaml replaces, so that no variable in there needs a value."""
    kept: dict[str, Any] = {}
    for key, value in attributes.items():
        other = override.get(key)
        row = ATTRIBUTES.get(key)
        if other is None or row is None or row.merge.override is Override.APPENDED:
            kept[key] = value
        elif isinstance(value, Mapping) and row.merge.override is not Override.REPLACED:
            names = _names_of(other, is_pairs=row.read is keyed_texts)
            kept[key] = {name: item for name, item in value.items() if names.get(name) is None}
    return kept


def _names_of(value: Any, *, is_pairs: bool) -> Mapping[str, Any]:
    """The names that a mapping, or a list of `NAME=value`, gives values to. is_pairs: a null is a value."""
    if isinstance(value, Mapping):
        return {
            str(name): None if isinstance(item, Mapping) or (item is None and not is_pairs) else True
            for name, item in value.items()
        }
    items = value if isinstance(value, (list, tuple)) else ()
    return {str(item).partition("=")[0]: True for item in items}


def literal_secret_warning(where: str, name: str) -> str:
    return f"{where}: a secret is in a file that is shared; move {name} to .phlo/.env.local."


def _role_attributes(definition: ServiceDefinition) -> dict[str, Any]:
    """A definition's container as Compose attributes."""
    attributes = dict(definition.compose)
    if definition.image is not None:
        attributes["image"] = definition.image
    if definition.build is not None:
        build = definition.build
        context = str(definition.recipe_folder) if build.context is None else build.context
        attributes["build"] = {
            "context": context,
            **({} if "dockerfile_inline" in build.rest else {"dockerfile": build.dockerfile}),
            "args": dict(build.args),
            **({"target": build.target} if build.target else {}),
            **({"base": build.base} if build.base else {}),
            **({"name": build.name} if build.name else {}),
            **({"guard": True} if build.guard else {}),
            **build.rest,
        }
    if definition.depends_on:
        attributes["depends_on"] = {name: dict(entry) for name, entry in definition.depends_on.items()}
    if definition.networks:
        attributes["networks"] = {
            name: {key: item for key, item in (joined or {}).items() if key not in NETWORK_KEYS}
            for name, joined in definition.networks.items()
        } | _as_mapping(attributes.get("networks"))
    return attributes


def _listed_dependencies(definition: ServiceDefinition, bases: Sequence[Keys]) -> dict[str, Keys]:
    """Where a dependency stands that was written in a list, which the definition has as a mapping."""
    found: dict[str, Keys] = {}
    for base in bases:
        given: Any = definition.document.data if definition.document else None
        for key in (*base, "depends_on"):
            given = given.get(key) if isinstance(given, Mapping) else None
        if isinstance(given, list):
            found.update({str(name): ("depends_on", index) for index, name in enumerate(given)})
    return found


def _as_mapping(networks: Any) -> dict[str, Any]:
    if isinstance(networks, Mapping):
        return dict(networks)
    return {str(name): None for name in networks or ()}


def _with_places(value: Any, places: Mapping[str, str]) -> Any:
    """Nested `value` with `{source}` and `{project_root}` filled in."""
    if isinstance(value, Mapping):
        return {key: _with_places(item, places) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_places(item, places) for item in value]
    if not isinstance(value, str):
        return value
    for place, text in places.items():
        value = value.replace(place, text)
    return value
