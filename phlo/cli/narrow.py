"""Cutting a plan down to a part of its steps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from phlo.errors import PlanError, did_you_mean
from phlo.frozen import replace
from phlo.plan.graph import Plan
from phlo.values import ImagePolicy, ImageSource, Step


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
    """Only pulling the upstream images; services that have none are left out."""
    return _images(plan, "reference", {"policy": ImagePolicy.PULL, "pull_policy": "always"}, "pull")


def builds_only(plan: Plan) -> Plan:
    """Only building the images that have a recipe."""
    return _images(plan, "recipe", {"policy": ImagePolicy.BUILD, "pull_policy": None}, "build")


def _images(plan: Plan, needed: str, source: Mapping[str, Any], title: str) -> Plan:
    steps = []
    for step in plan.steps:
        if step.operation == "image" and getattr(step.args.source, needed) is not None:
            changed: ImageSource = replace(step.args.source, **source)
            steps.append(replace(step, args=replace(step.args, source=changed)))
    return replace(_only(plan, steps), title=title)


def _only(plan: Plan, steps: Collection[Step]) -> Plan:
    """The plan with these steps, which need only each other."""
    kept = {step.id for step in steps}
    cut = [replace(step, after=tuple(need for need in step.after if need in kept)) for step in steps]
    return replace(plan, steps=tuple(cut))
