"""pydantic's model of an operation's arguments, derived from the fields of its `Args`.

Loaded only for arguments that were not accepted before, see `phlo.operations.arguments`.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    Strict,
    ValidationError,
    WrapValidator,
    create_model,
)
from pydantic_core import PydanticCustomError

from phlo.compose.reading import format_value
from phlo.errors import ConfigError, did_you_mean
from phlo.operations.argument_types import argument_types, is_list, is_mapping, item_type, members, name_of, text_of
from phlo.operations.fields import AnyMode, Mode, fields_of, is_required
from phlo.operations.file_attributes import parse_mode
from phlo.values import Secret

Place = Callable[..., str]
_HIGHEST_MODE = 0o7777


def find_errors(kind: type, values: Mapping[str, Any], *, place: Place, is_partial: bool = False) -> list[ConfigError]:
    """What pydantic finds wrong in the arguments of a task.

    place: where an argument was written, by its name; without one, where the task's arguments were.
    is_partial: further arguments are known later, so that none is missing yet.
    """
    try:
        model_of(kind).model_validate(dict(values))
    except ValidationError as reason:
        found = reason.errors(include_url=False)
        if is_partial or any(one["type"] == "extra_forbidden" for one in found):  # which may be the missing one
            found = [one for one in found if one["type"] != "missing"]
        return [_error(one, kind, values, place) for one in found]
    return []


@functools.cache
def model_of(kind: type) -> type[BaseModel]:
    """The model that checks what a task writes for an operation. kind: its `Args`."""
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, protected_namespaces=())
    # Numbered, because an argument may be called as an attribute of pydantic's models is.
    found = fields_of(kind)
    fields = {
        f"field_{number}": (_checked(hint), Field(... if is_required(found[name]) else None, alias=name))
        for number, (name, hint) in enumerate(argument_types(kind).items())
    }
    return create_model("Arguments", __config__=config, **fields)  # type: ignore[call-overload,no-any-return]


def _named(phrase: str, value: Any, check: Callable[[Any], Any]) -> Any:
    """Give all errors of a type without parts one message."""
    try:
        return check(value)
    except ValueError:
        raise PydanticCustomError("argument", "{phrase}", {"phrase": phrase}) from None


def _checked(hint: Any) -> Any:
    """The type of a field as pydantic checks it."""
    kinds = members(hint)
    if Any in kinds:
        return Any
    found = _with_parts(kinds)
    if found is None:
        named = functools.partial(_named, name_of(hint, in_sentence=True))
        found = Annotated[functools.reduce(operator.or_, map(_single, kinds)), WrapValidator(named)]
    return found | None if kinds != (hint,) and type(None) in get_args(hint) else found


def _with_parts(kinds: tuple[Any, ...]) -> Any:
    """The type of a list or mapping, whose items have errors of their own; None for anything else."""
    if is_list(kinds[0]) and all(kind in members(item_type(kinds[0])) for kind in kinds[1:]):
        return Annotated[list[_checked(item_type(kinds[0]))], BeforeValidator(_as_list)]  # type: ignore[misc]
    if len(kinds) == 1 and is_mapping(kinds[0]):
        return dict[_checked(str), _checked(item_type(kinds[0]))]  # type: ignore[misc]
    return None


def _single(kind: Any) -> Any:
    if kind in (str, Path):
        return Annotated[str, BeforeValidator(_as_text)]
    if kind is int:
        return Annotated[int, Strict(), BeforeValidator(lambda value: int(value) if isinstance(value, str) else value)]
    if kind is float:
        return Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_without_switch)]
    if kind is Mode:
        return Annotated[Any, PlainValidator(_mode)]
    if kind is AnyMode:
        return Annotated[Any, PlainValidator(parse_mode)]
    if get_origin(kind) is Literal:
        return Annotated[kind, BeforeValidator(_as_text)]
    if is_list(kind) or is_mapping(kind):
        return _with_parts((kind,))
    return kind


def _as_list(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) or value is None else [value]


def _as_text(value: Any) -> Any:
    return text_of(value) if isinstance(value, (bool, int, float)) else value


def _without_switch(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("is not a number")
    return value


def _mode(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError("is no mode")
    mode = int(value, 8) if isinstance(value, str) else value
    if not 0 <= mode <= _HIGHEST_MODE:
        raise ValueError("is no mode")
    return mode


def _error(found: Any, kind: type, values: Mapping[str, Any], place: Place) -> ConfigError:
    """One of pydantic's errors as phlo's."""
    name, given = str(found["loc"][0]), found["input"]
    if found["type"] == "extra_forbidden":
        return ConfigError(f'there is no argument "{name}"', where=place(name), fix=did_you_mean(name, fields_of(kind)))
    if found["type"] == "missing":
        return ConfigError(f'"{name}" is missing', where=place(), fix=f"Write {name}: ... .")
    path = _path(found["loc"], values)
    if isinstance(given, Secret):
        return ConfigError(f"{path} may not be made of a secret: it would be shown", where=place(name))
    fix = ""
    if found["type"] == "argument":
        phrase = str(found["ctx"]["phrase"])
        if phrase.startswith("one of ") and isinstance(given, str):
            fix = did_you_mean(given, phrase.removeprefix("one of ").split(", "))
    else:
        phrase = "a mapping"
        fix = f"Write {path}: {{NAME: VALUE}}."
    return ConfigError(f"{path} should be {phrase}, got {format_value(given)}", where=place(name), fix=fix)


def _path(loc: tuple[int | str, ...], values: Mapping[str, Any]) -> str:
    """The argument, or the entry of it, that an error is about: `environment.LANG`, `command[1]`."""
    text, inside = str(loc[0]), values.get(str(loc[0]))
    for key in loc[1:]:
        if isinstance(key, int) and isinstance(inside, (list, tuple)):
            text, inside = f"{text}[{key}]", inside[key]
        elif isinstance(inside, Mapping) and key in inside:
            text, inside = f"{text}.{key}", inside[key]
    return text
