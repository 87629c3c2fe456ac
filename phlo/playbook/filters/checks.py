"""The tests of Jinja2 that playbook authors know from Ansible: `x is failed`, `x is match('a')`."""

from __future__ import annotations

import math
import os.path
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from phlo.playbook.filters.booleans import as_boolean
from phlo.playbook.filters.texts import flags
from phlo.playbook.filters.versions import version


def _result(key: str, *, when_true: bool = True) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        if not isinstance(value, Mapping):
            raise ValueError("is not a registered result")
        return bool(value.get(key, False)) is when_true

    return test


def _matches(how: Callable[..., Any]) -> Callable[..., bool]:
    def test(value: Any, pattern: str = "", ignorecase: bool = False, multiline: bool = False) -> bool:
        return how(pattern, str(value), flags(ignorecase, multiline)) is not None

    return test


def truthy(value: Any, convert_bool: bool = False) -> bool:
    """Whether a value counts as true; convert_bool: a word such as `no` counts as what it means."""
    return as_boolean(value) if convert_bool else bool(value)


def is_uri(value: Any) -> bool:
    return bool(urlsplit(str(value)).scheme)


def is_url(value: Any) -> bool:
    found = urlsplit(str(value))
    return bool(found.scheme and found.netloc)


def _all(*names: str, test: Callable[..., bool]) -> dict[str, Callable[..., bool]]:
    return dict.fromkeys(names, test)


TESTS: Mapping[str, Callable[..., bool]] = {
    **_all("failed", "failure", test=_result("failed")),
    **_all("succeeded", "success", "successful", test=_result("failed", when_true=False)),
    **_all("changed", "change", test=_result("changed")),
    **_all("skipped", "skip", test=_result("skipped")),
    "unreachable": _result("unreachable"),
    "reachable": _result("unreachable", when_true=False),
    "finished": _result("finished"),
    "started": _result("started"),
    "timedout": _result("timedout"),
    "match": _matches(re.match),
    "search": _matches(re.search),
    "regex": _matches(re.search),
    **_all("version", "version_compare", test=version),
    **_all("subset", "issubset", test=lambda value, other: set(value) <= set(other)),
    **_all("superset", "issuperset", test=lambda value, other: set(value) >= set(other)),
    "contains": lambda value, item: item in value,
    "any": lambda value: any(value),
    "all": lambda value: all(value),
    "truthy": truthy,
    "falsy": lambda value, convert_bool=False: not truthy(value, convert_bool),
    **_all("nan", "isnan", test=lambda value: math.isnan(value)),
    "uri": is_uri,
    "url": is_url,
    "urn": lambda value: str(value).lower().startswith("urn:"),
    "exists": lambda path: os.path.exists(str(path)),
    "link_exists": lambda path: os.path.lexists(str(path)),
    **_all("file", "is_file", test=lambda path: os.path.isfile(str(path))),
    **_all("directory", "is_dir", test=lambda path: os.path.isdir(str(path))),
    **_all("link", "is_link", test=lambda path: os.path.islink(str(path))),
    **_all("abs", "is_abs", test=lambda path: os.path.isabs(str(path))),
    **_all("mount", "is_mount", test=lambda path: os.path.ismount(str(path))),
    **_all("same_file", "is_same_file", test=lambda path, other: os.path.samefile(str(path), str(other))),
    "vault_encrypted": lambda text: str(text).startswith("$ANSIBLE_VAULT;"),
}
