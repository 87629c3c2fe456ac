"""Make a section from data that pydantic has accepted, without loading pydantic."""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from phlo.sections.forms import Form, Rewrite

_Section = TypeVar("_Section")
_TRUE = ("true", "yes", "on", "1", "t", "y")


def is_section(hint: Any) -> bool:
    """Whether a type is a section: one of phlo's dataclasses."""
    return isinstance(hint, type) and hasattr(hint, "_given")


def section(kind: type[_Section], data: Mapping[str, Any]) -> _Section:
    """`data` as a section of that kind; keys that are no fields are left out."""
    hints = field_types(cast(Any, kind))
    return kind(**{key: value_of(hints[key], item) for key, item in data.items() if key in hints and item is not None})


@functools.cache
def field_types(kind: type) -> Mapping[str, Any]:
    """Field -> its type, as it is in the file."""
    return {name: hint for name, hint in get_type_hints(kind, include_extras=True).items() if not name.startswith("_")}


def value_of(hint: Any, value: Any) -> Any:
    """A value of the type `hint`; what may be written in several ways becomes one."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        for mark in inner[1:]:
            value = mark.before(value) if isinstance(mark, Rewrite) else value
        form = next((mark for mark in inner[1:] if isinstance(mark, Form)), None)
        if form is not None:
            return None if value is None else form.convert(value)
        return value_of(inner[0], value)
    if value is None or hint is Any or hint is str:
        return value
    if hint is bool:
        return value if isinstance(value, bool) else str(value).lower().removesuffix(".0") in _TRUE
    if hint is float:
        return float(value)
    if is_section(hint):
        return section(hint, value)
    if origin in (Union, types.UnionType):
        return value_of(inner[0], value)
    if origin in (list, tuple):
        return origin(value_of(inner[0], item) for item in value)
    if origin in (dict, Mapping):
        return {key: value_of(inner[1], item) for key, item in value.items()}
    return value
