"""Errors, colours, tables and small texts."""

from __future__ import annotations

import io

import pytest

from phlo.errors import ConfigError, OperationError, first_of
from phlo.report.change_text import causes_text, count_of, words_of
from phlo.report.errors import error_data, error_text
from phlo.report.style import Style, seconds_text, shortened, style_for, terminal_width
from phlo.values import Change


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "no_color", "expected"),
    [
        (Terminal(), {"TERM": "xterm"}, False, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False, False),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, False, True),
        (Terminal(), {"TERM": "dumb"}, False, False),
        (Terminal(), {"TERM": "xterm"}, True, False),
        (io.StringIO(), {"TERM": "xterm"}, False, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    stream: io.StringIO, environ: dict[str, str], no_color: bool, expected: bool
) -> None:
    style = style_for(stream, environ, no_color=no_color)
    assert style.is_coloured is expected
    assert ("\x1b" in style("x", "red")) is expected


@pytest.mark.parametrize(("columns", "expected"), [("120", 120), ("", 80), ("0", 80), ("wide", 80)])
def test_columns_says_how_wide_it_is(columns: str, expected: int) -> None:
    assert terminal_width(io.StringIO(), {"COLUMNS": columns}) == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.044, "0.04s"),
        (0.096, "0.1s"),
        (0.44, "0.4s"),
        (9.94, "9.9s"),
        (9.96, "10s"),
        (89.4, "89s"),
        (200, "3m 20s"),
        (7260, "2h 01m"),
    ],
)
def test_seconds_are_as_exact_as_it_matters(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(("width", "text"), [(5, "abcde"), (4, "abc…"), (1, "…"), (9, "abcde")])
def test_a_cut_text_ends_in_an_ellipsis(width: int, text: str) -> None:
    assert shortened("abcde", width) == text


def test_an_error_is_a_line_and_its_details_stand_below() -> None:
    error = first_of(
        [
            OperationError(
                "is unhealthy", where="local db", fix="See its log.", detail=["last log lines:", "  no room"]
            ),
            ConfigError("is wrong.", where="phlo.yaml:7"),
        ]
    )
    assert error_text(error, Style()).splitlines() == [
        "✗ local db: is unhealthy. See its log.",
        "    last log lines:",
        "      no room",
        "✗ phlo.yaml:7: is wrong.",
    ]
    assert [one["kind"] for one in error_data(error)] == ["OperationError", "ConfigError"]


@pytest.mark.parametrize(
    ("verb", "sign", "done"),
    [
        ("create", "+", "created"),
        ("remove", "-", "removed"),
        ("restore", "~", "restored"),
        ("connect", "~", "connected"),
    ],
)
def test_every_verb_has_a_sign_and_a_past(verb: str, sign: str, done: str) -> None:
    assert words_of(verb)[:2] == (sign, done)


def test_a_service_counts_as_the_greatest_of_its_changes() -> None:
    def changes(*verbs: str) -> list[Change]:
        return [Change(at="x:y", verb=verb, causes=("z",), is_counted=verb != "wait") for verb in verbs]

    assert count_of(changes("pull", "recreate", "wait")) == "recreate"
    assert count_of(changes("pull")) == "update"
    assert count_of(changes("wait")) is None


@pytest.mark.parametrize(
    ("causes", "text"),
    [(("a",), "a"), (("a", "b", "c", "d"), "a; b; c; d"), (("a", "b", "c", "d", "e"), "a; b; c and 2 more")],
)
def test_many_causes_are_counted(causes: tuple[str, ...], text: str) -> None:
    assert causes_text(causes) == text
