"""What is known of a log's line: its time, level, and its text with and without colours; which lines are wanted."""

from __future__ import annotations

import pytest
from phlo_api.server.log_lines import (
    Entries,
    Wanted,
    engine_time,
    level_of,
    moment,
    nanoseconds_of,
    pattern_of,
    plain_text,
    time_of,
)
from phlo_api.server.log_past import Position, position_of
from phlo_api.server.problems import Refusal

from phlo.hosts.live import LiveContainer

AT = "2026-01-31T12:00:00.123456789Z"
CONTAINER = LiveContainer(
    id="ab" * 32, name="web-1", host="local", service="web", instance=1, state="running", health=None, exit_code=None,
    since="", image="",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("ERROR: disk full", "error"),
        ("2026-01-31 12:00:00 [WARN] slow", "warning"),
        ('{"level":"info","msg":"no error here"}', "info"),
        ("ts=1 level=debug msg=error", "debug"),
        ("severity: FATAL", "error"),
        ("2026 UTC [1] FATAL:  no pg_hba.conf entry", "error"),
        ("2026 UTC [1] LOG:  checkpoint", "info"),
        ("GET /errors 200", "unknown"),
        ("terror", "unknown"),
        ("", "unknown"),
        ("x" * 500 + " ERROR", "unknown"),
    ],
)
def test_the_level_is_what_a_line_says_of_itself(text: str, level: str) -> None:
    assert level_of(text) == level


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[38;5;1;1mred\x1b[m!", "red!"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(Btext\x1bMx", "textx"),
        ("a\x00b\x08c\x7fd\x9be\ttab", "abcde\ttab"),
        ("half \x1b[", "half "),
        ("plain ünï", "plain ünï"),
    ],
)
def test_colours_and_control_characters_are_removed(text: str, plain: str) -> None:
    assert plain_text(text, str) == plain


def test_a_secret_that_colours_cut_in_two_is_masked() -> None:
    def mask(text: str) -> str:
        return text.replace("hunter2", "***")

    made = Entries(CONTAINER, mask)
    entry = made.entry(f"{AT} password hun\x1b[1mter2")
    shown = Wanted(mask=mask).line(entry)
    assert shown is not None
    assert shown.text == "password ***"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000000000Z"),
        ("2026-01-31T13:00:00.5+01:00", "2026-01-31T12:00:00.500000000Z"),
        (AT, AT),
        ("1769860800", "2026-01-31T12:00:00.000000000Z"),
        ("1769860800.25", "2026-01-31T12:00:00.250000000Z"),
        ("", ""),
    ],
)
def test_times_of_requests_are_compared_as_the_engine_writes_them(text: str, at: str) -> None:
    assert moment(text, "since") == at


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01T00:00:00Z", "-1", "9" * 11, "2026-01-31", "1h", "\n", "٣"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="is not a time"):
        moment(text, "since")


def test_a_time_keeps_its_nanoseconds() -> None:
    assert time_of(nanoseconds_of(AT)) == AT
    assert engine_time(AT) == "1769860800.123456789"


@pytest.mark.parametrize(
    ("wanted", "is_shown"),
    [
        (Wanted(mask=str), True),
        (Wanted(mask=str, since=AT, until=AT), True),
        (Wanted(mask=str, since="2026-01-31T12:00:00.123456790Z"), False),
        (Wanted(mask=str, until="2026-01-31T12:00:00.123456788Z"), False),
        (Wanted(mask=str, levels=["error", "unknown"]), True),
        (Wanted(mask=str, levels=["info"]), False),
        (Wanted(mask=str, contains="disk full"), True),
        (Wanted(mask=str, contains="disk empty"), False),
        (Wanted(mask=str, pattern=pattern_of(r"^error.*\bfull$")), True),
        (Wanted(mask=str, pattern=pattern_of("^full")), False),
        (Wanted(mask=str, levels=["error"], contains="disk", pattern=pattern_of("fu+l")), True),
    ],
)
def test_a_line_has_to_fit_every_filter(wanted: Wanted, is_shown: bool) -> None:
    entry = Entries(CONTAINER, str).entry(f"{AT} \x1b[31mERROR\x1b[0m: Disk full")
    assert (wanted.line(entry) is not None) == is_shown


def test_colours_are_passed_as_asked() -> None:
    entry = Entries(CONTAINER, str).entry(f"{AT} \x1b[31mred\x1b[0m")
    shown = Wanted(mask=str, keeps_ansi=True).line(entry)
    assert shown is not None
    assert shown.text == "\x1b[31mred\x1b[0m"


def test_lines_of_one_time_are_told_apart_by_their_number() -> None:
    made = Entries(CONTAINER, str)
    first, second, third = (made.entry(f"{at} x") for at in (AT, AT, AT.replace("9Z", "8Z")))
    position = Position()
    assert [position.takes(entry) for entry in (first, second, second, first, third)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    again = position_of(str(position))
    assert again == position
    assert not again.takes(second)


@pytest.mark.parametrize("text", ["1", "x", "AAAA", "!!!", "a" * 30, "é"])
def test_an_id_that_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="Last-Event-ID"):
        position_of(text)
