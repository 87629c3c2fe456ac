"""Every text survives being written to a phlo.yaml and read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phlo.compose_import.text import yaml_text
from phlo.config.project_file import parse_project_file

_ODD = "\r\n\t\x00\x01\x07\x1b\x7f\x80\x85\x9f\xa0\u2028\u2029\ufeff\ufffe\uffff \"'#:{}[]&*!|>%@`-?,~\\$"
TEXTS = st.text(st.one_of(st.sampled_from(_ODD), st.characters(exclude_categories=["Cs"])), max_size=40)


def document(text: str) -> dict[str, Any]:
    return {"name": "shop", "services": {"web": {"image": "x", "environment": {"A": text}, "command": [text]}}}


def read_back(data: dict[str, Any]) -> Any:
    return parse_project_file(yaml_text(data, comment="about it"), path=Path("phlo.yaml")).document.data


@settings(deadline=None, max_examples=300)
@given(TEXTS)
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    data = document(text)
    assert read_back(data) == data


WENT_WRONG = (
    *("a\r\nb\r\n", "\n", "\n\n", " a\n b\n", "a\n\n", "a\x85b", "a\u2028b\n", "\ufeffa", "\x1b[1m"),
    *("yes", "22:22", "1.0", "0o17", "<<", "="),
)


@pytest.mark.parametrize("text", WENT_WRONG)
def test_texts_that_went_wrong_once(text: str) -> None:
    data = document(text)
    assert read_back(data) == data
