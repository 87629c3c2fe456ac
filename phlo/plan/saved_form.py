"""The form of a saved plan's file. Anyone who wrote the file, nothing but what fits here is read from it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from phlo.values import Status

_Name = Annotated[str, Field(max_length=4096)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChangeForm(_Form):
    at: _Name
    verb: _Name
    causes: tuple[str, ...]
    is_counted: bool = True


class StepForm(_Form):
    host: _Name
    service: _Name
    name: _Name
    operation: _Name
    status: Status
    changes: tuple[ChangeForm, ...]
    inputs: dict[str, _Name]


class LiveForm(_Form):
    id: _Name
    service: _Name
    state: _Name


class AskedForm(_Form):
    """The options of `phlo plan`. All are there: a missing one would widen what the plan is about."""

    services: list[_Name]
    profile: list[_Name]
    no_deps: bool
    exclude: list[_Name]
    scale: list[_Name]
    dev: bool
    image_source: _Name | None
    tags: _Name | None
    recreate: bool
    remove_orphans: bool
    project_name: _Name | None
    unprotect: list[_Name]
    inventory: list[_Name]
    extra: list[_Name]


class PlanForm(_Form):
    phlo_plan: int
    phlo: _Name
    project: _Name
    made: Annotated[float, Field(ge=0, lt=1e11)]
    asked: AskedForm
    salt: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    steps: tuple[StepForm, ...]
    live: dict[str, dict[str, LiveForm]]
