"""Each service's container: the role's attributes, phlo.yaml's on top, interpolated, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.config.candidates import STATE_FOLDER
from phlo.config.compose import parse_service
from phlo.config.dotenv import load_env_file
from phlo.config.interpolate import interpolate, interpolate_all
from phlo.config.layers import Variables
from phlo.config.merge import Merged, Part, merge_service, with_pairs_as_mappings, without_replaced
from phlo.config.paths import with_absolute_paths
from phlo.config.project_file import PHLO_KEYS, ROLE_KEYS, ProjectFile
from phlo.errors import ConfigError
from phlo.frozen import dataclass, replace
from phlo.values import Secret, Text, reveal
from phlo.yaml_source import Keys

if TYPE_CHECKING:
    from phlo.config.compose import ComposeService
    from phlo.discovery.definition import ServiceDefinition

# Keys of a role's `networks` that say what the network is, not how the service joins it.
NETWORK_KEYS = ("driver", "external", "internal", "attachable", "enable_ipv4", "enable_ipv6", "ipam", "labels", "name")
_ROLE = "service.yaml"
_PROJECT = "phlo.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A service's container.

    compose:    environment files and names without a value are part of `compose.environment` already.
    merged:     the attributes it was made from, for their positions.
    base_suite: the suite of the bootstrapped base that the image is built on, None: the recipe's own choice.
    image_name: what the built image is called, None: as the service.
    env_files:  environment files that were read.
    """

    definition: ServiceDefinition
    compose: ComposeService
    merged: Merged
    base_suite: str | None = None
    image_name: str | None = None
    env_files: tuple[Path, ...] = ()

    def is_users(self, *keys: str | int) -> bool:
        """Whether phlo.yaml gave this attribute."""
        source = self.merged.source(*keys)
        is_given = str(keys[0]) in self.merged.attributes
        return is_given and source is not None and source.layer == _PROJECT


class Containers:
    """Makes the container of a service when it is first asked for.

    warnings: what was found on the way, one sentence each.
    """

    def __init__(self, *, root: Path, file: ProjectFile, variables: Variables, dev: bool) -> None:
        self._root = root
        self._file = file
        self._variables = variables
        self._dev = dev
        self._made: dict[str, Container] = {}
        self.warnings: list[str] = []

    def of(self, definition: ServiceDefinition) -> Container:
        """The service's container. Raises ConfigError with everything that is wrong in it."""
        if definition.name not in self._made:
            self._made[definition.name] = self._make(definition)
        return self._made[definition.name]

    def _make(self, definition: ServiceDefinition) -> Container:
        merged = merge_service([self._final(part, definition, root) for part, root in self._parts(definition)])
        attributes = dict(merged.attributes)
        base_suite = image_name = None
        if isinstance(attributes.get("build"), Mapping):
            attributes["build"] = dict(attributes["build"])
            base_suite = attributes["build"].pop("base", None)
            image_name = attributes["build"].pop("name", None)
        compose = parse_service(attributes, where=merged.where, root=self._root)
        environment, files = self._environment(definition.name, compose, merged)
        self.warnings += compose.warnings
        return Container(
            definition=definition,
            compose=replace(compose, environment=environment, environment_from_host=(), env_file=()),
            merged=merged,
            base_suite=base_suite,
            image_name=image_name,
            env_files=files,
        )

    def _parts(self, definition: ServiceDefinition) -> Iterator[tuple[Part, Path]]:
        """The service's parts, lowest first, as written; with each the folder that its relative paths start at."""
        override = self._override(definition)
        state = self._root / STATE_FOLDER
        folder = self._root if definition.kind == "inline" else state
        layer = _PROJECT if definition.kind == "inline" else _ROLE
        bases = (
            (definition.document_keys,)
            if definition.kind == "inline"
            else ((*definition.document_keys, "compose"), definition.document_keys)
        )

        def part(attributes: Mapping[str, Any], *below: str, layer: str = layer) -> Part:
            return Part(
                attributes=without_replaced(attributes, override),
                layer=layer,
                document=definition.document,
                bases=tuple((*base, *below) for base in bases),
                label=f"{definition.name}:",
            )

        positions: dict[Keys, Keys]
        positions = {("depends_on", name): keys for name, keys in _listed_dependencies(definition, bases).items()}
        yield replace(part(_role_attributes(definition)), positions=positions), folder
        for trigger, entries in definition.conditional_environment.items():
            if self._variables.text(trigger, definition.name):
                at: Keys = ("conditional_environment", trigger)
                positions = {("environment", name): (*at, name) for name in entries}
                yield replace(part({"environment": entries}), positions=positions), folder
        if self._dev and definition.dev:
            yield part(self._dev_attributes(definition), "dev"), folder
        base = ("services", definition.name)
        document = self._file.document
        yield Part(attributes=override, layer=_PROJECT, document=document, bases=(base,)), self._root

    def _override(self, definition: ServiceDefinition) -> dict[str, Any]:
        """What phlo.yaml changes of the role; of an inline service only what is not Compose's."""
        given = self._file.service(definition.name)
        ours = (*PHLO_KEYS, *ROLE_KEYS)
        found: dict[str, Any] = {}
        if definition.kind != "inline":
            found = {key: value for key, value in given.items() if key not in ours and not str(key).startswith("x-")}
        if given.get("port") is not None:
            found["port"] = given["port"]
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

    def _final(self, part: Part, definition: ServiceDefinition, folder: Path) -> Part:
        """A part with its variables replaced and its paths absolute."""
        attributes = interpolate_all(
            part.attributes,
            self._variables.lookup(definition.name),
            where=part.where,
            unset=self._variables.unset,
        )
        final = with_pairs_as_mappings(replace(part, attributes=with_absolute_paths(attributes, folder)))
        environment = final.attributes.get("environment")
        if not isinstance(environment, Mapping):
            return final
        if part.layer == _PROJECT:
            self._warn_of_literals(part, final)
        hidden = {name: self._hidden(str(name), value) for name, value in environment.items()}
        return replace(final, attributes={**final.attributes, "environment": hidden})

    def _hidden(self, name: str, value: Any) -> Any:
        if value is None or isinstance(value, (Secret, Mapping, list)) or not self._variables.is_secret(name):
            return value
        return Secret(str(value))

    def _warn_of_literals(self, written: Part, final: Part) -> None:
        given = written.attributes["environment"]
        texts = given if isinstance(given, Mapping) else dict(str(item).partition("=")[::2] for item in given)
        for name in final.attributes["environment"]:
            text = texts.get(name)
            if text is not None and self._variables.is_secret(str(name)) and "$" not in str(text):
                self.warnings.append(literal_secret_warning(final.where("environment", str(name)), str(name)))

    def _environment(
        self, service: str, compose: ComposeService, merged: Merged
    ) -> tuple[dict[str, Text], tuple[Path, ...]]:
        """The container's environment, lowest first: environment files, then `environment`; and the files read."""
        found: dict[str, Text] = {}
        files = []
        for index, file in enumerate(compose.env_file):
            try:
                found.update(self._env_file(service, file.path, is_raw=file.format == "raw", below=found))
                files.append(file.path)
            except FileNotFoundError:
                files.append(file.path)
                if file.is_required:
                    is_listed = isinstance(merged.attributes["env_file"], (list, tuple))
                    where = merged.where("env_file", *([index] if is_listed else []))
                    fix = "Create it, or say required: false."
                    raise ConfigError(f"there is no {self._label(file.path)}", where=where, fix=fix) from None
        for name in compose.environment_from_host:
            text = self._variables.text(name, service)
            if text is not None:
                found[name] = text
        found.update(compose.environment)
        return dict(sorted(found.items())), tuple(files)

    def _env_file(self, service: str, path: Path, *, is_raw: bool, below: Mapping[str, Text]) -> dict[str, Text]:
        label = self._label(path)
        found: dict[str, Text] = {}

        def lookup(name: str) -> Text | None:
            text = self._variables.text(name, service)
            return text if text is not None else {**below, **found}.get(name)

        for entry in load_env_file(path, label=label).values():
            where = f"{label}:{entry.line} {entry.name}"
            if entry.text is None:
                text = self._variables.text(entry.name, service)
            elif entry.is_literal or is_raw:
                text = entry.text
            else:
                text = interpolate(entry.text, lookup, where=where, unset=self._variables.unset)
            if text is not None:
                found[entry.name] = Secret(reveal(text)) if self._variables.is_secret(entry.name) else text
        return found

    def _label(self, path: Path) -> str:
        return str(path.relative_to(self._root)) if path.is_relative_to(self._root) else str(path)


def literal_secret_warning(where: str, name: str) -> str:
    return f"{where}: a secret stands in a file that is shared; move {name} to .phlo/.env.local."


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
            "dockerfile": build.dockerfile,
            "args": dict(build.args),
            **({"target": build.target} if build.target else {}),
            **({"base": build.base} if build.base else {}),
            **({"name": build.name} if build.name else {}),
            **({"additional_contexts": dict(build.additional_contexts)} if build.additional_contexts else {}),
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
