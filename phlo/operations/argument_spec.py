"""Checks values against an argument specification, as `meta/argument_specs.yml` of a role has it.

Source: Ansible's documentation, "Role argument validation" and "Ansible module architecture: argument spec".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from phlo.values import Secret, reveal_all

Spec = Mapping[str, Any]
_TRUE_OR_FALSE = ("yes", "on", "1", "true", "t", "1.0", "y", "no", "off", "0", "false", "f", "0.0", "n")
_SIZE = re.compile(r"\s*\d*\.?\d+\s*([A-Za-z]*)\s*")
_UNITS = "BKMGTPEZY"
_PAIR = re.compile(r"\S+=\S*")


def errors_of(options: Spec, given: Mapping[str, Any], where: str = "") -> list[str]:
    """A sentence for each thing that is wrong with the values. where: the option that they are in, "" at the top."""
    values = _by_own_names(options, given)
    found = [f"{_path(where, name)} is not an argument" for name in values if name not in options]
    found += [
        f"{_path(where, name)} is required"
        for name, option in options.items()
        if option.get("required") is True and name not in values and option.get("default") is None
    ]
    for name, option in options.items():
        is_needed = option.get("required") is True or option.get("default") is not None
        if name in values and (values[name] is not None or is_needed):
            errors = _wrong(option, reveal_all(values[name]), _path(where, name))
            is_secret = isinstance(values[name], Secret)
            found += [error.partition(", got ")[0] if is_secret else error for error in errors]
    return found


def _by_own_names(options: Spec, given: Mapping[str, Any]) -> dict[str, Any]:
    aliases = {alias: name for name, option in options.items() for alias in option.get("aliases") or ()}
    return {aliases.get(name, name): value for name, value in given.items()}


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _wrong(option: Spec, value: Any, where: str) -> Iterator[str]:
    """What is wrong with one value."""
    kind = str(option.get("type") or "str")
    if kind not in _TYPES:
        yield f"{where} has an unknown type {kind}"
        return
    try:
        value = _TYPES[kind](value)
    except ValueError:
        yield f"{where} should be {_ARTICLES.get(kind, 'a')} {kind}, got {json.dumps(value, default=str)}"
        return
    choices = list(option.get("choices") or ())
    for item in (value if isinstance(value, list) else [value]) if choices else ():
        if item not in choices:
            yield f"{where} should be one of {', '.join(map(str, choices))}, got {item}"
    elements = option.get("elements")
    if kind == "list" and elements:
        for index, item in enumerate(value):
            yield from _wrong({"type": elements, **_inner(option)}, item, f"{where}[{index}]")
    elif option.get("options") and kind == "dict":
        yield from errors_of(option["options"], value, where)
        yield from _relations(option, value, where)


def _inner(option: Spec) -> dict[str, Any]:
    """What an option says of the items of its list."""
    return {name: one for name, one in option.items() if name in ("options", *_RELATIONS)}


_RELATIONS = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")


def _relations(option: Spec, value: Mapping[str, Any], where: str) -> Iterator[str]:
    """What is wrong with the options that a value gives together."""
    given = {name for name, item in value.items() if item is not None}
    for names in _lists(option.get("mutually_exclusive")):
        if len(given.intersection(names)) > 1:
            yield f"{where} should have one of {', '.join(names)}"
    for names in _lists(option.get("required_together")):
        if given.intersection(names) and not given.issuperset(names):
            yield f"{where} should have all of {', '.join(names)}, or none"
    for names in _lists(option.get("required_one_of")):
        if not given.intersection(names):
            yield f"{where} should have one of {', '.join(names)}"
    for name, wanted, names, *any_of in option.get("required_if") or ():
        missing = [one for one in names if one not in given]
        if value.get(name) == wanted and (len(missing) == len(names) if any_of and any_of[0] else missing):
            yield f"{where} should have {', '.join(missing)} with {name}: {wanted}"
    for name, needed in (option.get("required_by") or {}).items():
        missing = [one for one in ([needed] if isinstance(needed, str) else needed) if one not in given]
        if name in given and missing:
            yield f"{where} should have {', '.join(missing)} with {name}"


def _lists(value: Any) -> Iterable[list[str]]:
    """Lists of names, or one list alone."""
    if not value:
        return []
    return [value] if isinstance(value[0], str) else value


def _whole(value: Any) -> int:
    if not isinstance(value, (int, float, str)) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError
    return int(value)


def _number(value: Any) -> float:
    if not isinstance(value, (int, float, str)):
        raise ValueError
    return float(value)


def _switch(value: Any) -> bool:
    if str(value).lower() not in _TRUE_OR_FALSE or isinstance(value, (list, dict)):
        raise ValueError
    return str(value).lower() in ("yes", "on", "1", "true", "t", "1.0", "y")


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError
    return value.split(",") if isinstance(value, str) else [str(value)]


def _mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, str):
        raise ValueError
    if value.startswith("{"):
        found: dict[str, Any] = json.loads(value)
        return found
    parts = [part for part in re.split(r"[,\s]+", value) if part]
    if not parts or not all(map(_PAIR.fullmatch, parts)):
        raise ValueError
    return dict(part.split("=", 1) for part in parts)


def _json(value: Any) -> str:
    if isinstance(value, (list, dict)):
        return json.dumps(value, default=str)
    if not isinstance(value, str):
        raise ValueError
    return value


def _size(value: Any) -> str:
    found = _SIZE.fullmatch(str(value))
    if found is None or (found[1] and found[1][0].upper() not in _UNITS):
        raise ValueError
    return str(value)


_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "str": str,
    "int": _whole,
    "float": _number,
    "bool": _switch,
    "list": _list,
    "dict": _mapping,
    "path": str,
    "raw": lambda value: value,
    "json": _json,
    "jsonarg": _json,
    "bytes": _size,
    "bits": _size,
}
_ARTICLES = {"int": "an"}
