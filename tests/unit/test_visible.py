from __future__ import annotations

import json

import pytest

from phlo.visible import one_line, visible, visible_json

HOSTILE = {
    "clear screen": "\x1b[2J",
    "cursor": "\x1b[10A",
    "title": "\x1b]0;title\x07",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "string terminator": "\x1bPq\x1b\\",
    "eight-bit introducer": "\x9b2J",
    "eight-bit command": "\x9d52;c;ZXZpbA==\x9c",
    "bell": "\x07",
    "backspace": "safe\x08\x08\x08\x08evil",
    "carriage return": "safe\revil",
    "delete": "\x7f",
    "null": "\x00",
    "right-to-left override": "\u202etxt.exe",
    "isolate": "\u2067text\u2069",
    "cut sequence": "\x1b[3",
    "reset": "\x1bc",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("keeps_colours", [False, True])
def test_no_control_character_stays_and_none_disappears(text: str, keeps_colours: bool) -> None:
    shown = visible(f"before {text} after", keeps_colours=keeps_colours)

    assert shown.isprintable()
    assert (
        shown
        == "before "
        + "".join(
            one if one.isprintable() else f"\\x{ord(one):02x}" if ord(one) < 256 else f"\\u{ord(one):04x}"
            for one in text
        )
        + " after"
    )


def test_ordinary_text_stays_as_it_is() -> None:
    text = "naïve\tتجربة 日本語 🙂\n"

    assert visible(text) == visible(text, keeps_colours=True) == text


def test_colours_are_kept_to_the_end_of_their_line_or_removed() -> None:
    text = "\x1b[1;31mred\nplain \x1b[38;5;8mgrey\x1b[0m"

    assert visible(text, keeps_colours=True) == "\x1b[1;31mred\x1b[0m\nplain \x1b[38;5;8mgrey\x1b[0m"
    assert visible(text) == "red\nplain grey"


@pytest.mark.parametrize("conceal", ["8", "0;8", "08", "31;8"])
def test_text_cannot_be_concealed(conceal: str) -> None:
    assert visible(f"\x1b[{conceal}mhidden", keeps_colours=True) == "hidden"


def test_a_cell_of_a_table_stays_on_one_line() -> None:
    assert one_line("a\nb\tc\r") == "a\\nb c\\x0d"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_json_keeps_its_value(text: str) -> None:
    shown = visible_json(json.dumps({text: text}, ensure_ascii=False))

    assert shown.isprintable()
    assert json.loads(shown) == {text: text}
