"""Foreign text in what rich draws: it is neither markup nor control sequences."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import phlo
from phlo.errors import ConfigError
from phlo.published import Published
from phlo.report.explained import explained_text
from phlo.report.services import ServiceRow, services_table
from phlo.report.style import Style
from phlo.report.table import table
from phlo.report.traceback_text import traceback_text
from phlo.report.tree import Node, tree_text

FOREIGN = "[red]x[/red] [link=y]z[/link] :smile:"
HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b1A\r"
PACKAGE = Path(phlo.__file__).parent

DRAWINGS: dict[str, Callable[[str, Style], str]] = {
    "table": lambda text, style: table(("A", text), [(text, text)], style),
    "services": lambda text, style: services_table(
        [ServiceRow(text, "package", text, (Published("1", "2"),), text)], style
    ),
    "tree": lambda text, style: tree_text([Node(text, text, [Node(text, text)])], style),
    "explain": lambda text, style: explained_text(
        [{"name": text, "value": text, "layer": text, "where": text, "wins": True}], style
    ),
}


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("is_coloured", [True, False])
def test_foreign_text_is_shown_as_it_is(name: str, is_coloured: bool) -> None:
    found = DRAWINGS[name](FOREIGN, Style(is_coloured, 300, is_terminal=True))
    assert found.count(FOREIGN) >= 3


@pytest.mark.parametrize("name", DRAWINGS)
def test_control_characters_take_no_effect(name: str) -> None:
    found = DRAWINGS[name](HOSTILE, Style(width=300, is_terminal=True))
    assert not set(HOSTILE) - set("[2J]0;title1A") & set(found)
    assert r"\x1b[2J" in found


def failing() -> None:
    password = "elbairav-lacol-a-fo-eulav"[::-1]
    raise ConfigError(f"{FOREIGN} of {len(password)}")


@pytest.mark.parametrize("style", [Style(), Style(width=80, is_terminal=True), Style(True, 80, is_terminal=True)])
def test_a_traceback_shows_where_and_what_but_no_values_of_variables(style: Style) -> None:
    try:
        failing()
    except ConfigError as error:
        found = traceback_text(error, style)
    assert "elbairav-lacol-a-fo-eulav"[::-1] not in found
    assert "failing" in found
    assert "[/red]" in re.sub(r"\x1b\[[0-9;]*m", "", found)
    if style.is_terminal:
        assert "❱" in found


def test_every_console_comes_from_one_place() -> None:
    """Another one would interpret markup in foreign text, and read the environment behind the options' back."""
    wrong, found = [], 0
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            is_console = name in ("Console", "get_console", "from_markup", "render_str")
            found += is_console
            if is_console and path.relative_to(PACKAGE).as_posix() != "report/drawing.py":
                wrong.append(f"{path}:{node.lineno}")
    assert found == 1
    assert wrong == []
