"""A recipe's content tag: the same files and arguments give the same tag, anything else another one."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from phlo.errors import ConfigError
from phlo.image_source import BuildRecipe, BuildSettings
from phlo.images.base_recipe import DEFAULT_SUITE, read_base_recipe
from phlo.images.context import OUTSIDE, Entry, read_context, read_folder
from phlo.values import Secret, reveal

# Label on every image phlo builds: the recipe's name, whatever its content.
LABEL_IMAGE = "phlo.image"

# The files of the HTTP guard, and where a build context that asks for the guard has them.
_GUARD = Path(__file__).with_name("guard")
_GUARD_NAME = ".phlo/guard"

_BASE_ARGUMENT = re.compile(r"^[ \t]*(?i:ARG)[ \t]+BASE\b(=)?", re.MULTILINE)


def content_tag(recipe: BuildRecipe) -> str:
    """The tag of the recipe's image, e.g. `phlo/postgres:17-3f2a9c0d1e4b`: its name and a hash of all that goes in.

    That is: every file of the context and its executable bit, the Dockerfile, the arguments, the target, what the
    builder gets as further options, and what the base it starts from is on every machine.
    """
    dockerfile, entries = read_recipe(recipe)
    lines = [f"dockerfile {dockerfile}", f"target {recipe.target or ''}", f"base {_base_identity(recipe)}"]
    lines += [f"argument {name} {_digest(reveal(value))}" for name, value in sorted(recipe.args.items())]
    lines += _setting_lines(recipe.settings)
    lines += [entry.fingerprint() for entry in entries]
    name, separator, version = recipe.name.rpartition(":")
    if not separator or "/" in version:
        name, version = recipe.name, ""
    return f"{name}:{version + '-' if version else ''}{_digest(chr(10).join(lines))[:12]}"


def _setting_lines(settings: BuildSettings) -> list[str]:
    """One line for each setting that is given; how the builder gets to its result (`no_cache`) is none of it."""
    lines = [f"label {name} {_digest(reveal(value))}" for name, value in sorted(settings.labels.items())]
    lines += [f"tag {tag}" for tag in sorted(settings.tags)]
    lines += [f"extra_host {host}" for host in settings.extra_hosts]
    lines += [f"ulimit {limit}" for limit in settings.ulimits]
    for context, value in sorted(settings.contexts.items()):
        lines.append(f"context {context} {value if '://' in value else _folder_digest(Path(value))}")
    given = {"network": settings.network, "shm_size": settings.shm_size}
    return lines + [f"{name} {value}" for name, value in given.items() if value is not None]


def _folder_digest(folder: Path) -> str:
    if not folder.is_dir():
        raise ConfigError("the build context is not a folder", where=folder, fix="Correct `build.additional_contexts`.")
    entries = sorted(read_folder(folder, "."), key=lambda entry: entry.name)
    return _digest("\n".join(entry.fingerprint() for entry in entries))


def read_recipe(recipe: BuildRecipe) -> tuple[str, list[Entry]]:
    """The Dockerfile's name inside the archive, and all entries of the build context by name."""
    inline = recipe.settings.dockerfile_text
    written = recipe.written if inline is None else {**recipe.written, recipe.context / OUTSIDE: inline.encode()}
    dockerfile, entries = read_context(recipe.context, recipe.dockerfile if inline is None else OUTSIDE, written)
    if recipe.has_guard:
        entries = sorted([*entries, *read_folder(_GUARD, _GUARD_NAME)], key=lambda entry: entry.name)
    return dockerfile, entries


def base_suite(recipe: BuildRecipe) -> str | None:
    """The suite of the bootstrapped base a recipe starts from; None when its own FROM stands.

    A Dockerfile that declares `ARG BASE` without a value gets the default suite, unless the recipe gives BASE itself.
    """
    if "BASE" in recipe.args:
        return None
    if recipe.base is not None:
        return recipe.base
    declared = _BASE_ARGUMENT.search(dockerfile_text(recipe))
    return DEFAULT_SUITE if declared and not declared[1] else None


def dockerfile_text(recipe: BuildRecipe) -> str:
    """The Dockerfile's content."""
    if recipe.settings.dockerfile_text is not None:
        return recipe.settings.dockerfile_text
    path = Path(os.path.normpath(recipe.context / recipe.dockerfile))
    return (recipe.written[path] if path in recipe.written else path.read_bytes()).decode(errors="replace")


def _base_identity(recipe: BuildRecipe) -> str:
    suite = base_suite(recipe)
    return read_base_recipe(suite).identity if suite else ""


def bases_json(recipes: Iterable[BuildRecipe]) -> dict[str, Any]:
    """Suite -> what this machine makes its base of, for every suite that recipes may start from."""
    suites = sorted({recipe.base or DEFAULT_SUITE for recipe in recipes})
    return {suite: read_base_recipe(suite).to_json() for suite in suites}


def inputs(recipe: BuildRecipe) -> tuple[Path, ...]:
    """The files whose change gives the recipe another tag."""
    _, entries = read_recipe(recipe)
    for folder in (value for value in recipe.settings.contexts.values() if "://" not in value):
        entries = [*entries, *read_folder(Path(folder), ".")]
    files = [entry.path for entry in entries if not entry.is_folder and entry.path.name != OUTSIDE]
    suite = base_suite(recipe)
    return (*files, *(read_base_recipe(suite).inputs if suite else ()))


def secrets_of(recipe: BuildRecipe) -> tuple[Secret, ...]:
    """The recipe's arguments and secrets, which must not be shown."""
    given = (*recipe.args.values(), *(secret.content for secret in recipe.settings.secrets))
    return tuple(value for value in given if isinstance(value, Secret))


def secret_arguments(recipe: BuildRecipe) -> tuple[str, ...]:
    """The names of the arguments that must not be shown."""
    return tuple(name for name, value in recipe.args.items() if isinstance(value, Secret))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
