"""Paths in Compose files: what each starts at, written anew for another folder."""

from __future__ import annotations

import os.path
from collections.abc import Callable
from pathlib import Path

from phlo.compose_import.nodes import Node

Change = Callable[[str], str]


def moved(start: Path, end: Path) -> Change:
    """Makes a relative path from `start` one from `end`. What begins with a variable is left as it is."""

    def change(path: str) -> str:
        if not path or path.startswith(("/", "~", "$", "git@")) or "://" in path:
            return path
        found = os.path.relpath(start / path, end)
        return found if found.startswith("..") else "." if found == "." else f"./{found}"

    return change if start != end else lambda path: path


def with_paths(file: Node, change: Change) -> Node:
    """A file's tree with every path of this machine changed."""
    found = dict(file.value)
    for section in ("configs", "secrets"):
        if section in found:
            found[section] = _each_value(found[section], lambda item: _at(item, "file", lambda one: _text(one, change)))
    if "services" in found:
        found["services"] = _each_value(found["services"], lambda item: service_with_paths(item, change))
    return file._replace(value=found)


def service_with_paths(service: Node, change: Change) -> Node:
    """A service's tree with every path of this machine changed."""

    def text(node: Node) -> Node:
        return _text(node, change)

    def file(node: Node) -> Node:
        return _at(node, "path", text) if node.is_mapping else text(node)

    def build(node: Node) -> Node:
        return _at(node, "context", text) if node.is_mapping else text(node)

    def watch(node: Node) -> Node:
        return _at(node, "watch", lambda rules: _each(rules, lambda rule: _at(rule, "path", text)))

    changes: dict[str, Callable[[Node], Node]] = {
        "build": build,
        "develop": watch,
        "env_file": lambda node: _each(node, file),
        "label_file": lambda node: _each(node, file),
        "security_opt": lambda node: _each(node, lambda item: _profile(item, change)),
        "volumes": lambda node: _each(node, lambda item: _volume(item, change)),
    }
    for key, whole in changes.items():
        service = _at(service, key, whole)
    return service


def _volume(item: Node, change: Change) -> Node:
    if item.is_mapping:
        kind = item.get("type")
        return _at(item, "source", lambda one: _text(one, change)) if kind and kind.value == "bind" else item
    source, colon, rest = str(item.value).partition(":")
    if not colon or not source.startswith("."):
        return item
    return item._replace(value=f"{change(source)}:{rest}")


def _profile(item: Node, change: Change) -> Node:
    text = str(item.value)
    if not text.startswith(("seccomp=", "seccomp:")) or text[8:] in ("unconfined", "builtin"):
        return item
    return item._replace(value=text[:8] + change(text[8:]))


def _text(node: Node, change: Change) -> Node:
    return node._replace(value=change(node.value)) if isinstance(node.value, str) else node


def _at(node: Node, key: str, change: Callable[[Node], Node]) -> Node:
    if not node.is_mapping or key not in node.value:
        return node
    return node._replace(value={**node.value, key: change(node.value[key])})


def _each(node: Node, change: Callable[[Node], Node]) -> Node:
    return node._replace(value=[change(item) for item in node.value]) if node.is_list else change(node)


def _each_value(node: Node, change: Callable[[Node], Node]) -> Node:
    if not node.is_mapping:
        return node
    return node._replace(value={key: change(item) for key, item in node.value.items()})
