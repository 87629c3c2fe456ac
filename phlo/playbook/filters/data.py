"""Filters for JSON, YAML and mappings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml
from jinja2.runtime import Undefined

from phlo.bounded import parse_json
from phlo.errors import ConfigError
from phlo.playbook.filters.booleans import strict_boolean, ternary
from phlo.playbook.filters.lists import flat
from phlo.yaml_source import check_size


def to_json(
    value: Any,
    indent: int | None = None,
    sort_keys: bool = False,
    ensure_ascii: bool = True,
    separators: Any = None,
) -> str:
    return json.dumps(
        _checked(value),
        indent=indent,
        sort_keys=sort_keys,
        ensure_ascii=ensure_ascii,
        separators=separators,
        default=_plain,
    )


def to_nice_json(value: Any, indent: int = 4, sort_keys: bool = True, ensure_ascii: bool = True) -> str:
    return to_json(value, indent=indent, sort_keys=sort_keys, ensure_ascii=ensure_ascii, separators=(",", ": "))


def to_yaml(value: Any, default_flow_style: bool | None = None, **options: Any) -> str:
    """options: those of PyYAML, such as indent, width, sort_keys, explicit_start."""
    text = str(
        yaml.safe_dump(
            _deep_plain(value), **{"allow_unicode": True, "default_flow_style": default_flow_style, **options}
        )
    )
    return text if options.get("explicit_end") else text.removesuffix("...\n")


def to_nice_yaml(value: Any, indent: int = 4, **options: Any) -> str:
    return to_yaml(value, default_flow_style=False, indent=indent, **options)


def from_yaml(text: Any) -> Any:
    return yaml.safe_load(_small(text)) if isinstance(text, str) else text


def from_yaml_all(text: Any) -> Any:
    return list(yaml.safe_load_all(_small(text))) if isinstance(text, str) else text


def _small(text: str) -> str:
    """The text. Raises ValueError when it would fill the memory, or is nested too deeply to be read."""
    try:
        check_size(text, label="from_yaml")
    except ConfigError as reason:
        raise ValueError(f"the YAML text {reason.what}") from None
    return text


_MERGES: Mapping[str, Callable[[list[Any], list[Any]], list[Any]]] = {
    "replace": lambda there, new: new,
    "keep": lambda there, new: there,
    "append": lambda there, new: there + new,
    "prepend": lambda there, new: new + there,
    "append_rp": lambda there, new: [item for item in there if item not in new] + new,
    "prepend_rp": lambda there, new: new + [item for item in there if item not in new],
}


def combine(first: Any, *others: Any, recursive: bool = False, list_merge: str = "replace") -> Any:
    """One mapping out of several, later ones winning; lists of mappings count as their mappings."""
    if list_merge not in _MERGES:
        raise ValueError(f'combine: list_merge may be {", ".join(_MERGES)}, not "{list_merge}"')
    result: dict[Any, Any] = {}
    for other in flat([first, *others], None):
        if not isinstance(other, Mapping):
            raise ValueError(f"combine: needs mappings, got {type(other).__name__}")
        result = _merged(result, other, recursive, list_merge)
    return result


def _merged(there: Mapping[Any, Any], new: Mapping[Any, Any], recursive: bool, how: str) -> dict[Any, Any]:
    result = dict(there)
    for key, value in new.items():
        before = result.get(key)
        if recursive and isinstance(before, Mapping) and isinstance(value, Mapping):
            result[key] = _merged(before, value, recursive, how)
        elif isinstance(before, list) and isinstance(value, list):
            result[key] = _MERGES[how](before, value)
        else:
            result[key] = value
    return result


def dict2items(value: Any, key_name: str = "key", value_name: str = "value") -> list[dict[str, Any]]:
    if not isinstance(value, Mapping):
        raise ValueError(f"dict2items: needs a mapping, got {type(value).__name__}")
    return [{key_name: key, value_name: item} for key, item in value.items()]


def items2dict(value: Iterable[Any], key_name: str = "key", value_name: str = "value") -> dict[Any, Any]:
    return {item[key_name]: item[value_name] for item in value}


def extract(key: Any, container: Any, more: Any = None) -> Any:
    value = container[key]
    for inner in [more] if isinstance(more, (str, int)) else more or []:
        value = value[inner]
    return value


def rekey_on_member(value: Any, key: str, duplicates: str = "error") -> dict[Any, Any]:
    """A mapping of the items of a list or mapping by one of their members. duplicates: error or overwrite."""
    found: dict[Any, Any] = {}
    for item in value.values() if isinstance(value, Mapping) else value:
        if not isinstance(item, Mapping) or key not in item:
            raise ValueError(f'rekey_on_member: an item has no "{key}"')
        if item[key] in found and duplicates == "error":
            raise ValueError(f'rekey_on_member: "{item[key]}" is there twice')
        found[item[key]] = item
    return found


def mandatory(value: Any, message: str = "") -> Any:
    if isinstance(value, Undefined):
        raise ValueError(message or "a mandatory variable is not defined")
    return value


def type_debug(value: Any) -> str:
    return type(value).__name__


def _checked(value: Any) -> Any:
    if isinstance(value, Undefined):
        str(value)  # raises
    return value


def _plain(value: Any) -> Any:
    """What JSON does not know: mappings of other kinds, times, sets."""
    if isinstance(_checked(value), Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return str(value)


def _deep_plain(value: Any) -> Any:
    if isinstance(_checked(value), Mapping):
        return {_deep_plain(key): _deep_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_deep_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


DATA_FILTERS: Mapping[str, Callable[..., Any]] = {
    "bool": strict_boolean,
    "to_json": to_json,
    "to_nice_json": to_nice_json,
    "from_json": parse_json,
    "to_yaml": to_yaml,
    "to_nice_yaml": to_nice_yaml,
    "from_yaml": from_yaml,
    "from_yaml_all": from_yaml_all,
    "combine": combine,
    "dict2items": dict2items,
    "items2dict": items2dict,
    "extract": extract,
    "rekey_on_member": rekey_on_member,
    "ternary": ternary,
    "mandatory": mandatory,
    "type_debug": type_debug,
}
