"""Paths in a service's attributes: made absolute from the folder that the place they were written in starts at."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from phlo.values import Secret, Text, reveal


def with_absolute_paths(attributes: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """`attributes` with the relative paths of binds, builds and files starting at `root`.

    What is not a path on this machine (a named volume, a URL, `~`) stays as it is.
    """
    found = dict(attributes)
    for key, absolute in _PATHS.items():
        if found.get(key) is not None:
            found[key] = absolute(found[key], root)
    return found


def absolute_path(text: Text, root: Path) -> Text:
    """A path, relative ones from `root`."""
    plain = reveal(text)
    if plain.startswith(("/", "~")):
        return text
    path = os.path.normpath(root / plain)
    return Secret(path) if isinstance(text, Secret) else path


def _volumes(value: Any, root: Path) -> Any:
    return _each(value, lambda item: _volume(item, root))


def _volume(item: Any, root: Path) -> Any:
    if isinstance(item, Mapping):
        source = item.get("source")
        if item.get("type") == "bind" and isinstance(source, (str, Secret)):
            return {**item, "source": absolute_path(source, root)}
        return item
    if not isinstance(item, (str, Secret)):
        return item
    source, colon, rest = reveal(item).partition(":")
    if not colon or not source.startswith("."):
        return item
    text = f"{reveal(absolute_path(source, root))}:{rest}"
    return Secret(text) if isinstance(item, Secret) else text


def _files(value: Any, root: Path) -> Any:
    """A path, a mapping with `path`, or a list of them."""

    def one(item: Any) -> Any:
        if isinstance(item, Mapping):
            return {**item, "path": absolute_path(item["path"], root)} if _is_text(item.get("path")) else item
        return absolute_path(item, root) if _is_text(item) else item

    return _each(value, one) if isinstance(value, (list, tuple)) else one(value)


def _build(value: Any, root: Path) -> Any:
    if _is_text(value):
        return {"context": _context(value, root)}
    if isinstance(value, Mapping) and _is_text(value.get("context")):
        return {**value, "context": _context(value["context"], root)}
    return value


def _context(text: Text, root: Path) -> Text:
    is_remote = "://" in reveal(text) or reveal(text).startswith("git@")
    return text if is_remote else absolute_path(text, root)


def _security_options(value: Any, root: Path) -> Any:
    def one(item: Any) -> Any:
        if not isinstance(item, str) or not item.startswith(("seccomp=", "seccomp:")) or "unconfined" in item:
            return item
        return f"{item[:8]}{absolute_path(item[8:], root)}"

    return _each(value, one)


def _develop(value: Any, root: Path) -> Any:
    if not isinstance(value, Mapping) or value.get("watch") is None:
        return value
    rules = value["watch"]
    watch = [_files(rule, root) for rule in rules] if isinstance(rules, (list, tuple)) else _files(rules, root)
    return {**value, "watch": watch}


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    return [change(item) for item in value] if isinstance(value, (list, tuple)) else value


def _is_text(value: Any) -> bool:
    return isinstance(value, (str, Secret))


_PATHS: Mapping[str, Callable[[Any, Path], Any]] = {
    "volumes": _volumes,
    "env_file": _files,
    "label_file": _files,
    "build": _build,
    "security_opt": _security_options,
    "develop": _develop,
}
