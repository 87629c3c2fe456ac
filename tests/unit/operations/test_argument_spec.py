"""Values against an argument specification: types, choices, options of options."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.operations.argument_spec import errors_of
from phlo.values import Secret

RIGHT: list[tuple[str, Any]] = [
    *(("int", value) for value in (1, "80", -3, True, 2.0)),
    *(("float", value) for value in (1, "1.5")),
    *(("bool", value) for value in (True, "yes", "off", 1, 0, "T")),
    *(("list", value) for value in ([1], "a,b", 5, [])),
    *(("dict", value) for value in ({"a": 1}, "a=1 b=2", '{"a": 1}')),
    *(("json", value) for value in ({"a": 1}, [1], "[1]")),
    *(("bytes", value) for value in ("1K", 5, "2.5 MB")),
    *((kind, [1]) for kind in ("str", "path", "raw")),
]
WRONG: list[tuple[str, Any]] = [
    *(("int", value) for value in ("x", 1.5, [1], "")),
    *(("float", value) for value in ("x", [1])),
    *(("bool", value) for value in ("x", 2, [])),
    *(("list", value) for value in ({"a": 1}, True)),
    *(("dict", value) for value in ("x", [1], "{wrong")),
    *(("bytes", value) for value in ("x", "1X")),
    ("json", 1),
    ("nosuch", "x"),
]


@pytest.mark.parametrize(("kind", "value"), RIGHT)
def test_a_value_of_a_type_is_right(kind: str, value: Any) -> None:
    assert errors_of({"x": {"type": kind}}, {"x": value}) == []


@pytest.mark.parametrize(("kind", "value"), WRONG)
def test_a_value_that_is_not_of_a_type_is_wrong(kind: str, value: Any) -> None:
    assert len(errors_of({"x": {"type": kind}}, {"x": value})) == 1


@pytest.mark.parametrize(
    ("option", "value", "errors"),
    [
        ({"type": "list", "elements": "int"}, [1, "two"], ['x[1] should be an int, got "two"']),
        ({"type": "list", "choices": ["p", "q"]}, ["p", "z"], ["x should be one of p, q, got z"]),
        ({"type": "dict", "options": {"k": {"required": True}}}, {}, ["x.k is required"]),
        ({"type": "dict", "options": {"k": {}}}, {"o": 1}, ["x.o is not an argument"]),
        (
            {"type": "list", "elements": "dict", "options": {"k": {"type": "int"}}},
            [{"k": 1}, {"k": "a"}],
            ['x[1].k should be an int, got "a"'],
        ),
        ({"aliases": ["y"], "type": "int"}, 1, []),
        ({"choices": [1, 2], "type": "int"}, Secret("3"), ["x should be one of 1, 2"]),
    ],
)
def test_items_and_options_are_checked(option: dict[str, Any], value: Any, errors: list[str]) -> None:
    assert errors_of({"x": option}, {"x": value}) == errors


def test_an_alias_is_its_option() -> None:
    assert errors_of({"x": {"aliases": ["y"], "required": True}}, {"y": 1}) == []


@pytest.mark.parametrize(
    ("relation", "given", "is_right"),
    [
        ({"mutually_exclusive": [["a", "b"]]}, {"a": 1}, True),
        ({"mutually_exclusive": ["a", "b"]}, {"a": 1, "b": 1}, False),
        ({"required_together": [["a", "b"]]}, {"a": 1}, False),
        ({"required_together": [["a", "b"]]}, {"c": 1}, True),
        ({"required_one_of": [["a", "b"]]}, {"c": 1}, False),
        ({"required_if": [["a", 1, ["b", "c"]]]}, {"a": 1, "b": 1}, False),
        ({"required_if": [["a", 1, ["b", "c"], True]]}, {"a": 1, "b": 1}, True),
        ({"required_if": [["a", 1, ["b"]]]}, {"a": 2}, True),
        ({"required_by": {"a": "b"}}, {"a": 1}, False),
        ({"required_by": {"a": ["b"]}}, {"a": 1, "b": 1}, True),
    ],
)
def test_options_can_belong_together(relation: dict[str, Any], given: dict[str, Any], is_right: bool) -> None:
    options = {name: {"type": "int"} for name in "abc"}
    assert (errors_of({"x": {"type": "dict", "options": options, **relation}}, {"x": given}) == []) is is_right
