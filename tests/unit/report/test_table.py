"""Tables on terminals of any width, and for programs."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from phlo.report.style import Style
from phlo.report.table import Cell, table

HEADER = ("HOST", "SERVICE", "CONTAINER", "STATE", "PORTS", "IMAGE")
ROWS = [
    ("data-1", "web", "lake-web-1", "running (healthy)", "127.0.0.1:80->80, 127.0.0.1:443->443", "phlo/web:1-0123abc"),
    ("東京サーバ", "analytics-engine", "lake-analytics-engine-1", "exited (137)", "", "phlo/engine:17.6-0123456789ab"),
]


def terminal(width: int) -> Style:
    return Style(width=width, is_terminal=True)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = table(HEADER, ROWS, terminal(width), wrapped=("PORTS", "IMAGE"), optional=("CONTAINER",)).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert len(lines) >= 3


def test_columns_stand_below_each_other_beside_wide_characters() -> None:
    header, first, second = table(("HOST", "STATE"), [("東京", "up"), ("data-1", "down")], terminal(80)).splitlines()
    assert {cell_len(line[: line.index(word)]) for line, word in ((header, "STATE"), (first, "up"))} == {8}
    assert second == "data-1  down"


def test_words_of_a_wrapped_column_are_not_broken() -> None:
    text = "collects the logs of every container and sends them to the place where they are searched"
    lines = table(("NAME", "WHAT"), [("logs", text)], terminal(40)).splitlines()
    assert len(lines) > 2
    assert " ".join(" ".join(line[6:] for line in lines[1:]).split()) == text


def test_a_narrow_terminal_leaves_out_optional_columns_in_their_order() -> None:
    optional = ("IMAGE", "CONTAINER")
    headers = {
        width: table(HEADER, ROWS, terminal(width), wrapped=("PORTS",), optional=optional).splitlines()[0].split()
        for width in (200, 120, 85)
    }
    assert headers[200] == list(HEADER)
    assert headers[120] == ["HOST", "SERVICE", "CONTAINER", "STATE", "PORTS"]
    assert headers[85] == ["HOST", "SERVICE", "STATE", "PORTS"]


def test_a_program_gets_every_column_and_one_whole_line_a_row() -> None:
    lines = table(HEADER, ROWS, Style(width=20), wrapped=("PORTS",), optional=("IMAGE",)).splitlines()
    assert len(lines) == 1 + len(ROWS)
    assert all(cell in lines[1] for cell in ROWS[0])


def test_colours_change_nothing_else() -> None:
    rows = [(Cell("✓", ("green",)), "web", Cell("Running", ("green",)))]
    plain = table((), rows, Style())
    coloured = table((), rows, Style(True, is_terminal=True))
    assert coloured != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_a_terminal_without_colours_gets_the_same_layout() -> None:
    assert "\x1b" not in table(HEADER, ROWS, terminal(80))


def test_no_rows_and_no_header_are_no_table() -> None:
    assert table((), [], terminal(80)) == table((), [], Style()) == ""
