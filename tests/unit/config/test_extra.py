"""`-e`: each form has the values and types that ansible-playbook gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from phlo.config.extra import extra_values, read_extra
from phlo.errors import ConfigError

FILES = {
    "more.yaml": "A: 1\nB: true\nC: 'x'\n",
    "data.json": '{"A": [1, 2], "D": null}',
    "list.yaml": "- a\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


# Recorded from ansible-playbook of ansible-core 2.19.
@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        (["b=x c='y z'"], {"b": "x", "c": "y z"}),
        (["n=1 t=true"], {"n": "1", "t": "true"}),
        (['q="a b"', "e="], {"q": "a b", "e": ""}),
        (["k=a=b=c"], {"k": "a=b=c"}),
        (["j={{ x + 1 }} k=2"], {"j": "{{ x + 1 }}", "k": "2"}),
        ([r"nl=a\nb u=\u00e9"], {"nl": "a\nb", "u": "é"}),
        (['{"a": 1, "b": [true, null]}'], {"a": 1, "b": [True, None]}),
        (["{a: 1, b: yes}"], {"a": 1, "b": True}),
        (["@more.yaml"], {"A": 1, "B": True, "C": "x"}),
        (["A=0", "@more.yaml", "C=last", "@data.json"], {"A": [1, 2], "B": True, "C": "last", "D": None}),
    ],
)
def test_each_form_has_its_types_and_the_last_wins(folder: Path, arguments: list[str], values: dict[str, Any]) -> None:
    assert {name: one.value for name, one in extra_values(arguments, folder=folder).items()} == values


def test_services_see_single_values_as_texts_with_where_they_were_given(folder: Path) -> None:
    found = read_extra(["A=0", "@more.yaml", "C=y=z", "{L: [1]}"], folder=folder)
    assert {name: one.text for name, one in found.items()} == {"A": "1", "B": "true", "C": "y=z"}
    assert [str(found[name].source) for name in "ABC"] == ["more.yaml:1", "more.yaml:2", "-e"]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("NAME", "-e NAME: should be NAME=value or @FILE"),
        ("", "-e: should be NAME=value or @FILE"),
        ("a b=1", '-e a: "a" is not NAME=value'),
        ("MSG=two words", '-e MSG: "words" is not NAME=value. Put a value with spaces'),
        ("MSG=it's", "-e MSG: cannot be read: ' is missing. Put a value"),
        ("a-b=1", '-e a-b: "a-b" cannot name a variable'),
        ("@gone.yaml", "gone.yaml: there is no such file"),
        ("@list.yaml", "list.yaml:1: should be a mapping"),
        ("[1]", "-e:1: should be a mapping"),
        ('{"a": ', "-e:2: is not valid YAML"),
    ],
)
def test_a_wrong_argument_is_an_error(folder: Path, argument: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        extra_values([argument], folder=folder)
    assert str(caught.value).startswith(message)
