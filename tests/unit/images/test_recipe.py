"""The content tag: the same for the same things, another one for anything else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from phlo.images.recipe import base_suite, content_tag, inputs
from phlo.values import BuildRecipe, Secret


@pytest.fixture
def recipe(tmp_path: Path) -> BuildRecipe:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY a /a\n")
    (tmp_path / "a").write_text("1")
    return BuildRecipe(name="phlo/thing:17", context=tmp_path, args={"VERSION": "1"})


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("phlo/thing:17", r"phlo/thing:17-[0-9a-f]{12}"),
        ("phlo/thing", r"phlo/thing:[0-9a-f]{12}"),
        ("here:5000/thing", r"here:5000/thing:[0-9a-f]{12}"),
        ("here:5000/thing:2", r"here:5000/thing:2-[0-9a-f]{12}"),
    ],
)
def test_the_tag_is_the_recipes_name_and_twelve_hex_digits(recipe: BuildRecipe, name: str, form: str) -> None:
    assert re.fullmatch(form, content_tag(replace(recipe, name=name)))


def test_the_tag_of_an_unchanged_recipe_stays(recipe: BuildRecipe) -> None:
    before = content_tag(recipe)
    (recipe.context / "a").write_text("1")

    assert content_tag(recipe) == before


CHANGES: dict[str, Callable[[BuildRecipe], BuildRecipe | None]] = {
    "a file's content": lambda recipe: (recipe.context / "a").write_text("2") and None,
    "a file's name": lambda recipe: (recipe.context / "a").rename(recipe.context / "b") and None,
    "a file's executable bit": lambda recipe: (recipe.context / "a").chmod(0o755),
    "a file more": lambda recipe: (recipe.context / "z").write_text("z") and None,
    "the Dockerfile": lambda recipe: (recipe.context / "Dockerfile").write_text("FROM scratch\n") and None,
    "an argument's value": lambda recipe: replace(recipe, args={"VERSION": "2"}),
    "a secret argument": lambda recipe: replace(recipe, args={"VERSION": Secret("1x")}),
    "an argument more": lambda recipe: replace(recipe, args={"VERSION": "1", "OTHER": ""}),
    "the target": lambda recipe: replace(recipe, target="final"),
    "the base": lambda recipe: replace(recipe, base="trixie"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_tag_changes_with(recipe: BuildRecipe, change: str) -> None:
    before = content_tag(recipe)

    assert content_tag(CHANGES[change](recipe) or recipe) != before


@pytest.mark.parametrize(
    ("dockerfile", "base", "args", "suite"),
    [
        ("FROM debian", None, {}, None),
        ("ARG BASE\nFROM ${BASE}", None, {}, "trixie"),
        ("ARG BASE\nFROM ${BASE}", "bookworm", {}, "bookworm"),
        ("arg BASE\nfrom ${BASE}", None, {}, "trixie"),
        ("ARG base\nFROM ${base}", None, {}, None),
        ("ARG BASE=debian:12\nFROM ${BASE}", None, {}, None),
        ("ARG BASE=debian:12\nFROM ${BASE}", "trixie", {}, "trixie"),
        ("ARG BASE\nFROM ${BASE}", "trixie", {"BASE": "mine:1"}, None),
        ("ARG BASEMENT\nFROM debian", None, {}, None),
    ],
)
def test_a_dockerfile_gets_a_base_when_it_asks_for_one(
    tmp_path: Path, dockerfile: str, base: str | None, args: dict[str, str], suite: str | None
) -> None:
    (tmp_path / "Dockerfile").write_text(dockerfile)

    assert base_suite(BuildRecipe(name="x", context=tmp_path, base=base, args=args)) == suite


def test_inputs_are_the_files_of_the_context(recipe: BuildRecipe) -> None:
    assert {path.name for path in inputs(recipe)} == {"Dockerfile", "a"}
