"""Regular expressions of clients find what Python's find, and take time proportional to the text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phlo_api.server.linear_regex import MOST_KEPT, LinearPattern, PatternError

TEXTS = ["", "a", "b", "aab", "error: disk full", "ERROR 42", "foo_bar baz", "a\nb", "2026-01-31 12:00", "xéy", " a "]


@pytest.mark.parametrize(
    "pattern",
    [
        "a", "error", "Error|warn", "^a", "b$", "^$", r"\bfull\b", r"\Bull", r"\d+", r"[^\d\s]+ \d{2}$", "a{2}b",
        "a{2,3}", "a{0}b",
        "(foo|bar)_(?:bar|foo)", "a*b+c?", "a+?b", "[a-f]+", "[A-F]{2}", ".", "a.b", r"\w+\s\w+", r"(a|b)*$",
        r"\S{5,}", "é",
        r"\.", r"[\]\-x]", "", "(a+)+b", "(?i)ERROR", r"\A\d{4}-\d\d", r"0\Z",
    ],
)  # fmt: skip
def test_it_finds_what_re_finds(pattern: str) -> None:
    wanted = re.compile(pattern, re.IGNORECASE)
    found = LinearPattern(pattern)
    assert [found.search(text) for text in TEXTS] == [wanted.search(text) is not None for text in TEXTS]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    pattern=st.recursive(
        st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\b", "^", "$", r"\w"]),
        lambda inner: st.one_of(
            st.builds("({})*".format, inner),
            st.builds("({})?".format, inner),
            st.builds("({}){{1,2}}".format, inner),
            st.builds("({}|{})".format, inner, inner),
            st.builds("{}{}".format, inner, inner),
        ),
        max_leaves=6,
    ),
    text=st.text("abc _", max_size=8),
)
def test_any_pattern_finds_what_re_finds(pattern: str, text: str) -> None:
    assert LinearPattern(pattern).search(text) == (re.search(pattern, text, re.IGNORECASE) is not None)


@pytest.mark.parametrize(
    "pattern", ["(a+)+b", "(a|a)*b", "(a|aa)+$", r"(\w*)*\d!", "(.*)(.*)(.*)(.*)x!", "a{1,90}a{1,90}b"]
)
def test_a_pattern_that_backtracks_for_ever_looks_at_each_character_once(pattern: str) -> None:
    found = LinearPattern(pattern)
    looked: list[str] = []
    move = found._move
    found._move = lambda kernel, before, char: looked.append(char) or move(kernel, before, char)  # type: ignore[method-assign, func-returns-value]
    assert found.search("a" * 16_000) is False or pattern == "(a|aa)+$"
    assert len(looked) <= 1000
    assert len(found._moves) <= MOST_KEPT


@pytest.mark.parametrize(
    "pattern", ["(", "[a", "a{99999}", "(a{100}){100}", "(?=a)", "(?<!a)b", r"(a)\1", "(?>a)", "*", "(" * 5000]
)
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        LinearPattern(pattern)
