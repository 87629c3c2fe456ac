"""A label that somebody else wrote is read as if it were not there."""

from __future__ import annotations

import json

import pytest

from phlo.label_values import label_mapping, label_texts
from tests.support.mutations import BROKEN_TEXTS, with_another_type


def test_a_label_is_read() -> None:
    assert label_texts({"x": '["a", "b"]'}, "x") == ("a", "b")
    assert label_mapping({"x": '{"a": "b"}'}, "x") == {"a": "b"}


@pytest.mark.parametrize(
    "labels", [None, {}, {"x": ""}, *({"x": text.decode(errors="replace")} for text in BROKEN_TEXTS)]
)
def test_a_label_that_is_missing_or_broken_holds_nothing(labels: dict[str, str] | None) -> None:
    assert label_texts(labels, "x") == ()
    assert label_mapping(labels, "x") == {}


def test_a_label_of_another_form_holds_nothing() -> None:
    for changed in with_another_type(["a"]):
        assert label_texts({"x": json.dumps(changed)}, "x") in ((), ("\x1b[2J",))
    for changed in with_another_type({"a": "b"}):
        assert label_mapping({"x": json.dumps(changed)}, "x") == {}
