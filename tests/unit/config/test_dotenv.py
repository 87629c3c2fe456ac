from __future__ import annotations

from pathlib import Path

import pytest

from phlo.config.dotenv import load_env_file, parse_env
from phlo.errors import ConfigError


@pytest.mark.parametrize(
    ("line", "text", "is_literal"),
    [
        ("A=1", "1", False),
        ("A = spaced ", "spaced", False),
        ("export A=1", "1", False),
        ("  A=1", "1", False),
        ("A: yaml", "yaml", False),
        ("A=", "", False),
        ("A", None, False),
        ("A=b # comment", "b", False),
        ("A=b#no comment", "b#no comment", False),
        ("A=#no comment", "#no comment", False),
        ("A=a\t#b", "a\t#b", False),
        ("A=x=y", "x=y", False),
        ("A=${B}", "${B}", False),
        ('A="two words" # c', "two words", False),
        (r'A="a\nb\t\"c\" \\ \$d"', 'a\nb\t"c" \\ $$d', False),
        (r'A="a\qb"', r"a\qb", False),
        ('A="line 1\nline 2"', "line 1\nline 2", False),
        ("A='as $it stands'", "as $it stands", True),
        (r"A='it\'s'", "it's", True),
        (r"A='a\nb'", r"a\nb", True),
        ("A='1\n2'", "1\n2", True),
        ("A=''", "", True),
    ],
)
def test_a_line_is_read_as_compose_does(line: str, text: str | None, is_literal: bool) -> None:
    entry = parse_env(f"# first\n\n{line}\nZ=end\n", label=".env")["A"]
    assert (entry.text, entry.is_literal, entry.line) == (text, is_literal, 3)
    assert parse_env(f"{line}\nZ=end\n", label=".env")["Z"].text == "end"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\nB!=x\n", '.env:2: "B!" is not a variable\'s name'),
        ("=x\n", '.env:1: "" is not a variable\'s name'),
        ("A=1\n\nA B\n", '.env:3: "A" is not followed by "="'),
        ('A="open\nB=1\n', '.env:1 A: the quote " is not closed'),
        ("A='x' y\n", ".env:1 A: something follows the closing quote"),
    ],
)
def test_a_wrong_line_is_an_error_with_its_number(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_env(text, label=".env")
    assert str(caught.value).startswith(message)


def test_an_error_does_not_quote_a_value() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_env("A-B C=hunter22\n'x=hunter22\n", label=".env")
    assert not any("hunter22" in str(error) for error in caught.value.each())


def test_every_wrong_line_is_reported() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_env("!=a\nB=1\n?=b\n", label=".env")
    assert [str(error).split(" ")[0] for error in caught.value.each()] == [".env:1:", ".env:3:"]


def test_the_last_of_two_lines_with_one_name_counts() -> None:
    assert parse_env("A=1\nA=2\n", label=".env")["A"].text == "2"


def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_a_value(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"\xef\xbb\xbfA=1\r\nB='x'\r\n")
    entries = load_env_file(path, label=".env")
    assert {name: entry.text for name, entry in entries.items()} == {"A": "1", "B": "x"}


def test_a_file_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(b"A=\xff\n")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load_env_file(path, label=".env")
