"""Read a `service.yaml`, or an inline service of phlo.yaml, as the fields of a `ServiceDefinition`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from phlo.compose.files import BUILD_HONOURED, BUILD_REFUSED, BUILD_WARNED
from phlo.compose.reading import format_value
from phlo.discovery.parts import (
    BUILD_KEYS,
    HOOK_POINTS,
    BuildDefinition,
    Need,
    ServiceFile,
    TemplateDefinition,
    check_service_name,
)
from phlo.errors import ConfigError, PackageError, PhloError, did_you_mean, first_of, nearest
from phlo.frozen import replace
from phlo.sections.accepted import Accepted
from phlo.sections.values import section
from phlo.yaml_source import Keys, YamlDocument, dotted_name

# What a role says about itself; an inline service may say it too, beside its Compose attributes.
ROLE_KEYS = (
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
# What phlo.yaml alone decides about a service.
_PLACEMENT_KEYS = ("type", "enabled", "port", "hosts", "update", "image_source", "needs", "replaces", "authorization")
_INLINE_KEYS = (*ROLE_KEYS, "image", "build", "depends_on")
# Attributes of the container that people write at the top of the file.
_CONTAINER_KEYS = (
    *("command", "entrypoint", "environment", "healthcheck", "labels", "ports", "restart", "user", "volumes"),
)
_EITHER = ("image", "build", "conditional_environment")
_TASK_SUFFIXES = (".yaml", ".yml", ".py")


def read_service_file(
    document: YamlDocument, *, root: Path, is_main: bool, accepted: Accepted | None = None
) -> dict[str, Any]:
    """The fields that a `service.yaml` gives, see `ServiceDefinition.from_file`.

    accepted: what pydantic need not check again.
    Raises PackageError with everything that is wrong.
    """
    data = document.data
    if not isinstance(data, Mapping):
        fix = 'Write "name: value" lines below it, indented.'
        raise PackageError(f"should be a mapping, got {format_value(data)}", where=document.where(), fix=fix)
    misplaced = [key for key in data if key in _CONTAINER_KEYS]
    notes = _Notes(document.where, PackageError)
    for key in misplaced:
        notes.add((key,), f'"{key}" is an attribute of the container', 'Put it under "compose".')
    known = {key: item for key, item in data.items() if key not in misplaced}
    compose = data.get("compose")
    _check_build(data.get("build"), ("build",), notes)
    _check_build(compose.get("build") if isinstance(compose, Mapping) else None, ("compose", "build"), notes)
    notes.errors += _found_by_pydantic(known, document, accepted)
    notes.raise_all()
    file = section(ServiceFile, known)
    fields = {
        **_common(file, data, notes, root, (), is_main=is_main),
        **_container(file, data, notes, root, is_main),
        "default": file.default,
        "core": file.core,
        "gitignore": file.gitignore,
        "phlo_dev": file.phlo_dev,
        "source_path": file.source_path,
        "networks": file.networks,
        "protect": file.protect,
        "needs": file.needs,
        "succeeded_by": file.succeeded_by,
        "starters": file.starters,
        "starter_files": file.starter_files,
    }
    notes.raise_all()
    return fields


def read_inline(
    name: str,
    mapping: Mapping[str, Any],
    *,
    document: YamlDocument | None,
    keys: Keys,
    root: Path,
    accepted: Accepted | None = None,
) -> dict[str, Any]:
    """The fields that a `type: inline` entry gives, see `ServiceDefinition.from_inline`."""
    document = document or _NoDocument(data={}, label="", marks={})
    notes = _Notes(document.where, ConfigError)
    known = {key: item for key, item in mapping.items() if key in _INLINE_KEYS}
    wrong_name = check_service_name(name)
    if wrong_name is not None:
        notes.add(keys, *wrong_name)
    _check_build(known.get("build"), (*keys, "build"), notes)
    if not known.get("image") and known.get("build") is None and mapping.get("extends") is None:
        notes.add(keys, "has neither an image nor a build", "Add image: REPOSITORY:TAG, or build: FOLDER.")
    notes.errors += _found_by_pydantic({**known, "name": "inline"}, document, accepted, below=keys, kind=ConfigError)
    notes.raise_all()
    file = section(ServiceFile, {**known, "name": name})
    apart = {*_INLINE_KEYS, *_PLACEMENT_KEYS}
    fields = {
        # A project's tasks/ folder is the project's, not this service's.
        **_common(file, mapping, notes, root, keys, is_main=False),
        "image": file.image,
        "build": _with_context(file.build),
        "depends_on": _needs(file.depends_on),
        "compose": {key: item for key, item in mapping.items() if key not in apart and not key.startswith("x-")},
        "conditional_environment": file.conditional_environment,
    }
    notes.raise_all()
    return fields


class _NoDocument(YamlDocument):
    """Names values by their keys alone."""

    __slots__ = ()

    def where(self, *keys: str | int) -> str:
        return dotted_name(keys)


class _Notes:
    """Gathers everything that is wrong, instead of stopping at the first."""

    def __init__(self, where: Callable[..., str], kind: type[PhloError]) -> None:
        self._where, self._kind = where, kind
        self.errors: list[PhloError] = []

    def add(self, keys: Keys, what: str, fix: str = "") -> None:
        self.errors.append(self._kind(what, where=self._where(*keys), fix=fix))

    def raise_all(self) -> None:
        if self.errors:
            raise first_of(self.errors)


def _found_by_pydantic(
    data: Mapping[str, Any],
    document: YamlDocument,
    accepted: Accepted | None,
    *,
    below: Keys = (),
    kind: type[PhloError] = PackageError,
) -> list[PhloError]:
    known = (ServiceFile.__name__, data)
    if accepted is not None and known in accepted:
        return []
    from pydantic import ValidationError

    from phlo.discovery.service_models import MODELS
    from phlo.sections.errors import config_errors

    model = MODELS.of(ServiceFile)
    try:
        model.model_validate(data)
    except ValidationError as reason:
        found = config_errors(reason, document, model, below=below)
        return [kind(error.what, where=error.where, fix=error.fix) for error in found]
    if accepted is not None:
        accepted.add(known)
    return []


def _common(
    file: ServiceFile, data: Mapping[str, Any], notes: _Notes, root: Path, keys: Keys, *, is_main: bool
) -> dict[str, Any]:
    """The fields that service.yaml and an inline service share."""
    for key in ("files", "starter_files"):
        for index, entry in enumerate(getattr(file, key)):
            if not (root / entry.source).exists():
                notes.add((*keys, key, index, "source"), f'there is no "{entry.source}" in the role')
    claims = [getattr(file, key) for key in ("wants", "requires") if isinstance(data.get(key), Mapping)]
    hooks = {point: getattr(file.hooks, point) for point in HOOK_POINTS}
    return {
        **{name: getattr(file, name) for name in ("name", "description", "category", "profile", "version")},
        **{name: getattr(file, name) for name in ("env_vars", "files", "dev", "provides", "one_shot")},
        "hooks": {point: entries for point, entries in hooks.items() if entries},
        "requires": tuple(file.requires),
        "wants": tuple(file.wants),
        "claims": {name: claim for needs in claims for name, claim in needs.items()},
        "templates": tuple(_templates(file, notes, root, keys)),
        "tasks": _tasks(file, notes, root, keys, is_main=is_main),
    }


def _templates(file: ServiceFile, notes: _Notes, root: Path, keys: Keys) -> Iterator[TemplateDefinition]:
    """`templates`; a source is looked for in the role's `templates/`, then in the role's folder."""
    for index, template in enumerate(file.templates):
        source = _role_file(template.source, "templates", notes, root, (*keys, "templates", index, "source"))
        yield replace(template, source=source)


def _role_file(source: str, folder: str, notes: _Notes, root: Path, keys: Keys) -> str:
    found = next((name for name in (f"{folder}/{source}", source) if (root / name).is_file()), None)
    if found is None:
        near = nearest(source, (path.name for path in (root / folder).glob("*")))
        fix = f'Did you mean "{near}"?' if near else f"Put it there: {folder}/{source}."
        notes.add(keys, f'there is no "{source}" in the role\'s {folder}/', fix)
    return found or source


def _tasks(file: ServiceFile, notes: _Notes, root: Path, keys: Keys, *, is_main: bool) -> tuple[str, ...]:
    """`tasks`: files of the role; not given: what is in the `tasks/` of its main service, and its `tasks.py`."""
    if file.tasks is not None:
        given = enumerate(file.tasks)
        return tuple(_role_file(path, "tasks", notes, root, (*keys, "tasks", index)) for index, path in given)
    if not is_main:
        return ()
    folder = root / "tasks"
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    found = [f"tasks/{name}" for name in names if name.endswith(_TASK_SUFFIXES) and name != "__init__.py"]
    return (*found, "tasks.py") if (root / "tasks.py").is_file() else tuple(found)


def _container(file: ServiceFile, data: Mapping[str, Any], notes: _Notes, root: Path, is_main: bool) -> dict[str, Any]:
    """The fields that may be at the top of the file or inside `compose`, and what else `compose` holds."""
    given = data.get("compose") or {}
    found: dict[str, Any] = {}
    for key in _EITHER:
        inside = given.get(key)
        if inside is not None and data.get(key) not in (None, inside):
            notes.add(("compose", key), f'differs from "{key}" at the top of the file', "Keep one of the two.")
        found[key] = getattr(file if inside is None else file.compose, key)
    has_recipe = (root / "image" / "Dockerfile").is_file()
    build = found["build"]
    if not found["image"] and build is None and not has_recipe:
        notes.add((), "has neither an image nor a build", "Add image: REPOSITORY:TAG, or an image/Dockerfile.")
    if build is None and has_recipe and (is_main or not found["image"]):
        build = BuildDefinition()
    # Where both places name dependencies, the container's own have the conditions.
    needs = _needs({**file.depends_on, **file.compose.depends_on})
    if file.name in needs:
        notes.add(("depends_on",), "the service depends on itself", "Take its own name out of the list.")
    return {
        **found,
        "build": _with_context(build, root / "image"),
        "depends_on": needs,
        "compose": {key: item for key, item in given.items() if key not in (*_EITHER, "depends_on")},
    }


def _check_build(value: Any, keys: Keys, notes: _Notes) -> None:
    known = (*BUILD_KEYS, *BUILD_HONOURED, *BUILD_WARNED, *BUILD_REFUSED)
    for key in value if isinstance(value, Mapping) else ():
        if key not in known and not key.startswith("x-"):
            notes.add((*keys, key), f'"{key}" is not known here', did_you_mean(key, known))


def _needs(needs: Mapping[str, Need]) -> dict[str, dict[str, Any]]:
    return {
        name: {"condition": need.condition, "required": need.required, "restart": need.restart}
        for name, need in needs.items()
    }


def _with_context(build: BuildDefinition | None, recipe: Path | None = None) -> BuildDefinition | None:
    """A build that names no context has the folder `recipe` when that holds its Dockerfile, else Compose's default."""
    if build is None:
        return None
    has_context = build.context is not None or (recipe and (recipe / build.dockerfile).is_file())
    return build if has_context else replace(build, context=".")
