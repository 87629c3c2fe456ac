"""Where a value comes from, as a tree: the value that counts, then those that it overrides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from phlo.report.style import Style
from phlo.report.tree import Node, tree_text


def explained_text(found: Sequence[Mapping[str, Any]], style: Style) -> str:
    """The chains of `phlo.config.show.explain`, one tree a name."""
    chains: dict[str, list[Node]] = {}
    for one in found:
        chains.setdefault(one["name"], []).append(_node(one))
    return tree_text([Node(name, below=chain) for name, chain in chains.items()], style)


def _node(one: Mapping[str, Any]) -> Node:
    layer, where = str(one["layer"]), str(one["where"])
    # A file that is a layer of its own is named once.
    source = where if where.startswith(f"{layer}:") else f"{layer}, {where}" if where else layer
    return Node(
        str(one["value"]),
        f"from {source}" if one["wins"] else f"overridden, from {source}",
        colours=("green",) if one["wins"] else ("dim",),
    )
