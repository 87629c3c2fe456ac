"""Parse a `service.yaml`, or an inline service of phlo.yaml, into a `ServiceDefinition`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.discovery.definition import BuildDefinition, Kind, ServiceDefinition
from phlo.discovery.fields import Fields
from phlo.discovery.service_parts import (
    read_build,
    read_conditional_environment,
    read_dependencies,
    read_dev,
    read_files,
    read_hooks,
    read_named,
    read_needs,
    read_tasks,
    read_templates,
    read_variables,
)
from phlo.errors import ConfigError, PackageError
from phlo.frozen import replace
from phlo.yaml_source import Keys, YamlDocument

# What a role says about itself; an inline service may say it too, beside its Compose attributes.
_ROLE_KEYS = (
    "description",
    "category",
    "profile",
    "version",
    "conditional_environment",
    "env_vars",
    "files",
    "hooks",
    "dev",
    "provides",
    "requires",
    "wants",
    "templates",
    "tasks",
    "one_shot",
)
_FILE_KEYS = (
    *_ROLE_KEYS,
    "name",
    "default",
    "core",
    "image",
    "build",
    "depends_on",
    "compose",
    "gitignore",
    "phlo_dev",
    "source_path",
    "networks",
)
# What phlo.yaml alone decides about a service.
_PLACEMENT_KEYS = ("type", "enabled", "port", "hosts", "update", "image_source", "replaces")
_SERVICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def parse_definition(
    document: YamlDocument,
    *,
    root: Path,
    kind: Kind = "package",
    package: str | None = None,
    package_version: str | None = None,
    is_main: bool = True,
) -> ServiceDefinition:
    """The service that a `service.yaml` describes.

    root:    the role's folder.
    package: the distribution that ships it.
    is_main: False for a further service of the same folder: the folder's `tasks/` belong to the main one, and the
             folder's `image/` is used only by a service that names no image.
    Raises PackageError with everything that is wrong.
    """
    fields = Fields(document.where, PackageError)
    data = fields.mapping(document.data, ())
    fields.raise_errors()
    _check_keys(fields, data)
    name = fields.needed(data, "name", ())
    if name and not _SERVICE_NAME.fullmatch(name):
        fields.note(("name",), f'"{name}" cannot name a service', "Use letters, digits, dots, dashes and underscores.")
    networks = read_named(fields, data.get("networks"), ("networks",))
    tasks = data.get("tasks") if is_main or data.get("tasks") is not None else []
    definition = ServiceDefinition(
        name=name,
        default=fields.flag(data.get("default"), ("default",)) or False,
        core=fields.flag(data.get("core"), ("core",)) or False,
        gitignore=_gitignore(fields, data.get("gitignore")),
        phlo_dev=data.get("phlo_dev"),
        source_path=fields.text(data.get("source_path"), ("source_path",)),
        networks=networks,
        kind=kind,
        package=package,
        package_version=package_version,
        root=root,
        document=document,
        **_container(fields, data, root, is_main),
        **_role(fields, {**data, "tasks": tasks}, (), root),
    )
    fields.raise_errors()
    return definition


def parse_inline(
    name: str, mapping: Mapping[str, Any], *, document: YamlDocument | None, keys: Keys, root: Path
) -> ServiceDefinition:
    """The service of a `type: inline` entry; see `ServiceDefinition.from_inline`."""
    where = document.where if document else lambda *at: ".".join(str(key) for key in at)
    fields = Fields(where, ConfigError)
    data = fields.mapping(mapping, keys)
    if not _SERVICE_NAME.fullmatch(name):
        fields.note(keys, f'"{name}" cannot name a service', "Use letters, digits, dots, dashes and underscores.")
    build = read_build(fields, data.get("build"), (*keys, "build"))
    image = fields.text(data.get("image"), (*keys, "image"))
    if not image and not build:
        fields.note(keys, "has neither an image nor a build", "Add image: REPOSITORY:TAG, or build: FOLDER.")
    apart = {*_ROLE_KEYS, *_PLACEMENT_KEYS, "image", "build", "depends_on"}
    definition = ServiceDefinition(
        name=name,
        image=image,
        build=_with_context(build),
        depends_on=read_dependencies(fields, data.get("depends_on"), (*keys, "depends_on")),
        compose={key: item for key, item in data.items() if key not in apart and not key.startswith("x-")},
        conditional_environment=read_conditional_environment(
            fields, data.get("conditional_environment"), (*keys, "conditional_environment")
        ),
        kind="inline",
        root=root,
        document=document,
        document_keys=keys,
        # A project's tasks/ folder is the project's, not this service's.
        **_role(fields, {**data, "tasks": data.get("tasks") or []}, keys, root),
    )
    fields.raise_errors()
    return definition


def _check_keys(fields: Fields, data: Mapping[str, Any]) -> None:
    compose = ("command", "entrypoint", "environment", "healthcheck", "labels", "ports", "restart", "user", "volumes")
    misplaced = [key for key in data if key in compose]
    for key in misplaced:
        fields.note((key,), f'"{key}" is an attribute of the container', 'Put it under "compose".')
    fields.known_keys({key: None for key in data if key not in misplaced}, _FILE_KEYS)


def _role(fields: Fields, data: Mapping[str, Any], keys: Keys, root: Path) -> dict[str, Any]:
    """The fields that service.yaml and an inline service share."""

    def at(key: str) -> tuple[Any, Keys]:
        return data.get(key), (*keys, key)

    requires, wants = read_needs(fields, *at("requires")), read_needs(fields, *at("wants"))
    return {
        "description": fields.text(*at("description")) or "",
        "category": fields.text(*at("category")) or "other",
        "profile": fields.text(*at("profile")),
        "version": fields.text(*at("version")),
        "env_vars": read_variables(fields, *at("env_vars")),
        "files": read_files(fields, *at("files"), root),
        "hooks": read_hooks(fields, *at("hooks")),
        "dev": read_dev(fields, *at("dev")),
        "provides": read_named(fields, *at("provides")),
        "requires": requires.names,
        "wants": wants.names,
        "claims": {**wants.claims, **requires.claims},
        "templates": read_templates(fields, *at("templates"), root),
        "tasks": read_tasks(fields, *at("tasks"), root),
        "one_shot": fields.flag(*at("one_shot")),
    }


def _container(fields: Fields, data: Mapping[str, Any], root: Path, is_main: bool) -> dict[str, Any]:
    """The fields that may stand at the top of the file or inside `compose`, and what else `compose` holds."""
    compose = fields.mapping(data.get("compose"), ("compose",))
    image, image_keys = _either(fields, data, compose, "image")
    build, build_keys = _either(fields, data, compose, "build")
    has_recipe = (root / "image" / "Dockerfile").is_file()
    if image in (None, "") and build is None and not has_recipe:
        fields.note((), "has neither an image nor a build", "Add image: REPOSITORY:TAG, or an image/Dockerfile.")
    if build is None and has_recipe and (is_main or not image):
        build = {}
    conditional = _either(fields, data, compose, "conditional_environment")
    # Where both places name dependencies, the container's own have the conditions.
    dependencies = {
        **read_dependencies(fields, data.get("depends_on"), ("depends_on",)),
        **read_dependencies(fields, compose.pop("depends_on", None), ("compose", "depends_on")),
    }
    if data.get("name") in dependencies:
        fields.note(("depends_on",), "the service depends on itself", "Take its own name out of the list.")
    return {
        "image": fields.text(image, image_keys),
        "build": _with_context(read_build(fields, build, build_keys), root / "image"),
        "depends_on": dependencies,
        "conditional_environment": read_conditional_environment(fields, *conditional),
        "compose": compose,
    }


def _either(fields: Fields, data: Mapping[str, Any], compose: dict[str, Any], key: str) -> tuple[Any, Keys]:
    """What stands at the top or inside `compose` (from where it is taken away), with its keys."""
    inside = compose.pop(key, None)
    outside = data.get(key)
    if inside is None:
        return outside, (key,)
    if outside not in (None, inside):
        fields.note(("compose", key), f'differs from "{key}" at the top of the file', "Keep one of the two.")
    return inside, ("compose", key)


def _with_context(build: BuildDefinition | None, recipe: Path | None = None) -> BuildDefinition | None:
    """A build that names no context has the folder `recipe` when that holds its Dockerfile, else Compose's default."""
    if build is None or build.context is not None or (recipe and (recipe / build.dockerfile).is_file()):
        return build
    return replace(build, context=".")


def _gitignore(fields: Fields, value: Any) -> tuple[str, ...]:
    """Patterns; a bare true or false says nothing more, for all that is written to `.phlo/` is ignored by git."""
    return () if isinstance(value, bool) else fields.texts(value, ("gitignore",))
