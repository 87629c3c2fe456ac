"""Cutting a plan down to a part of its steps."""

from __future__ import annotations

from collections.abc import Callable, Collection

from phlo.errors import PlanError, did_you_mean
from phlo.frozen import replace
from phlo.image_source import ImagePolicy, ImageSource
from phlo.images.present import published
from phlo.plan.graph import Plan
from phlo.values import Step


def tagged(plan: Plan, tags: str | None) -> Plan:
    """Only the steps with one of the tags, which are separated by commas. A step's tags are its operation and service.

    Raises PlanError for a tag that no step has.
    """
    if not tags:
        return plan
    wanted = {tag.strip() for tag in tags.split(",") if tag.strip()}
    known = {tag for step in plan.steps for tag in (step.operation, step.service) if tag}
    for tag in sorted(wanted - known):
        raise PlanError(f'no step has the tag "{tag}"', where="--tags", fix=did_you_mean(tag, known))
    return _only(plan, [step for step in plan.steps if wanted & {step.operation, step.service}])


def pulls_only(plan: Plan) -> Plan:
    """Only pulling images that a registry has; services that have none there are left out."""

    def pulled(source: ImageSource) -> ImageSource | None:
        changed: ImageSource = replace(source, policy=ImagePolicy.PULL, pull_policy="always")
        return changed if source.reference is not None or published(changed) else None

    return _images(plan, pulled, "pull")


def builds_only(plan: Plan) -> Plan:
    """Only building the images that have a recipe."""

    def built(source: ImageSource) -> ImageSource | None:
        return replace(source, policy=ImagePolicy.BUILD, pull_policy=None) if source.recipe is not None else None

    return _images(plan, built, "build")


def _images(plan: Plan, changed: Callable[[ImageSource], ImageSource | None], title: str) -> Plan:
    steps = []
    for step in plan.steps:
        source = changed(step.args.source) if step.operation == "image" else None
        if source is not None:
            steps.append(replace(step, args=replace(step.args, source=source)))
    return replace(_only(plan, steps), title=title)


def _only(plan: Plan, steps: Collection[Step]) -> Plan:
    """The plan with these steps, which need only each other."""
    kept = {step.id for step in steps}
    cut = [replace(step, after=tuple(need for need in step.after if need in kept)) for step in steps]
    return replace(plan, steps=tuple(cut))
