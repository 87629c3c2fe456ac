"""A recipe's content tag: the same files and arguments give the same tag, anything else another one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from phlo.images.base_recipe import DEFAULT_SUITE, read_base_recipe
from phlo.images.context import read_context
from phlo.values import BuildRecipe, Secret, reveal

# Label on every image phlo builds: the recipe's name, whatever its content.
LABEL_IMAGE = "phlo.image"

_BASE_ARGUMENT = re.compile(r"^[ \t]*(?i:ARG)[ \t]+BASE\b(=)?", re.MULTILINE)


def content_tag(recipe: BuildRecipe) -> str:
    """The tag of the recipe's image, e.g. `phlo/postgres:17-3f2a9c0d1e4b`: its name and a hash of all that goes in.

    That is: every file of the context and its executable bit, the Dockerfile, the arguments, the target, and the
    base it starts from.
    """
    dockerfile, entries = read_context(recipe.context, recipe.dockerfile)
    lines = [f"dockerfile {dockerfile}", f"target {recipe.target or ''}", f"base {base_tag(recipe) or ''}"]
    lines += [f"argument {name} {_digest(reveal(value))}" for name, value in sorted(recipe.args.items())]
    lines += [entry.fingerprint() for entry in entries]
    name, separator, version = recipe.name.rpartition(":")
    if not separator or "/" in version:
        name, version = recipe.name, ""
    return f"{name}:{version + '-' if version else ''}{_digest(chr(10).join(lines))[:12]}"


def base_suite(recipe: BuildRecipe) -> str | None:
    """The suite of the bootstrapped base a recipe starts from; None when its own FROM stands.

    A Dockerfile that declares `ARG BASE` without a value gets the default suite, unless the recipe gives BASE itself.
    """
    if "BASE" in recipe.args:
        return None
    if recipe.base is not None:
        return recipe.base
    text = (recipe.context / recipe.dockerfile).read_text(encoding="utf-8", errors="replace")
    declared = _BASE_ARGUMENT.search(text)
    return DEFAULT_SUITE if declared and not declared[1] else None


def base_tag(recipe: BuildRecipe) -> str | None:
    """The tag of the base a recipe starts from, None when its own FROM stands."""
    suite = base_suite(recipe)
    return read_base_recipe(suite).tag if suite else None


def bases_json(recipes: Iterable[BuildRecipe]) -> dict[str, Any]:
    """Suite -> what this machine makes its base of, for every suite that recipes may start from."""
    suites = sorted({recipe.base or DEFAULT_SUITE for recipe in recipes})
    return {suite: read_base_recipe(suite).to_json() for suite in suites}


def inputs(recipe: BuildRecipe) -> tuple[Path, ...]:
    """The files whose change gives the recipe another tag."""
    _, entries = read_context(recipe.context, recipe.dockerfile)
    files = [entry.path for entry in entries if not entry.is_folder]
    suite = base_suite(recipe)
    return (*files, *(read_base_recipe(suite).inputs if suite else ()))


def secrets_of(recipe: BuildRecipe) -> tuple[Secret, ...]:
    """The recipe's arguments that must not be shown."""
    return tuple(value for value in recipe.args.values() if isinstance(value, Secret))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
