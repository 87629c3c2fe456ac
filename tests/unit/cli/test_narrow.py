"""A plan cut down to a part of its steps."""

from __future__ import annotations

import pytest

from phlo.cli.narrow import builds_only, pulls_only, tagged
from phlo.errors import PlanError
from phlo.image_source import BuildRecipe, ImagePolicy, ImageSource
from phlo.operations import image
from phlo.plan.graph import Plan
from phlo.values import Step


def plan() -> Plan:
    from pathlib import Path

    recipe = BuildRecipe(name="lake/web:1", context=Path("/nowhere"))
    sources = {"web": ImageSource(reference="web:1", recipe=recipe), "db": ImageSource(reference="db:1")}
    sources["own"] = ImageSource(reference=None, recipe=recipe)
    steps = []
    for name, source in sources.items():
        got = Step(host="local", service=name, name="image", operation="image", args=image.Args(source=source))
        made = Step(
            host="local",
            service=name,
            name="container",
            operation="container",
            args=None,
            after=(got.id,),
        )
        steps += [got, made]
    return Plan(title="up", project="lake", steps=tuple(steps))


def ids(found: Plan) -> list[str]:
    return [step.id.removeprefix("local/") for step in found.steps]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (None, ["web/image", "web/container", "db/image", "db/container", "own/image", "own/container"]),
        ("image", ["web/image", "db/image", "own/image"]),
        ("image, db", ["web/image", "db/image", "db/container", "own/image"]),
    ],
)
def test_tags_are_operations_and_services(tags: str | None, expected: list[str]) -> None:
    assert ids(tagged(plan(), tags)) == expected


def test_steps_that_are_left_need_only_each_other() -> None:
    [step] = tagged(plan(), "container").steps[:1]
    assert step.after == ()


def test_an_unknown_tag_names_the_nearest() -> None:
    with pytest.raises(PlanError, match='no step has the tag "imag"') as caught:
        tagged(plan(), "imag")
    assert caught.value.fix == 'Did you mean "image"?'


def test_pull_leaves_out_what_has_no_upstream_image() -> None:
    found = pulls_only(plan())
    assert ids(found) == ["web/image", "db/image"]
    assert {step.args.source.policy for step in found.steps} == {ImagePolicy.PULL}
    assert {step.args.source.pull_policy for step in found.steps} == {"always"}


def test_build_leaves_out_what_has_no_recipe() -> None:
    found = builds_only(plan())
    assert ids(found) == ["web/image", "own/image"]
    assert {step.args.source.policy for step in found.steps} == {ImagePolicy.BUILD}
