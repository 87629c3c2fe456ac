from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phlo.compose import scalars
from phlo.compose.reading import At
from phlo.values import Secret

HERE = At(lambda *keys: "here", Path("/"))


@pytest.mark.parametrize(
    ("parse", "written", "read"),
    [
        (scalars.duration, "1m30s", 90_000_000_000),
        (scalars.duration, "500ms", 500_000_000),
        (scalars.duration, "1.5h", 5_400_000_000_000),
        (scalars.duration, "20us", 20_000),
        (scalars.duration, "1d", 86_400_000_000_000),
        (scalars.duration, "0", 0),
        (scalars.duration, 0, 0),
        (scalars.size, "512m", 512 << 20),
        (scalars.size, "512MB", 512 << 20),
        (scalars.size, "1.5g", 3 << 29),
        (scalars.size, "2GiB", 2 << 30),
        (scalars.size, "64k", 64 << 10),
        (scalars.size, "7b", 7),
        (scalars.size, 1024, 1024),
        (scalars.size, "1024", 1024),
        (scalars.size_or_unlimited, -1, -1),
        (scalars.size_or_unlimited, "-1", -1),
        (scalars.size_or_unlimited, "1k", 1024),
        (scalars.file_mode, "0440", 0o440),
        (scalars.file_mode, "0o440", 0o440),
        (scalars.file_mode, 0o440, 0o440),
        (scalars.boolean, True, True),
        (scalars.boolean, "Yes", True),
        (scalars.boolean, "off", False),
        (scalars.integer(1, 9), "9", 9),
        (scalars.positive_number, "0.5", 0.5),
        (scalars.text, 1.5, "1.5"),
        (scalars.secret_text, True, "true"),
        (scalars.secret_text, Secret("x"), Secret("x")),
        (scalars.texts, "one", ("one",)),
        (scalars.texts, ["one", 2], ("one", "2")),
        (scalars.keyed_texts, ["A=1", "B", "C=x=y", "D="], {"A": "1", "B": None, "C": "x=y", "D": ""}),
        (scalars.keyed_texts, {"A": 1, "B": None, "C": True, "D": 1.5}, {"A": "1", "B": None, "C": "true", "D": "1.5"}),
        (scalars.keyed_texts, ["A=1", "A=2"], {"A": "2"}),
        (scalars.keyed_texts, [Secret("A=s")], {"A": Secret("s")}),
    ],
)
def test_a_value_is_read(parse: Callable[[Any, At], Any], written: Any, read: Any) -> None:
    assert parse(written, HERE) == read


@pytest.mark.parametrize(
    ("parse", "written", "error"),
    [
        (scalars.duration, "10", 'should be a duration, got "10". Write the unit, e.g. "10s".'),
        (scalars.duration, 10, 'should be a duration, got 10. Write the unit, e.g. "10s".'),
        (scalars.duration, "10 s", 'should be a duration, got "10 s". For example "90s", "1m30s" or "500ms".'),
        (scalars.duration, "-1s", 'should be a duration, got "-1s". For example "90s", "1m30s" or "500ms".'),
        (scalars.size, "1x", 'should be a size, got "1x". Write a number with its unit, e.g. "512m" or "2g".'),
        (scalars.size, "-1", 'should be a size, got "-1". Write a number with its unit, e.g. "512m" or "2g".'),
        (scalars.file_mode, "0999", 'should be a file mode, got "0999". Write it in octal and quotes, e.g. "0440".'),
        (scalars.file_mode, True, "should be a text, got true. Put it in quotes."),
        (scalars.boolean, "maybe", 'should be true or false, got "maybe".'),
        (scalars.integer(1, 9), "10", 'should be a whole number from 1 to 9, got "10".'),
        (scalars.integer(0), -1, "should be a whole number of at least 0, got -1."),
        (scalars.integer(), "1.5", 'should be a whole number, got "1.5".'),
        (scalars.positive_number, "nan", 'should be a number of at least 0, got "nan".'),
        (scalars.word, "", "must not be empty. Give it a value, or leave it out."),
        (
            scalars.text,
            Secret("hidden"),
            "must not hold a secret, for it is shown in plans and by `docker inspect`. Use a plain value.",
        ),
        (scalars.text, ["a"], "should be a text, got a list."),
        (scalars.keyed_texts, ["=1"], 'should be NAME=VALUE, got "=1".'),
        (scalars.keyed_texts, 3, "should be a mapping (name: value), got 3."),
    ],
)
def test_a_wrong_value_says_what_to_write(parse: Callable[[Any, At], Any], written: Any, error: str) -> None:
    here = At(lambda *keys: "here", Path("/"))
    here.attempt(parse, written)

    assert [str(found) for found in here.errors] == [f"here: {error}"]
