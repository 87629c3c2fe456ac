from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from phlo.config.templates import render_template
from phlo.errors import ConfigError
from phlo.values import Secret, Text

VARIABLES: Mapping[str, Text] = {"HOST": "db", "PORT": "5", "PASSWORD": Secret("hunter22")}
NAMES: Mapping[str, Any] = {
    "s3": {"endpoint": "http://m", "secret_key": Secret("kkkk"), "nested": {"a": Secret("nnnn"), "b": "plain"}},
    "state": lambda: {"list": [{"name": "x"}]},
}


def rendered(tmp_path: Path, text: str) -> Text:
    path = tmp_path / "t.j2"
    path.write_text(text)
    return render_template(path, label="role/t.j2", names=NAMES, variable=VARIABLES.get, known=lambda: [*VARIABLES])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a {{ HOST }}\n", "a db\n"),
        ("{{ PORT | int + 1 }}", "6"),
        ("{% if HOST %}yes{% endif %}\nx", "yesx"),
        ("{{ s3.endpoint }}", "http://m"),
        ("{{ s3.nested.b }}", "plain"),
        ("{{ s4 | default('none') }}", "none"),
        ("{% if s4 is defined %}x{% endif %}", ""),
        ("{{ state | tojson }}", '{"list": [{"name": "x"}]}'),
        ("{% for item in state.list %}{{ item.name }}{% endfor %}", "x"),
        ("{{ PASSWORD }}", Secret("hunter22")),
        ("{{ 'x' ~ PASSWORD | upper }}", Secret("xHUNTER22")),
        ("{% if PASSWORD %}set{% endif %}", Secret("set")),
        ("{% set p = PASSWORD %}{{ p }}", Secret("hunter22")),
        ("{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(PASSWORD) }}", Secret("<hunter22>")),
        ("{{ s3.secret_key }}", Secret("kkkk")),
        ("{{ s3['nested']['a'] }}", Secret("nnnn")),
        ("{% for key, value in s3.nested.items() %}{{ key }}={{ value }} {% endfor %}", Secret("a=nnnn b=plain ")),
        ("{{ s3.nested | tojson }}", Secret('{"a": "nnnn", "b": "plain"}')),
    ],
)
def test_a_template_is_a_secret_as_soon_as_it_looked_at_one(tmp_path: Path, text: str, expected: Text) -> None:
    assert rendered(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n\n{{ HOTS }}", 'role/t.j2:3: there is no variable or capability "HOTS". Did you mean "HOST"?'),
        ("{{ something_else }}", 'role/t.j2:1: there is no variable or capability "something_else". Declare'),
        ("\n{{ s3.secret_kez }}", 'role/t.j2:2: there is no "secret_kez" in it (it has endpoint, secret_key, nested).'),
        ("{% if s4 %}{% endif %}", 'role/t.j2:1: there is no variable or capability "s4"'),
        ("{% for x in s4 %}{% endfor %}", 'role/t.j2:1: there is no variable or capability "s4"'),
        ("x\n{% if %}", "role/t.j2:2: is not a valid template"),
        ("\n{{ 1 / 0 }}", "role/t.j2:2: cannot be rendered: division by zero"),
        ("{{ HOST.__class__.__mro__ }}", "role/t.j2:1: does what a template may not"),
    ],
)
def test_a_wrong_template_is_an_error_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        rendered(tmp_path, text)
    assert str(caught.value).startswith(message)


def test_an_error_does_not_show_a_secret(tmp_path: Path) -> None:
    for text in ("{{ {}[PASSWORD] }}", "{{ s3[PASSWORD] }}", "{{ PASSWORD.nothing }}"):
        with pytest.raises(ConfigError) as caught:
            rendered(tmp_path, text)
        assert "hunter22" not in str(caught.value)


def test_a_template_cannot_change_what_it_is_given(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        rendered(tmp_path, "{{ state.list.append(1) }}")


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'x' * 10**9 }}",
        "{{ 10**9 * 'x' }}",
        "{{ [1] * 10**9 }}",
        "{{ 2 ** 1000000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%.1000000000f' % 1 }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{{ 'x' * 10**6 }}{% endfor %}{% endfor %}",
        "{{ range(10**9) | list }}",
    ],
)
def test_a_template_that_would_fill_the_memory_is_an_error_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"may not|Range too big") as caught:
        rendered(tmp_path, f"\n{text}")

    assert str(caught.value.where).startswith("role/t.j2:")
