"""The filters and tests of Jinja2 that playbook authors know from Ansible, besides Jinja2's own."""

from __future__ import annotations

import base64
import hashlib
import json
import os.path
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import yaml
from jinja2.runtime import Undefined

from phlo.playbook.further_filters import FURTHER_FILTERS
from phlo.playbook.network_filters import NETWORK_FILTERS

_TRUE = ("true", "yes", "on", "y", "t", "1", "1.0")


def as_boolean(value: Any) -> bool:
    """Whether a value means yes: texts such as `yes` and `on` do, an empty text or list does not."""
    if isinstance(value, str):
        text = value.strip().lower()
        return text in _TRUE or text not in ("false", "no", "off", "n", "f", "0", "0.0", "", "none")
    return bool(value)


def strict_boolean(value: Any) -> bool:
    """`bool`: true for true, yes, on and 1, false for everything else."""
    return value is True or (not isinstance(value, bool) and str(value).strip().lower() in _TRUE)


# -- data ----------------------------------------------------------------------------------------


def to_json(value: Any, indent: int | None = None, sort_keys: bool = False) -> str:
    return json.dumps(value, indent=indent, sort_keys=sort_keys, ensure_ascii=False, default=_plain)


def to_nice_json(value: Any, indent: int = 4, sort_keys: bool = True) -> str:
    return json.dumps(value, indent=indent, sort_keys=sort_keys, ensure_ascii=False, default=_plain)


def to_yaml(value: Any, indent: int = 2, sort_keys: bool = False, width: int = 120) -> str:
    text = yaml.safe_dump(
        _deep_plain(value), indent=indent, sort_keys=sort_keys, width=width, allow_unicode=True, default_flow_style=None
    )
    return str(text)


def to_nice_yaml(value: Any, indent: int = 4, sort_keys: bool = True, width: int = 120) -> str:
    text = yaml.safe_dump(
        _deep_plain(value),
        indent=indent,
        sort_keys=sort_keys,
        width=width,
        allow_unicode=True,
        default_flow_style=False,
    )
    return str(text)


def from_yaml(text: str) -> Any:
    return yaml.safe_load(text)


def from_yaml_all(text: str) -> list[Any]:
    return list(yaml.safe_load_all(text))


def combine(first: Mapping[str, Any], *others: Any, recursive: bool = False, list_merge: str = "replace") -> Any:
    """One mapping out of several, later ones winning. list_merge: replace, keep, append, prepend, append_rp."""
    result = dict(first)
    for other in _flat(others, None):
        for key, value in other.items():
            there = result.get(key)
            if recursive and isinstance(there, Mapping) and isinstance(value, Mapping):
                result[key] = combine(there, value, recursive=True, list_merge=list_merge)
            elif isinstance(there, list) and isinstance(value, list):
                result[key] = _merged(there, value, list_merge)
            else:
                result[key] = value
    return result


def _merged(there: list[Any], new: list[Any], how: str) -> list[Any]:
    ways: dict[str, Callable[[], list[Any]]] = {
        "replace": lambda: new,
        "keep": lambda: there,
        "append": lambda: there + new,
        "prepend": lambda: new + there,
        "append_rp": lambda: [item for item in there if item not in new] + new,
        "prepend_rp": lambda: new + [item for item in there if item not in new],
    }
    if how not in ways:
        raise ValueError(f'combine: list_merge may be {", ".join(ways)}, not "{how}"')
    return ways[how]()


def dict2items(value: Mapping[str, Any], key_name: str = "key", value_name: str = "value") -> list[dict[str, Any]]:
    return [{key_name: key, value_name: item} for key, item in value.items()]


def items2dict(value: Iterable[Any], key_name: str = "key", value_name: str = "value") -> dict[Any, Any]:
    return {item[key_name]: item[value_name] for item in value}


def _plain(value: Any) -> Any:
    """What JSON does not know: mappings of other kinds, times, sets."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return str(value)


def _deep_plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _deep_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_deep_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


# -- texts -----------------------------------------------------------------------------------------


def _flags(ignorecase: bool, multiline: bool) -> int:
    return (re.IGNORECASE if ignorecase else 0) | (re.MULTILINE if multiline else 0)


def regex_replace(
    text: Any, pattern: str, replacement: str = "", ignorecase: bool = False, multiline: bool = False, count: int = 0
) -> str:
    return re.sub(pattern, replacement, str(text), count=count, flags=_flags(ignorecase, multiline))


def regex_search(text: Any, pattern: str, *groups: str, ignorecase: bool = False, multiline: bool = False) -> Any:
    """The first match, or the groups asked for as `'\\\\1'` or `'\\\\g<name>'`; None without a match."""
    found = re.search(pattern, str(text), _flags(ignorecase, multiline))
    if found is None:
        return None
    if not groups:
        return found.group()
    names = [group.removeprefix("\\g<").removesuffix(">").removeprefix("\\") for group in groups]
    return [found.group(int(name) if name.isdigit() else name) for name in names]


def regex_findall(text: Any, pattern: str, ignorecase: bool = False, multiline: bool = False) -> list[Any]:
    return re.findall(pattern, str(text), _flags(ignorecase, multiline))


def b64encode(text: Any) -> str:
    return base64.b64encode(str(text).encode()).decode()


def b64decode(text: Any) -> str:
    return base64.b64decode(str(text)).decode()


def hashed(text: Any, algorithm: str = "sha1") -> str:
    if algorithm not in hashlib.algorithms_available:
        raise ValueError(f'hash: there is no "{algorithm}"')
    return hashlib.new(algorithm, str(text).encode()).hexdigest()


def comment(text: Any, style: str = "#") -> str:
    return "\n".join(f"{style} {line}".rstrip() for line in str(text).splitlines())


def ternary(value: Any, yes: Any, no: Any, none: Any = None) -> Any:
    if value is None and none is not None:
        return none
    return yes if as_boolean(value) else no


def mandatory(value: Any, message: str = "") -> Any:
    if isinstance(value, Undefined):
        raise ValueError(message or "a mandatory variable is not defined")
    return value


def to_datetime(text: str, form: str = "%Y-%m-%d %H:%M:%S") -> datetime:
    return datetime.strptime(text, form).replace(tzinfo=UTC)


def strftime(form: str, seconds: float | None = None) -> str:
    return (datetime.now(UTC) if seconds is None else datetime.fromtimestamp(float(seconds), UTC)).strftime(form)


# -- lists -----------------------------------------------------------------------------------------


def _flat(value: Iterable[Any], levels: int | None) -> list[Any]:
    found: list[Any] = []
    for item in value:
        if isinstance(item, (list, tuple)) and levels != 0:
            found += _flat(item, None if levels is None else levels - 1)
        else:
            found.append(item)
    return found


def flatten(value: Iterable[Any], levels: int | None = None, skip_nulls: bool = True) -> list[Any]:
    return [item for item in _flat(value, levels) if not (skip_nulls and item is None)]


def _unique(value: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for item in value:
        if item not in found:
            found.append(item)
    return found


def union(first: Iterable[Any], second: Iterable[Any]) -> list[Any]:
    return _unique([*first, *second])


def intersect(first: Iterable[Any], second: Iterable[Any]) -> list[Any]:
    other = list(second)
    return _unique(item for item in first if item in other)


def difference(first: Iterable[Any], second: Iterable[Any]) -> list[Any]:
    other = list(second)
    return _unique(item for item in first if item not in other)


def symmetric_difference(first: Iterable[Any], second: Iterable[Any]) -> list[Any]:
    one, two = list(first), list(second)
    return [*difference(one, two), *difference(two, one)]


def zipped(first: Iterable[Any], *others: Iterable[Any]) -> list[list[Any]]:
    return [list(items) for items in zip(first, *others, strict=False)]


def product(first: Iterable[Any], *others: Iterable[Any]) -> list[list[Any]]:
    from itertools import product as every

    return [list(items) for items in every(first, *others)]


def subelements(value: Iterable[Any], path: str, skip_missing: bool = False) -> list[list[Any]]:
    """Pairs of each element and each item of a list inside it."""
    found = []
    for element in value:
        inner: Any = element
        for key in path.split("."):
            if key not in inner and skip_missing:
                inner = []
                break
            inner = inner[key]
        found += [[element, item] for item in inner]
    return found


def extract(key: Any, container: Any, more: Any = None) -> Any:
    value = container[key]
    for inner in [more] if isinstance(more, str) else more or []:
        value = value[inner]
    return value


FILTERS: Mapping[str, Callable[..., Any]] = {
    "bool": strict_boolean,
    "to_json": to_json,
    "to_nice_json": to_nice_json,
    "from_json": lambda text: json.loads(text),
    "to_yaml": to_yaml,
    "to_nice_yaml": to_nice_yaml,
    "from_yaml": from_yaml,
    "from_yaml_all": from_yaml_all,
    "combine": combine,
    "dict2items": dict2items,
    "items2dict": items2dict,
    "regex_replace": regex_replace,
    "regex_search": regex_search,
    "regex_findall": regex_findall,
    "regex_escape": lambda text: re.escape(str(text)),
    "b64encode": b64encode,
    "b64decode": b64decode,
    "hash": hashed,
    "md5": lambda text: hashed(text, "md5"),
    "sha1": lambda text: hashed(text, "sha1"),
    "checksum": lambda text: hashed(text, "sha1"),
    "comment": comment,
    "ternary": ternary,
    "mandatory": mandatory,
    "to_datetime": to_datetime,
    "strftime": strftime,
    "quote": lambda text: shlex.quote(str(text)),
    "split": lambda text, separator=None, most=-1: str(text).split(separator, most),
    "basename": lambda path: os.path.basename(str(path)),
    "dirname": lambda path: os.path.dirname(str(path)),
    "splitext": lambda path: list(os.path.splitext(str(path))),
    "normpath": lambda path: os.path.normpath(str(path)),
    "path_join": lambda parts: str(PurePosixPath(*([parts] if isinstance(parts, str) else parts))),
    "flatten": flatten,
    "union": union,
    "intersect": intersect,
    "difference": difference,
    "symmetric_difference": symmetric_difference,
    "zip": zipped,
    "product": product,
    "subelements": subelements,
    "extract": extract,
    "type_debug": lambda value: type(value).__name__,
    **NETWORK_FILTERS,
    **FURTHER_FILTERS,
}


# -- tests -----------------------------------------------------------------------------------------


def _version(text: Any) -> list[tuple[int, int, str]]:
    """A version in parts that compare: numbers above words, so that 1.0 comes after 1.0-rc1."""
    parts = re.findall(r"\d+|[a-zA-Z]+", str(text).removeprefix("v"))
    return [(1, int(part), "") if part.isdigit() else (-1, 0, part) for part in parts]


def version(value: Any, other: Any, operator: str = "eq") -> bool:
    """`x is version('1.2', '>=')`."""
    one, two = _version(value), _version(other)
    length = max(len(one), len(two))
    one += [(0, 0, "")] * (length - len(one))
    two += [(0, 0, "")] * (length - len(two))
    # A part that is not there counts as a zero.
    left, right = ([(1, 0, "") if part == (0, 0, "") else part for part in side] for side in (one, two))
    answers = {
        ("==", "=", "eq"): left == right,
        ("!=", "<>", "ne"): left != right,
        ("<", "lt"): left < right,
        ("<=", "le"): left <= right,
        (">", "gt"): left > right,
        (">=", "ge"): left >= right,
    }
    for names, answer in answers.items():
        if operator in names:
            return answer
    raise ValueError(f'version: there is no comparison "{operator}"')


def _result(key: str, *, when_true: bool = True) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        if not isinstance(value, Mapping):
            raise ValueError("is not a registered result")
        return bool(value.get(key, False)) is when_true

    return test


def _matches(how: Callable[..., Any]) -> Callable[..., bool]:
    def test(value: Any, pattern: str, ignorecase: bool = False, multiline: bool = False) -> bool:
        return how(pattern, str(value), _flags(ignorecase, multiline)) is not None

    return test


TESTS: Mapping[str, Callable[..., bool]] = {
    "failed": _result("failed"),
    "succeeded": _result("failed", when_true=False),
    "success": _result("failed", when_true=False),
    "changed": _result("changed"),
    "skipped": _result("skipped"),
    "unreachable": _result("unreachable"),
    "reachable": _result("unreachable", when_true=False),
    "match": _matches(re.match),
    "search": _matches(re.search),
    "regex": _matches(re.search),
    "version": version,
    "subset": lambda value, other: set(value) <= set(other),
    "superset": lambda value, other: set(value) >= set(other),
    "contains": lambda value, item: item in value,
    "any": lambda value: any(value),
    "all": lambda value: all(value),
    "truthy": lambda value: bool(value),
    "falsy": lambda value: not value,
    "exists": lambda path: os.path.exists(str(path)),
    "file": lambda path: os.path.isfile(str(path)),
    "directory": lambda path: os.path.isdir(str(path)),
    "link": lambda path: os.path.islink(str(path)),
    "abs": lambda path: os.path.isabs(str(path)),
}
