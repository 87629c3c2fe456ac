from __future__ import annotations

import pytest

from phlo.compose.interpolate import interpolate, interpolate_all, names_in
from phlo.errors import ConfigError
from phlo.values import Secret

VARIABLES = {"SET": "value", "EMPTY": "", "OTHER": "o", "_x1": "under"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("$SET", "value"),
        ("${SET}", "value"),
        ("a${SET}b$OTHER.c", "avaluebo.c"),
        ("$_x1", "under"),
        ("$SETTER", ""),
        ("$$SET", "$SET"),
        ("$$$SET", "$value"),
        ("$$", "$"),
        ("a $1 for 5$", "a $1 for 5$"),
        ("${SET:-d}", "value"),
        ("${EMPTY:-d}", "d"),
        ("${UNSET:-d}", "d"),
        ("${SET-d}", "value"),
        ("${EMPTY-d}", ""),
        ("${UNSET-d}", "d"),
        ("${UNSET:-}", ""),
        ("${SET:?m}", "value"),
        ("${EMPTY?m}", ""),
        ("${SET:+x}", "x"),
        ("${EMPTY:+x}", ""),
        ("${UNSET:+x}", ""),
        ("${EMPTY+x}", "x"),
        ("${UNSET+x}", ""),
        ("${UNSET:-${OTHER}}", "o"),
        ("${UNSET:-${EMPTY:-${SET}}}", "value"),
        ("${UNSET:-a-$OTHER-b}", "a-o-b"),
        ("${SET:+${OTHER}/}", "o/"),
        ('${UNSET:-{"a": 1}}', '{"a": 1}'),
        ("${UNSET:-$$x}", "$x"),
        ("${UNSET:-http://h:80/?q=1}", "http://h:80/?q=1"),
        ("${SET:-${}", None),
        ("${SET:+$OTHER}}", "o}"),
    ],
)
def test_a_text_is_interpolated_as_compose_does(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ConfigError):
            interpolate(text, VARIABLES.get)
    else:
        assert interpolate(text, VARIABLES.get) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${SET", '"${" has no closing "}" (character 1)'),
        ("ab${}", '"${" is not followed by a variable\'s name (character 3)'),
        ("${1A}", '"${" is not followed by a variable\'s name (character 1)'),
        ("${SET!x}", '"${SET" is followed by "!"'),
        ("${A B}", '"${A" is followed by " "'),
        ("${UNSET:?is needed for ${SET}}", "UNSET must be set: is needed for value"),
        ("${EMPTY:?}", "EMPTY must be set."),
        ("${UNSET?gone}", "UNSET must be set: gone"),
    ],
)
def test_a_wrong_text_is_an_error_with_its_position(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        interpolate(text, VARIABLES.get, where="phlo.yaml:3 env.X")
    assert str(caught.value).startswith(f"phlo.yaml:3 env.X: {message}")


def test_a_text_with_a_secret_in_it_is_a_secret() -> None:
    lookup = {"PASSWORD": Secret("hunter22"), "USER": "me"}.get
    found = interpolate("${USER}:${PASSWORD}", lookup)
    assert found == Secret("me:hunter22")
    assert interpolate("${UNSET:-${PASSWORD}}", lookup) == Secret("hunter22")
    assert interpolate("${PASSWORD:+yes}", lookup) == "yes"


def test_a_message_does_not_show_a_secret() -> None:
    with pytest.raises(ConfigError, match=r"X must be set: \*\*\*"):
        interpolate("${X:?${PASSWORD}}", {"PASSWORD": Secret("hunter22")}.get)


def test_an_unset_variable_is_told_once_for_each_place_without_a_default() -> None:
    told: list[tuple[str, str]] = []
    data = {"command": ["$A", "${B:-x}"], "environment": {"$KEY": "${C}"}}

    def where(*keys: str | int) -> str:
        return "/".join(map(str, keys))

    found = interpolate_all(data, {}.get, where=where, unset=lambda name, place: told.append((name, place)))
    assert found == {"command": ["", "x"], "environment": {"$KEY": ""}}
    assert told == [("A", "command/0"), ("C", "environment/$KEY")]


def test_only_texts_are_interpolated() -> None:
    data = {"a": 1, "b": None, "c": True, "d": Secret("$X")}
    assert interpolate_all(data, {"X": "y"}.get, where=str) == data


def test_names_in_a_text_include_those_of_defaults() -> None:
    assert names_in("$A ${B:-${C-$D}} $$E") == {"A", "B", "C", "D"}
