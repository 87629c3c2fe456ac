"""The recordings in docs/reference/output.md, and the screen that makes them."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from rich.cells import cell_len

from scripts.docs.animation import Frame, animated, thinned
from scripts.docs.recordings import ANIMATED, ANIMATION, COLUMNS, PAGE, RECORDINGS, ROOT
from scripts.docs.screen import Screen

BLOCKS = dict(re.findall(r"<!-- recording: ([a-z-]+) -->\n(.*?)<!-- end -->", PAGE.read_text(), re.DOTALL))


def test_the_page_has_a_place_for_each_recording_and_no_other() -> None:
    assert set(BLOCKS) == {one.name for one in RECORDINGS}


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda one: one.name)
def test_a_recording_shows_its_command_at_each_moment_on_a_terminal_of_80_columns(recording: object) -> None:
    name, command, _, moments = recording  # type: ignore[misc]
    lines = BLOCKS[name].splitlines()
    assert sum(line.startswith(f"`{command}`, ") for line in lines) == 1 + len(moments)
    assert max(map(cell_len, lines)) <= COLUMNS
    for pattern in moments:
        assert re.search(pattern, BLOCKS[name])


def test_a_screen_shows_what_is_left_at_the_end() -> None:
    screen = Screen(columns=20)
    screen.feed("kept\n\x1b[?25lone\ntwo\r\x1b[2K\x1b[1A\x1b[2Knew\x1b[0m\n\x1b[?25hend")
    assert screen.text == "kept\nnew\nend"
    assert screen.is_cursor_shown


def test_a_screen_wraps_its_lines_again_when_its_width_changes() -> None:
    screen = Screen(columns=10)
    screen.feed("0123456789ab\nshort")
    assert screen.text == "0123456789\nab\nshort"
    screen.resize(4)
    assert screen.text == "0123\n4567\n89ab\nshor\nt"
    screen.resize(20)
    assert screen.text == "0123456789ab\nshort"
    screen.feed("er")
    assert screen.text == "0123456789ab\nshorter"


def test_wide_characters_take_two_columns() -> None:
    screen = Screen(columns=5)
    screen.feed("東京都x")
    assert screen.text == "東京\n都x"


@pytest.mark.parametrize("text", ["\x1b[2J", "\x07", "\x1b]0;title\x07", "\x1b[3K"])
def test_a_screen_refuses_what_it_does_not_know(text: str) -> None:
    with pytest.raises(ValueError, match="unknown"):
        Screen().feed(text)


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")]  # noqa: S314  our own


def test_the_animation_in_the_readme_is_small_and_shows_the_roll_back() -> None:
    svg = ANIMATION.read_text(encoding="utf-8")
    assert len(svg.encode()) < 200_000
    assert "<script" not in svg
    lines = texts(svg)
    assert "$ phlo up web" in lines
    assert [line for line in lines if "rolled back" in line]
    assert lines[-1] == "5"
    assert f"]({ANIMATION.relative_to(ROOT)})" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert ANIMATED in {one.name for one in RECORDINGS}


def test_an_animation_has_a_step_for_each_frame_and_escapes_its_text() -> None:
    svg = animated([Frame(0, "a <b>"), Frame(60, "✗ c\n\nd")], columns=10, title="x & y")
    assert texts(svg) == ["a <b>", "✗ c", "d"]
    assert "0.00%{transform:translateY(0px)}" in svg
    assert "step-end" in svg
    # A pause of a minute is shortened, and the last frame stays for five seconds.
    assert "6.50s" in svg


def test_frames_that_are_replaced_at_once_are_left_out() -> None:
    frames = [Frame(0, "a"), Frame(0.1, "b"), Frame(1, "b"), Frame(2, "c"), Frame(2.1, "d")]
    assert thinned(frames) == [Frame(0, "b"), Frame(2, "d")]
