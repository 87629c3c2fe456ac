"""The content tag: the same for the same things, another one for anything else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from phlo.errors import ConfigError
from phlo.image_source import BuildRecipe, BuildSettings
from phlo.images.base_recipe import DEFAULT_SUITE
from phlo.images.recipe import base_suite, content_tag, inputs, read_recipe
from phlo.values import Secret


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


def test_phlos_own_folder_is_no_part_of_a_context(recipe: BuildRecipe) -> None:
    before = content_tag(recipe)
    folder = recipe.context / ".phlo"
    (folder / "runs").mkdir(parents=True)
    (folder / ".env.local").write_text("PASSWORD=sentinel\n")
    (folder / "Dockerfile").write_text("FROM scratch\n")

    assert content_tag(recipe) == before
    dockerfile, entries = read_recipe(replace(recipe, dockerfile=".phlo/Dockerfile"))
    assert [entry.name for entry in entries if entry.name.startswith(".phlo")] == [dockerfile] == [".phlo/Dockerfile"]


def test_the_tag_does_not_depend_on_how_the_builder_works(recipe: BuildRecipe) -> None:
    assert content_tag(replace(recipe, settings=BuildSettings(no_cache=True, pull=True))) == content_tag(recipe)


def test_a_dockerfile_in_the_service_needs_no_file(recipe: BuildRecipe) -> None:
    (recipe.context / "Dockerfile").unlink()
    own = replace(recipe, settings=BuildSettings(dockerfile_text="ARG BASE\nFROM $BASE\n"))
    dockerfile, entries = read_recipe(own)
    (entry,) = (entry for entry in entries if entry.name == dockerfile)
    assert entry.content == b"ARG BASE\nFROM $BASE\n"
    assert base_suite(own) == DEFAULT_SUITE
    assert all(path.exists() for path in inputs(own))


def test_the_tag_of_an_unchanged_recipe_stays(recipe: BuildRecipe) -> None:
    before = content_tag(recipe)
    (recipe.context / "a").write_text("1")

    assert content_tag(recipe) == before


def _with_context(recipe: BuildRecipe) -> BuildSettings:
    folder = recipe.context.parent / "more"
    folder.mkdir()
    (folder / "b").write_text("1")
    return BuildSettings(contexts={"more": str(folder)})


def test_the_files_of_further_contexts_go_into_the_tag(recipe: BuildRecipe) -> None:
    recipe = replace(recipe, settings=_with_context(recipe))
    before = content_tag(recipe)
    file = recipe.context.parent / "more" / "b"
    assert file in inputs(recipe)
    file.write_text("2")
    assert content_tag(recipe) != before
    file.unlink()
    file.parent.rmdir()
    with pytest.raises(ConfigError, match="the build context is not a folder"):
        content_tag(recipe)


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
    "the guard": lambda recipe: replace(recipe, has_guard=True),
    "a label": lambda recipe: replace(recipe, settings=BuildSettings(labels={"a": "1"})),
    "a further name": lambda recipe: replace(recipe, settings=BuildSettings(tags=("a:1",))),
    "the builder's network": lambda recipe: replace(recipe, settings=BuildSettings(network="host")),
    "the builder's hosts": lambda recipe: replace(recipe, settings=BuildSettings(extra_hosts=("a:10.0.0.1",))),
    "the builder's limits": lambda recipe: replace(recipe, settings=BuildSettings(ulimits=({"Name": "nofile"},))),
    "a file of a further context": lambda recipe: replace(recipe, settings=_with_context(recipe)),
    "a further context's image": lambda recipe: replace(
        recipe, settings=BuildSettings(contexts={"a": "docker-image://a:1"})
    ),
    "a Dockerfile of its own": lambda recipe: replace(recipe, settings=BuildSettings(dockerfile_text="FROM scratch")),
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


FILES = {
    "Dockerfile": b"ARG BASE\nFROM ${BASE}\n",
    "app/main.py": b"1",
    "app/skipped": b"2",
    ".dockerignore": b"app/skipped",
}


def on_disk(folder: Path) -> BuildRecipe:
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return BuildRecipe(name="x", context=folder)


def to_be_written(folder: Path) -> BuildRecipe:
    return BuildRecipe(name="x", context=folder, written={folder / name: data for name, data in FILES.items()})


def test_a_context_that_is_not_written_yet_has_the_tag_that_it_will_have(tmp_path: Path) -> None:
    coming = to_be_written(tmp_path / "coming")
    there = on_disk(tmp_path / "there")

    assert content_tag(coming) == content_tag(there)
    assert base_suite(coming) == "trixie"
    assert {path.name for path in inputs(coming)} >= {"Dockerfile", "main.py"}
    assert not (tmp_path / "coming").exists()


def test_files_that_phlo_will_change_have_their_new_content_and_their_old_mode(tmp_path: Path) -> None:
    there = on_disk(tmp_path / "there")
    wanted = content_tag(there)
    (tmp_path / "there" / "app" / "main.py").write_bytes(b"of an older package")

    assert content_tag(there) != wanted
    assert content_tag(to_be_written(tmp_path / "there")) == wanted


def test_a_dockerfile_outside_the_context_may_come_too(tmp_path: Path) -> None:
    coming = BuildRecipe(
        name="x",
        context=tmp_path / "a",
        dockerfile="../b/Dockerfile",
        written={tmp_path / "a" / "x": b"", tmp_path / "b" / "Dockerfile": b"FROM x"},
    )

    assert content_tag(coming)
