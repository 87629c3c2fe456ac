"""Values of Compose files, each with the file and line it is from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from phlo import yaml_source
from phlo.errors import ConfigError
from phlo.values import Source
from phlo.yaml_source import Keys, YamlDocument

RESET, OVERRIDE = "reset", "override"


class Node(NamedTuple):
    """value: a dict of Nodes, a list of Nodes, or a single value. tag: `reset`, `override` (Compose's), or none."""

    value: Any
    source: Source
    tag: str = ""

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        return isinstance(self.value, list)

    def get(self, *keys: str | int) -> Node | None:
        """What stands at `keys`; None when there is nothing."""
        found: Node | None = self
        for key in keys:
            if found is None:
                return None
            if found.is_mapping:
                found = found.value.get(key)
            elif found.is_list and isinstance(key, int) and 0 <= key < len(found.value):
                found = found.value[key]
            else:
                return None
        return found

    def source_of(self, keys: Keys) -> Source:
        """Where `keys` stands; of a key that is not there, where its nearest parent stands."""
        for end in range(len(keys), -1, -1):
            if (found := self.get(*keys[:end])) is not None:
                return found.source
        return self.source

    def plain(self) -> Any:
        """The value without its positions."""
        if self.is_mapping:
            return {key: item.plain() for key, item in self.value.items()}
        return [item.plain() for item in self.value] if self.is_list else self.value


class _Tagged(NamedTuple):
    tag: str
    value: Any


def _tagged(loader: Any, suffix: str, node: Any) -> _Tagged:
    if isinstance(node, yaml.MappingNode):
        return _Tagged(suffix, loader.construct_mapping(node, deep=True))
    if isinstance(node, yaml.SequenceNode):
        return _Tagged(suffix, loader.construct_sequence(node, deep=True))
    return _Tagged(suffix, None if suffix == RESET else node.value)


class _Loader(yaml_source.Loader):  # type: ignore[misc]
    """Reads plain scalars as Compose does (YAML 1.2): `yes` is a text, `22:22` no number, a date no date."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(0b[01]+|0o?[0-7]+|0x[0-9a-fA-F]+|0|[1-9][0-9]*)", "-+0123456789"),
    (
        "float",
        r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN)",
        "-+0123456789.",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), list(_first))
for _name in (RESET, OVERRIDE):
    _Loader.add_constructor(f"!{_name}", lambda loader, node, name=_name: _tagged(loader, name, node))


def load_nodes(path: Path, *, label: str) -> Node:
    """Read a Compose file. Raises ConfigError when it is not a mapping."""
    document = yaml_source.load_yaml(path, label=label, loader=_Loader)
    if not isinstance(document.data, Mapping):
        raise ConfigError("should be a mapping (services: ...)", where=label, fix="Is it a Compose file?")
    return _node(document, document.data, ())


def _node(document: YamlDocument, data: Any, keys: Keys) -> Node:
    tag = ""
    if isinstance(data, _Tagged):
        tag, data = data
    source = document.source(*keys)
    if isinstance(data, Mapping):
        return Node({str(key): _node(document, item, (*keys, str(key))) for key, item in data.items()}, source, tag)
    if isinstance(data, list):
        return Node([_node(document, item, (*keys, index)) for index, item in enumerate(data)], source, tag)
    return Node(data, source, tag)
