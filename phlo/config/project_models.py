"""pydantic's models of phlo.yaml, derived from its sections and from the table of Compose attributes.

They are loaded for the JSON Schema, and for a file that has not been accepted before (see `phlo.sections.accepted`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from phlo.compose.attributes import ATTRIBUTES
from phlo.config import project_config as sections
from phlo.config.project_config import ROLE_SHAPES
from phlo.sections.models import Models, Strict, WithoutEmpty
from phlo.sections.shapes import Shape


class _OneSource(Strict):
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [name]} for name in ("file", "command", "vault")]},
    )

    @model_validator(mode="after")
    def _is_one(self) -> _OneSource:
        given = self.model_dump(include={"file", "command", "vault"}, exclude_none=True)
        if len(given) != 1:
            raise _error("a secret comes from one of file, command and vault", "Keep one of the three.")
        if given.get("command") == []:
            raise _error("the command of a secret is empty", "Write the program and its arguments.")
        if getattr(self, "timeout_seconds", 1) <= 0:
            raise _error("timeout_seconds should be more than 0", "Write a number of seconds, such as 60.")
        return self


def _error(what: str, fix: str) -> PydanticCustomError:
    return PydanticCustomError("secret_source", "{what}", {"what": what, "fix": fix})


class _Named(Strict):
    """What is not a field is a service's override."""

    model_config = ConfigDict(extra="allow")


_BASES: Mapping[type, type[Strict]] = {
    sections.ProjectConfig: WithoutEmpty,
    sections.SecretSource: _OneSource,
}


class _ProjectModels(Models):
    def fields(self, section: type) -> dict[str, Any]:
        found = super().fields(section)
        if section is sections.ServiceOverride:
            found |= {
                name: (Annotated[Any, Shape(row.loose)], Field(None, description=row.description or None))
                for name, row in ATTRIBUTES.items()
            }
            found |= {name: (self.checked(hint), None) for name, hint in ROLE_SHAPES.items()}
        return found

    def base(self, section: type) -> type[Strict]:
        if section is not sections.Services:
            return super().base(section)
        override: Any = self.of(sections.ServiceOverride)
        body = {"__module__": __name__, "__annotations__": {"__pydantic_extra__": dict[str, override | None]}}
        return cast(type[Strict], type("_Services", (_Named,), body))


_MODELS = _ProjectModels(bases=_BASES)


def model_of(section: type) -> type[BaseModel]:
    """The model that checks a section of phlo.yaml."""
    return _MODELS.of(section)


def project_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of phlo.yaml, for editors. `x-` keys are allowed everywhere."""
    schema = model_of(sections.ProjectConfig).model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        if part.get("type") == "object":
            part["patternProperties"] = {"^x-": True}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "phlo.yaml"}
