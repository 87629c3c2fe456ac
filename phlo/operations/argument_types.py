"""The types of arguments: what they are called, and the value that a field gets from what a task writes.

A field's type is made of text, numbers, switches, paths, modes, `Literal`, `Secret`, lists (`tuple[X, ...]`) and
mappings, in any union. A single value may be written in place of a list of one.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from phlo.operations.fields import AnyMode, Mode, expressions_in, fields_of
from phlo.operations.file_attributes import parse_mode
from phlo.values import Secret

_TRUE = ("true", "yes", "on", "1", "t", "y")
# What a type is called: in a table, and in a sentence that begins "should be".
_NAMES: Mapping[Any, tuple[str, str]] = {
    str: ("text", "a text"),
    Secret: ("text", "a text"),
    bool: ("true or false", "true or false"),
    int: ("whole number", "a whole number"),
    float: ("number", "a number"),
    Path: ("path", "a path"),
    Mode: ("mode", 'a file mode such as "0640"'),
    AnyMode: ("mode", 'a file mode such as "0640" or "u+x"'),
    Any: ("any", "any value"),
}


@functools.cache
def argument_types(kind: type) -> Mapping[str, Any]:
    """Name of each argument that a task may write -> its type. kind: an operation's `Args`."""
    hints, special = typing.get_type_hints(kind), expressions_in(kind)
    return {name: Any if name in special else hints[name] for name in fields_of(kind)}


def members(hint: Any) -> tuple[Any, ...]:
    """The types of a union without None, or the type itself."""
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(one for one in get_args(hint) if one is not type(None))
    return (hint,)


def is_list(hint: Any) -> bool:
    return get_origin(hint) is tuple


def is_mapping(hint: Any) -> bool:
    origin = get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def item_type(hint: Any) -> Any:
    """The type of a list's items or of a mapping's values."""
    inner = get_args(hint)
    return inner[0] if is_list(hint) else inner[1]


def name_of(hint: Any, *, in_sentence: bool = False) -> str:
    """A type in words: `tuple[str, ...] | str | None` -> `list or text`, in a sentence `a list or a text`."""
    return " or ".join(dict.fromkeys(_name_of_one(one, in_sentence) for one in members(hint)))


def _name_of_one(hint: Any, in_sentence: bool) -> str:
    if get_origin(hint) is Literal:
        choices = [str(choice) for choice in get_args(hint)]
        return f"one of {', '.join(choices)}" if in_sentence else " or ".join(choices)
    if is_list(hint) or is_mapping(hint):
        word = "list" if is_list(hint) else "mapping"
        return f"a {word}" if in_sentence else word
    other: str = getattr(hint, "__name__", str(hint))
    return _NAMES.get(hint, (other, other))[in_sentence]


def converted(hint: Any, value: Any) -> Any:
    """An accepted value as a field of type `hint` has it."""
    kinds = members(hint)
    if value is None or Any in kinds:
        return value
    if isinstance(value, Secret) and Secret in kinds:
        return value
    lists = [kind for kind in kinds if is_list(kind)]
    if isinstance(value, (list, tuple)) and lists:
        return tuple(converted(item_type(lists[0]), item) for item in value)
    mappings = [kind for kind in kinds if is_mapping(kind)]
    if isinstance(value, Mapping) and mappings:
        return {text_of(key): converted(item_type(mappings[0]), item) for key, item in value.items()}
    single = next((kind for kind in kinds if kind is not Secret and kind not in (*lists, *mappings)), None)
    return (converted(item_type(lists[0]), value),) if single is None else _single(single, value)


def _single(kind: Any, value: Any) -> Any:
    if kind is bool:
        return value if isinstance(value, bool) else str(value).lower().removesuffix(".0") in _TRUE
    if kind in (int, float):
        return kind(value)
    if kind is AnyMode:
        return parse_mode(value)
    if kind is Mode:
        return Mode(int(value, 8) if isinstance(value, str) else value)
    if kind is Path:
        return Path(text_of(value))
    return text_of(value) if kind is str or get_origin(kind) is Literal else value


def text_of(value: Any) -> str:
    """A single value as text; a switch as YAML writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
