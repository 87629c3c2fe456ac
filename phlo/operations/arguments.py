"""An operation's arguments as a task writes them, checked and put into its `Args`."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from phlo.errors import ConfigError, PhloError, did_you_mean, first_of
from phlo.operations.fields import Mode, fields_of
from phlo.values import Secret

T = TypeVar("T")

_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")


def expressions_in(kind: type[Any]) -> dict[str, str]:
    """The fields that take expressions instead of values, and of which sort: `expression` or `expressions`."""
    marks = ("expression", "expressions")
    return {one.name: mark for one in dataclasses.fields(kind) for mark in marks if mark in one.metadata}


def make_args(kind: type[T], values: Mapping[str, Any], *, filled: Mapping[str, Any], where: str) -> T:
    """An operation's `Args` out of what a task says.

    values: final values, by argument. filled: what phlo fills in, see `given`.
    Raises ConfigError with everything that is wrong.
    """
    known, types_of = fields_of(kind), _types(kind)
    problems: list[PhloError] = []
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            fix = did_you_mean(name, known)
            problems.append(ConfigError(f'there is no argument "{name}"', where=where, fix=fix))
            continue
        try:
            found[name] = _converted(value, types_of[name])
        except ValueError as reason:
            problems.append(ConfigError(f"{name} {reason}", where=where))
    needed = [name for name, one in known.items() if _is_required(one) and name not in values]
    problems += [ConfigError(f'"{name}" is missing', where=where, fix=f"Write {name}: ... .") for name in needed]
    if problems:
        raise first_of(problems)
    for one in dataclasses.fields(kind):  # type: ignore[arg-type]  # every Args is a dataclass
        if one.metadata.get("given") is not None:
            found[one.name] = filled[one.metadata["given"]]
    try:
        return kind(**found)
    except ValueError as reason:  # what `__post_init__` refuses
        raise ConfigError(str(reason), where=where) from None


def _is_required(one: dataclasses.Field[Any]) -> bool:
    return one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING


def _types(kind: type[Any]) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _converted(value: Any, kind: Any) -> Any:
    """`value` as a field of type `kind` has it; a ValueError says what it should be."""
    origin = get_origin(kind)
    if kind is Any:
        return value
    if origin in (Union, types.UnionType):
        return _one_of(value, get_args(kind))
    if origin is Literal:
        choices = [str(choice) for choice in get_args(kind)]
        text = _text(value)
        if text not in choices:
            raise ValueError(f'should be one of {", ".join(choices)}, got "{text}"')
        return text
    if origin is tuple:
        items = value if isinstance(value, (list, tuple)) else [value]
        return tuple(_converted(item, get_args(kind)[0]) for item in items)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise ValueError(f"should be a mapping, got {_shown(value)}")
        return {str(key): _converted(item, get_args(kind)[1]) for key, item in value.items()}
    convert = _SIMPLE.get(kind)
    if convert is None:
        raise ValueError("cannot be written in a task; describe it as a service in phlo.yaml")
    return convert(value)


def _one_of(value: Any, kinds: tuple[Any, ...]) -> Any:
    if value is None and type(None) in kinds:
        return None
    kinds = tuple(kind for kind in kinds if kind is not type(None))
    if isinstance(value, Secret) and Secret in kinds:
        return value
    lists = [kind for kind in kinds if get_origin(kind) is tuple]
    if isinstance(value, (list, tuple)) and lists:
        return _converted(value, lists[0])
    others = [kind for kind in kinds if kind is not Secret and kind not in lists] or lists
    reason = ValueError("has the wrong type")
    for kind in others:
        try:
            return _converted(value, kind)
        except ValueError as error:
            reason = error
    raise reason


def _text(value: Any) -> str:
    if isinstance(value, Secret):
        raise ValueError("may not be made of a secret: it would be shown")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise ValueError(f"should be a text, got {_shown(value)}")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    if text not in (*_TRUE, *_FALSE):
        raise ValueError(f"should be true or false, got {_shown(value)}")
    return text in _TRUE


def _integer(value: Any) -> int:
    try:
        if isinstance(value, (bool, float)):
            raise TypeError
        return int(value)
    except (TypeError, ValueError):
        raise ValueError(f"should be a whole number, got {_shown(value)}") from None


def _number(value: Any) -> float:
    try:
        if isinstance(value, bool):
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"should be a number, got {_shown(value)}") from None


def _mode(value: Any) -> Mode:
    try:
        mode = int(value, 8) if isinstance(value, str) else int(value)
    except (TypeError, ValueError):
        mode = -1
    if isinstance(value, bool) or not 0 <= mode <= 0o7777:
        raise ValueError(f'should be a file mode such as "0640", got {_shown(value)}')
    return Mode(mode)


def _shown(value: Any) -> str:
    if isinstance(value, Secret):
        return "***"
    return f'"{value}"' if isinstance(value, str) else f"{type(value).__name__} {value!r}"


_SIMPLE: Mapping[Any, Any] = {
    str: _text,
    bool: _boolean,
    int: _integer,
    float: _number,
    Path: lambda value: Path(_text(value)),
    Mode: _mode,
}
