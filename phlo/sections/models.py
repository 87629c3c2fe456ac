"""pydantic models derived from sections."""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
import operator
import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, create_model, model_validator
from pydantic_core import PydanticCustomError, PydanticUndefined

from phlo.compose.loose import Loose
from phlo.sections.forms import Form, Rewrite
from phlo.sections.shapes import Shape
from phlo.sections.values import field_types, is_section


class Strict(BaseModel):
    """A mapping with known keys; `x-` keys are the user's own and ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_extensions(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            return {key: item for key, item in data.items() if not str(key).startswith("x-")}
        return data


class WithoutEmpty(Strict):
    """A mapping in which a key without a value is the same as no key: its lines may all be comments."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            return {key: item for key, item in data.items() if item is not None}
        return data


class Models:
    """The models of sections, each made once. base: what a model has besides its fields, unless `bases` says it."""

    def __init__(self, base: type[Strict] = Strict, bases: Mapping[type, type[Strict]] | None = None) -> None:
        self._base = base
        self._bases = bases or {}
        self._made: dict[type, type[BaseModel]] = {}

    def of(self, section: type) -> type[BaseModel]:
        """The model that checks a section."""
        if section not in self._made:
            name, base = section.__name__, self.base(section)
            made = create_model(name, __base__=base, __doc__=section.__doc__, **self.fields(section))
            self._made[section] = made
        return self._made[section]

    def base(self, section: type) -> type[Strict]:
        return self._bases.get(section, self._base)

    def fields(self, section: type) -> dict[str, Any]:
        hints = field_types(section)
        return {
            one.name: (self.checked(hints[one.name]), self._field(one))
            for one in dataclasses.fields(section)
            if one.name in hints
        }

    def _field(self, one: Any) -> Any:
        description = one.metadata.get("description")
        if one.default_factory is dataclasses.MISSING:
            return Field(... if one.default is dataclasses.MISSING else one.default, description=description)
        factory = self.of(one.default_factory) if is_section(one.default_factory) else one.default_factory
        return Field(default_factory=factory, description=description)

    def checked(self, hint: Any) -> Any:
        """The type `hint` with models in the place of sections, and pydantic's words in the place of ours."""
        if is_section(hint):
            return self.of(hint)
        origin, inner = get_origin(hint), get_args(hint)
        if origin is Annotated:
            kind: Any = self.checked(inner[0])
            for mark in reversed(inner[1:]):
                kind = Annotated[kind, _mark(mark, kind)]
            return kind
        if origin in (Union, types.UnionType):
            return functools.reduce(operator.or_, map(self.checked, inner))
        if not inner or origin is Literal:
            return hint
        known = {collections.abc.Mapping: dict}.get(origin, origin)
        return known[tuple(item if item is Ellipsis else self.checked(item) for item in inner)]


def _mark(mark: Loose | Form | Rewrite, kind: Any) -> Any:
    if isinstance(mark, Loose):
        return Shape(mark)
    if isinstance(mark, Rewrite):
        also = PydanticUndefined if mark.also is None else kind | mark.also
        return BeforeValidator(mark.before, json_schema_input_type=also)

    def check(value: Any) -> Any:
        wrong = None if value is None else mark.check(value)
        if wrong is not None:
            raise PydanticCustomError("form", "{what}", {"what": wrong[0], "fix": wrong[1]})
        return value

    return PlainValidator(check)
