"""Templates in task files: values, places, secrets, filters and tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from phlo.errors import ConfigError, PhloError
from phlo.playbook.lookups import lookup_functions
from phlo.playbook.scope import Scope, final, written
from phlo.playbook.source import Origin, Raw, SourceFile
from phlo.playbook.templating import Templar
from phlo.values import Secret, reveal_all

VALUES: dict[str, Any] = {
    "name": "lake",
    "port": 80,
    "things": ["b", "a", "b"],
    "nested": {"x": {"y": 1}, "z": 2},
    "password": Secret("hunter2"),
    "s3": {"endpoint": "http://s3", "key": Secret("topsecret")},
    "nothing": None,
}


def render(text: Any, values: dict[str, Any] | None = None) -> Any:
    return Templar().render(Raw(text, Origin(None, name="here")), Scope((final(values or VALUES),)))


RENDERED: list[tuple[Any, Any]] = [
    ("plain", "plain"),
    ("{{ port }}", 80),
    (" {{ port }}", " 80"),
    ("{{ port }}:{{ port }}", "80:80"),
    ("{{ things }}", ["b", "a", "b"]),
    ("{{ things | map('upper') }}", ["B", "A", "B"]),
    ("{{ nested.x }}", {"y": 1}),
    ("{{ missing | default(5) }}", 5),
    ("{{ missing.deeper | default('no') }}", "no"),
    ("{{ nothing }}", None),
    ({"{{ name }}": ["{{ port }}"]}, {"{{ name }}": [80]}),
    ("{{ s3.endpoint }}", "http://s3"),
    ("{% if port == 80 %}web{% endif %}", "web"),
    ("{{ nested | dict2items | map(attribute='key') | list }}", ["x", "z"]),
    ("{{ [{'key': 'a', 'value': 1}] | items2dict }}", {"a": 1}),
    ("{{ nested | combine({'x': {'w': 3}}, recursive=true) }}", {"x": {"y": 1, "w": 3}, "z": 2}),
    ("{{ {'a': [1]} | combine({'a': [2]}, list_merge='append') }}", {"a": [1, 2]}),
    ("{{ nested | to_json }}", '{"x": {"y": 1}, "z": 2}'),
    ("{{ nested | to_nice_json(indent=1) }}", '{\n "x": {\n  "y": 1\n },\n "z": 2\n}'),
    ("{{ {'a': [1]} | to_nice_yaml }}", "a:\n- 1\n"),
    ("{{ '{\"a\": 1}' | from_json }}", {"a": 1}),
    ("{{ 'a: [1]' | from_yaml }}", {"a": [1]}),
    ("{{ 'v1.2-x' | regex_search('[0-9]+') }}", "1"),
    ("{{ 'v1.2' | regex_search('v([0-9]+).([0-9]+)', '\\1', '\\2') }}", ["1", "2"]),
    ("{{ 'v1.2' | regex_replace('[0-9]', 'n') }}", "vn.n"),
    ("{{ 'v1.2' | regex_findall('[0-9]') }}", ["1", "2"]),
    ("{{ 'lake' | b64encode }}", "bGFrZQ=="),
    ("{{ 'bGFrZQ==' | b64decode }}", "lake"),
    ("{{ 'lake' | hash('sha256') | length }}", 64),
    ("{{ (port > 10) | ternary('big', 'small') }}", "big"),
    ("{{ ['yes', 'no', 1, true] | map('bool') | list }}", [True, False, True, True]),
    ("{{ '42' | int + 1 }}", 43),
    ("{{ '/a/b.txt' | basename }}{{ '/a/b.txt' | dirname }}", "b.txt/a"),
    ("{{ 'a b' | quote }}", "'a b'"),
    ("{{ things | unique }}", ["b", "a"]),
    ("{{ [1, 2] | union([2, 3]) }}", [1, 2, 3]),
    ("{{ [1, 2] | difference([2]) }}", [1]),
    ("{{ [1, 2] | intersect([2, 3]) }}", [2]),
    ("{{ [1, 2] | zip(['a', 'b']) }}", [[1, "a"], [2, "b"]]),
    ("{{ [1, [2, [3]]] | flatten }}", [1, 2, 3]),
    ("{{ [1, [2, [3]]] | flatten(levels=1) }}", [1, 2, [3]]),
    ("{{ [{'n': 1}, {'n': 2}] | selectattr('n', 'gt', 1) | map(attribute='n') | list }}", [2]),
    ("{{ [1, 2] | product(['a']) }}", [[1, "a"], [2, "a"]]),
    ("{{ [{'u': 'x', 'keys': [1, 2]}] | subelements('keys') | map('last') | list }}", [1, 2]),
    ("{{ '10.0.0.5/24' | ipaddr('network') }}", "10.0.0.0"),
    ("{{ ['10.0.0.5', 'x', '::1'] | ipv4 }}", ["10.0.0.5"]),
    ("{{ '10.0.0.0/16' | ipsubnet(24, 1) }}", "10.0.1.0/24"),
    ("{{ '1.10.0' is version('1.9', '>') }}", True),
    ("{{ '1.0-rc1' is version('1.0', '>') }}", True),
    ("{{ {'failed': true} is failed }}", True),
    ("{{ {'failed': false} is succeeded }}", True),
    ("{{ 'abc' is match('a') and 'abc' is search('c') }}", True),
    ("{{ 'b' in things and things is contains('a') }}", True),
    ("{{ [1] is subset([1, 2]) }}", True),
    ("{{ 1536 | human_readable }} {{ 12 | human_readable }}", "1.50 KB 12.00 Bytes"),
    ("{{ '1.5G' | human_to_bytes }} {{ '10 MB' | human_to_bytes }} {{ 3 | human_to_bytes }}", "1610612736 10485760 3"),
    ("{{ 'lake' | to_uuid | length }}", 36),
    ("{{ 'http://u@h:81/p?q=1' | urlsplit('port') }}", 81),
    ("{{ '--- 1\n--- 2' | from_yaml_all }}", [1, 2]),
    ("{{ [1] | zip_longest([2, 3]) }}", [[1, 2], [None, 3]]),
    ("{{ [1, 2, 3] | combinations(2) | length }} {{ [1, 2] | permutations | length }}", "3 2"),
    ("{{ '/a/../b' | realpath }} {{ '/a/b' | relpath('/a') }}", "/b b"),
]


@pytest.mark.parametrize(("text", "value"), RENDERED, ids=lambda value: str(value)[:60])
def test_a_template_gives_its_value(text: Any, value: Any) -> None:
    assert render(text) == value


SECRET: list[tuple[str, Any]] = [
    ("{{ password }}", "hunter2"),
    ("x{{ password }}", "xhunter2"),
    ("{{ password | b64encode }}", "aHVudGVyMg=="),
    ("{{ s3.key }}", "topsecret"),
    ("{{ [password, 1] }}", ["hunter2", 1]),
    ("{{ s3 | to_json }}", '{"endpoint": "http://s3", "key": "topsecret"}'),
    ("{{ s3 }}", {"endpoint": "http://s3", "key": "topsecret"}),
]


@pytest.mark.parametrize(("text", "value"), SECRET)
def test_what_is_made_with_a_secret_is_one(text: str, value: Any) -> None:
    found = render(text)

    assert reveal_all(found) == value
    assert "hunter2" not in repr(found)
    assert "topsecret" not in repr(found)


WRONG: list[tuple[str, str, str]] = [
    ("v: 'hello {{ nmae }}'", 'x.yaml:1:14: "nmae" is not defined', 'Did you mean "name"?'),
    ("v: |\n  line\n  {{ nested.zz }}", 'x.yaml:3:13: there is no "zz" in it', 'Did you mean "z"?'),
    ("v: {w: ['{{ nested.x.y }}', '{{ prot }}']}", 'x.yaml:1:33: "prot" is not defined', 'Did you mean "port"?'),
    ("v: \"{{ [{}] | map(attribute='zz') | list }}\"", 'x.yaml:1:30: there is no "zz" in it', ""),
    ("v: '{{ {\"a\": [nmae]} }}'", 'x.yaml:1:15: "nmae" is not defined', 'Did you mean "name"?'),
    ("v: '{{ name'", "x.yaml:1 v: is not a valid template", ""),
    ("v: '{{ v }}'", 'x.yaml:1 v: "v" refers to itself: v -> v', ""),
    ("v: '{{ a }}'\na: '{{ v }}'", "refers to itself: v -> a -> v", ""),
    ("v: \"{{ ''.__class__ }}\"", "does what a template may not", ""),
    ("v: '{{ 1 / 0 }}'", "cannot be rendered: division by zero", ""),
    ("v: '{{ things | nofilter }}'", "No filter named 'nofilter'", ""),
]


@pytest.mark.parametrize(("text", "what", "fix"), WRONG)
def test_what_is_wrong_is_told_with_its_place(text: str, what: str, fix: str) -> None:
    source = SourceFile(text, label="x.yaml", folder=Path())
    scope = Scope((final(VALUES), written(source.data, Origin(source))))

    with pytest.raises(ConfigError) as caught:
        Templar().render(Raw("{{ v }}", Origin(None, name="here")), scope)

    assert what in str(caught.value)
    assert fix in caught.value.fix


def test_the_offending_line_is_shown_with_a_pointer() -> None:
    source = SourceFile("v: 'hello {{ nmae }}'", label="x.yaml", folder=Path())
    scope = Scope((final(VALUES), written(source.data, Origin(source))))

    with pytest.raises(ConfigError) as caught:
        Templar().render(Raw("{{ v }}", Origin(None, name="here")), scope)

    assert caught.value.detail == ("v: 'hello {{ nmae }}'", "             ^")


def test_an_error_does_not_tell_a_secret() -> None:
    with pytest.raises(ConfigError) as caught:
        render("{{ nested[password] }}")

    assert 'there is no "***" in it' in str(caught.value)


def test_a_template_file_tells_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "x.j2").write_text("one\ntwo {{ prot }}\n")

    with pytest.raises(ConfigError, match='"prot" is not defined') as caught:
        Templar().file(tmp_path / "x.j2", Scope((final(VALUES),)), label="x.j2")

    assert caught.value.where == "x.j2:2:8"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{{ 'x' * 10**9 }}", "may not"),
        ("{{ ('[' * 5000) | from_yaml }}", "nested more than"),
        ("{{ ('- ' * 5000) | from_yaml_all }}", "nested more than"),
        ("{{ ('[' * 50000) | from_json }}", "nested more than"),
    ],
)
def test_foreign_text_that_would_exhaust_memory_or_stack_is_an_error_with_its_place(text: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        render(text)

    assert str(caught.value.where) == "here"


AS_ANSIBLE: list[tuple[str, Any]] = [
    ("a{{ nothing }}b", "ab"),
    ("{{ nothing }}{{ nothing }}", None),
    ("{{ port }}\n", 80),
    ("{{ name }}\n", "lake\n"),
    ("{% set y = [1] %}{{ y }}", [1]),
    ("{{ '1' }}", "1"),
    ("{{ 'a1' | regex_replace('(a)(1)', '\\2\\1') }}", "1a"),
    ("{{ 'a\\nb' }}", "a\\nb"),
    ("{{ nested.keys() }}", ["x", "z"]),
    ("{{ things | reverse }}", ["b", "a", "b"]),
    ("{{ ([1, 2] | map('string'))[0] }}", "1"),
    ("{{ [1, [2]] | ansible.builtin.flatten }}", [1, 2]),
    ("{{ half | default('fallback') }}", "fallback"),
    ("{{ half is defined }}", False),
    ("{{ parts.good }} {{ parts.bad | default('d') }}", "80 d"),
]


@pytest.mark.parametrize(("text", "value"), AS_ANSIBLE)
def test_a_template_gives_what_it_gives_in_ansible(text: str, value: Any) -> None:
    place = Origin(None, name="here")
    lazy = written({"half": "{{ not_there }}", "parts": {"good": "{{ port }}", "bad": "{{ not_there }}"}}, place)

    assert Templar().render(Raw(text, place), Scope((final(VALUES), lazy))) == value


def test_using_a_variable_whose_template_is_undefined_names_the_missing_name() -> None:
    place = Origin(None, name="here")
    lazy = written({"half": "{{ not_there }}"}, Origin(None, name="vars"))

    with pytest.raises(ConfigError, match='vars: "not_there" is not defined'):
        Templar().render(Raw("{{ half }}", place), Scope((lazy,)))


LOOKUPS: list[tuple[str, Any]] = [
    ("{{ query('sequence', 'start=1 end=5 stride=2 format=n%02d') }}", ["n01", "n03", "n05"]),
    ("{{ query('together', [1, 2], ['a']) }}", [[1, "a"], [2, None]]),
    ("{{ query('nested', [1, 2], ['a']) }}", [[1, "a"], [2, "a"]]),
    ("{{ query('subelements', [{'n': 1, 'l': [2]}], 'l') }}", [[{"n": 1}, 2]]),
    ("{{ lookup('vars', 'port') }}", 80),
    ("{{ lookup('pipe', 'echo hi') }}", "hi"),
    ("{{ lookup('first_found', ['/nowhere', '/etc/passwd']) }}", "/etc/passwd"),
    ("{{ lookup('template', 'page.j2') }}", "80 and part\n"),
    ("{{ lookup('password', 'pw length=6') == lookup('password', 'pw') }}", True),
]


@pytest.mark.parametrize(("text", "value"), LOOKUPS)
def test_a_lookup_finds_what_it_finds_in_ansible(text: str, value: Any, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.j2").write_text("{{ port }} and {% include 'part.j2' %}\n")
    (tmp_path / "templates" / "part.j2").write_text("part")
    templar = Templar(functions=lookup_functions(tmp_path))

    assert templar.render(Raw(text, Origin(None, name="here")), Scope((final(VALUES),))) == value


def test_the_command_of_a_lookup_does_not_get_the_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHLO_SECRETS_PASSPHRASE", "open sesame")
    templar = Templar(functions=lookup_functions(tmp_path))
    text = "{{ lookup('pipe', 'echo \"[$PHLO_SECRETS_PASSPHRASE]\"') }}"

    assert templar.render(Raw(text, Origin(None, name="here")), Scope(())) == "[]"


def test_output_of_a_lookup_that_is_too_long_is_an_error_and_never_cut(tmp_path: Path) -> None:
    templar = Templar(functions=lookup_functions(tmp_path))
    text = "{{ lookup('pipe', 'head -c 9000000 /dev/zero') | length }}"

    with pytest.raises(PhloError, match="printed more than 8,388,608 bytes"):
        templar.render(Raw(text, Origin(None, name="here")), Scope(()))
