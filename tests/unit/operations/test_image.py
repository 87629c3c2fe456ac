"""What the image operation decides, from what it has seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from phlo.errors import OperationError
from phlo.image_source import BuildRecipe, ImagePolicy, ImageRegistry, ImageSource
from phlo.images import ImageSeen, content_tag
from phlo.images.present import copies, published
from phlo.operations.image import Args, Seen, decide
from phlo.values import Change

UPSTREAM = "thing:17.6"
THERE = ImageSeen(reference=UPSTREAM, id="sha256:1", config={})


@pytest.fixture
def recipe(tmp_path: Path) -> BuildRecipe:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    return BuildRecipe(name="phlo/thing:17", context=tmp_path)


def test_an_image_that_is_there_needs_nothing(recipe: BuildRecipe) -> None:
    source = ImageSource(reference=UPSTREAM, recipe=recipe)

    assert decide(Args(source=source), Seen(image=THERE)) == []


@pytest.mark.parametrize(
    ("reference", "has_recipe", "policy", "pull_policy", "verb"),
    [
        (UPSTREAM, False, ImagePolicy.AUTO, None, "pull"),
        (UPSTREAM, True, ImagePolicy.AUTO, None, "pull"),
        (UPSTREAM, True, ImagePolicy.PULL, None, "pull"),
        (UPSTREAM, True, ImagePolicy.BUILD, None, "build"),
        (UPSTREAM, True, ImagePolicy.AUTO, "build", "build"),
        (UPSTREAM, False, ImagePolicy.BUILD, None, "pull"),
        (None, True, ImagePolicy.AUTO, None, "build"),
    ],
)
def test_a_missing_image_is_pulled_or_built_as_the_policy_says(
    recipe: BuildRecipe,
    reference: str | None,
    has_recipe: bool,
    policy: ImagePolicy,
    pull_policy: str | None,
    verb: str,
) -> None:
    source = ImageSource(
        reference=reference, recipe=recipe if has_recipe else None, policy=policy, pull_policy=pull_policy
    )
    name = UPSTREAM if verb == "pull" else content_tag(recipe)

    expected = [Change(at=f"image:{name}", verb=verb, causes=("not on the host",))]
    assert decide(Args(source=source), Seen(image=None)) == expected


def test_a_changed_recipe_is_built_and_both_tags_are_named(recipe: BuildRecipe) -> None:
    source = ImageSource(reference=UPSTREAM, recipe=recipe)
    tag = content_tag(recipe)

    changes = decide(Args(source=source), Seen(image=None, before="phlo/thing:17-000000000000"))

    cause = f"recipe changed: phlo/thing:17-000000000000 -> {tag}"
    assert changes == [Change(at=f"image:{tag}", verb="build", causes=(cause,))]


def test_what_cannot_be_pulled_is_built_and_the_plan_says_why(recipe: BuildRecipe) -> None:
    source = ImageSource(reference=UPSTREAM, recipe=recipe)

    changes = decide(Args(source=source), Seen(image=None, no_pull="its registry is not reachable"))

    causes = ("not on the host", "cannot be pulled: its registry is not reachable")
    assert changes == [Change(at=f"image:{content_tag(recipe)}", verb="build", causes=causes)]


def test_refresh_pulls_an_image_that_is_there() -> None:
    changes = decide(Args(source=ImageSource(reference=UPSTREAM), refresh=True), Seen(image=THERE))

    assert [(change.verb, change.causes) for change in changes] == [("pull", ("asked for",))]


def test_an_outdated_image_is_pulled() -> None:
    source = ImageSource(reference=UPSTREAM, pull_policy="always")

    assert [change.verb for change in decide(Args(source=source), Seen(image=THERE, is_outdated=True))] == ["pull"]


def test_a_missing_image_that_may_not_be_had_is_an_error_with_its_fix() -> None:
    source = ImageSource(reference=UPSTREAM, pull_policy="never")

    with pytest.raises(OperationError, match="pull_policy is never") as caught:
        decide(Args(source=source), Seen(image=None))
    assert "docker load" in caught.value.fix


def test_a_recipes_image_is_pulled_from_the_registries_of_the_project(recipe: BuildRecipe) -> None:
    source = ImageSource(reference=None, recipe=recipe, registries=(ImageRegistry(prefix="r.example/lake"),))
    tag = content_tag(recipe)
    before = "phlo/thing:17-000000000000"

    assert published(source) == (f"r.example/lake/{tag}",)
    expected = Change(at=f"image:{tag}", verb="pull", causes=("not on the host, and looked for in r.example/lake",))
    assert decide(Args(source=source), Seen(image=None, before=before)) == [expected]
    missing = Seen(image=None, no_pull="r.example: its registry has no such image")
    assert [change.verb for change in decide(Args(source=source), missing)] == ["build"]
    assert published(replace(source, policy=ImagePolicy.BUILD)) == ()


def test_without_a_registry_there_is_nothing_to_pull_a_recipes_image_from(recipe: BuildRecipe) -> None:
    with pytest.raises(OperationError, match="its image_source is pull") as caught:
        decide(Args(source=ImageSource(reference=None, recipe=recipe, policy=ImagePolicy.PULL)), Seen(image=None))

    assert "`registries`" in caught.value.fix


@pytest.mark.parametrize(
    ("reference", "mirrors", "copy"),
    [
        ("postgres:17", "docker.io", "m.example/hub/library/postgres:17"),
        ("grafana/loki:3", "docker.io", "m.example/hub/grafana/loki:3"),
        ("quay.io/a/b:1", "quay.io", "m.example/hub/a/b:1"),
        ("quay.io/a/b:1", "docker.io", None),
    ],
)
def test_a_mirror_has_copies_of_its_registrys_images(reference: str, mirrors: str, copy: str | None) -> None:
    source = ImageSource(reference=reference, registries=(ImageRegistry(prefix="m.example/hub", mirrors=mirrors),))

    assert copies(source) == ((copy,) if copy else ())
