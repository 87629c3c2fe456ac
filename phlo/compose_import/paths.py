"""Rewrites the relative paths of a service's attributes for a file in another folder."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# Gives the text of a path for the other folder. may_be_name: a value that does not begin with a dot is a volume's name.
Change = Callable[..., str]
# Gives the value of a text with variables; None when one of them is not set, or is a secret.
ValueOf = Callable[[str], str | None]


def moved(start: Path, end: Path, value_of: ValueOf) -> Change:
    """Return the change of paths relative to `start` into paths relative to `end`.

    A path that begins with a variable, or has `..` after one, becomes its value unless that is absolute.
    """
    start, end = start.resolve(), end.resolve()

    def change(path: str, may_be_name: bool = False) -> str:
        if not path or _is_absolute(path):
            return path
        first = path.find("$")
        if first < 0:
            return _relative(os.path.relpath(start / path, end))
        if first > 0 and ".." not in path[first:]:
            cut = path.rfind("/", 0, first) + 1
            return f"{_relative(os.path.relpath(start / path[:cut], end))}/{path[cut:]}"
        value = value_of(path)
        if not value or _is_absolute(value) or (may_be_name and not value.startswith(".")):
            return path
        return _relative(os.path.relpath(start / value, end)).replace("$", "$$")

    return change if start != end else lambda path, may_be_name=False: path


def _is_absolute(path: str) -> bool:
    return path.startswith(("/", "~", "git@")) or "://" in path.partition("$")[0]


def _relative(path: str) -> str:
    return path if path.startswith("..") else "." if path == "." else f"./{path}"


def with_paths(attributes: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """Return a copy of a service's attributes with the paths of this machine changed."""
    found = dict(attributes)
    for name, rewrite in _REWRITES.items():
        if found.get(name) is not None:
            found[name] = rewrite(found[name], change)
    return found


def _text(value: Any, change: Change) -> Any:
    return change(value) if isinstance(value, str) else value


def _below(key: str, rewrite: Callable[[Any, Change], Any]) -> Callable[[Any, Change], Any]:
    """Return the rewrite of a mapping's entry; a value that is not a mapping is the short form of it."""

    def run(value: Any, change: Change) -> Any:
        if not isinstance(value, Mapping):
            return rewrite(value, change)
        return {**value, key: rewrite(value[key], change)} if key in value else value

    return run


def _each(rewrite: Callable[[Any, Change], Any]) -> Callable[[Any, Change], Any]:
    def run(value: Any, change: Change) -> Any:
        return [rewrite(item, change) for item in value] if isinstance(value, list) else rewrite(value, change)

    return run


def _volume(item: Any, change: Change) -> Any:
    if isinstance(item, Mapping):
        return _below("source", _text)(item, change) if item.get("type") == "bind" else item
    source, rest = split_source(str(item))
    if not rest or not source.startswith((".", "$")):
        return item
    return change(source, may_be_name=True) + rest


def split_source(text: str) -> tuple[str, str]:
    """Split `SOURCE:TARGET` before the colon, which is not one inside of `${...}`."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if char == ":" and depth == 0:
            return text[:index], text[index:]
    return text, ""


def _profile(item: Any, change: Change) -> Any:
    text = str(item)
    if not text.startswith(("seccomp=", "seccomp:")) or text[8:] in ("unconfined", "builtin"):
        return item
    return text[:8] + change(text[8:])


_REWRITES: dict[str, Callable[[Any, Change], Any]] = {
    "build": _below("context", _text),
    "develop": _below("watch", _each(_below("path", _text))),
    "env_file": _each(_below("path", _text)),
    "label_file": _each(_text),
    "security_opt": _each(_profile),
    "volumes": _each(_volume),
}
