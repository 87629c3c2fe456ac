"""Trees: what is below what, drawn by rich."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from phlo.report.drawing import drawn
from phlo.report.style import Style
from phlo.visible import one_line

if TYPE_CHECKING:
    from rich.tree import Tree


class Node(NamedTuple):
    """An entry of a tree: its name, a note behind it, and what is below it."""

    name: str
    note: str = ""
    below: Sequence[Node] = ()
    colours: tuple[str, ...] = ()


def tree_text(roots: Sequence[Node], style: Style) -> str:
    """The trees, one below the other; a long entry goes on below its first line."""
    return "\n".join(drawn(_tree(root._replace(colours=root.colours or ("bold",))), style) for root in roots)


def _tree(node: Node) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    label = Text(one_line(node.name), " ".join(node.colours))
    if node.note:
        label.append(f"  {one_line(node.note)}", "dim")
    found = Tree(label, guide_style="dim")
    found.children = [_tree(one) for one in node.below]
    return found
