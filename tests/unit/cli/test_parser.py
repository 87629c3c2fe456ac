"""From words to a verb and its options."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.cli.option import Verb
from phlo.cli.parser import checked, find_verb, parse, split
from phlo.cli.verbs import VERBS
from phlo.errors import ConfigError

BY_NAME = {verb.name: verb for verb in VERBS}


@pytest.mark.parametrize(
    ("words", "name", "rest"),
    [
        (["up", "web"], "up", ["web"]),
        (["services", "list", "--all"], "services list", ["--all"]),
        (["status"], "ps", []),
        (["services", "status"], "ps", []),
        (["services", "logs", "-f"], "logs", ["-f"]),
        (["config", "explain", "PORT"], "config explain", ["PORT"]),
    ],
)
def test_words_find_their_verb(words: list[str], name: str, rest: list[str]) -> None:
    verb, left = find_verb(words)
    assert verb is not None
    assert (verb.name, left) == (name, rest)


@pytest.mark.parametrize("words", [["services"], ["services", "--help"], ["config", "-h"]])
def test_a_family_on_its_own_is_no_verb(words: list[str]) -> None:
    assert find_verb(words)[0] is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["upp"], 'phlo: there is no command "upp". Did you mean "up"?'),
        (["services", "lst"], 'phlo: there is no command "services lst". Did you mean "list"?'),
        (["zzzzz"], 'phlo: there is no command "zzzzz". See `phlo --help`.'),
    ],
)
def test_an_unknown_command_names_the_nearest(words: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find_verb(words)
    assert str(caught.value) == message


def test_options_before_the_command_are_kept_apart_from_it() -> None:
    assert split(["-C", "lake", "--project-name=x", "--no-color", "up", "-v"]) == (
        ["--project-dir", "lake", "--project-name=x", "--no-color"],
        ["up", "-v"],
    )


@pytest.mark.parametrize(
    ("verb", "words", "expected"),
    [
        (
            "up",
            [],
            {"services": [], "check": False, "forks": 32, "output": "text", "wait_timeout": 300.0, "verbose": 0},
        ),
        ("up", ["web", "--check", "db"], {"services": ["web", "db"], "check": True}),
        ("up", ["--profile", "a", "--profile", "b"], {"profile": ["a", "b"]}),
        ("up", ["-vv", "-e", "A=1", "-e", "@f.yaml"], {"verbose": 2, "extra": ["A=1", "@f.yaml"]}),
        ("up", ["--wait-timeout", "2.5", "--forks=3"], {"wait_timeout": 2.5, "forks": 3}),
        ("exec", ["-u", "root", "web", "ls", "-l", "--all"], {"service": "web", "command": ["ls", "-l", "--all"]}),
        ("exec", ["web", "--", "ls"], {"service": "web", "command": ["ls"]}),
        ("logs", ["-f", "-n", "20"], {"follow": True, "tail": "20"}),
        ("init", [], {"name": None}),
    ],
)
def test_words_become_options(verb: str, words: list[str], expected: dict[str, Any]) -> None:
    found = vars(parse(BY_NAME[verb], words))
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("verb", "words", "message"),
    [
        ("up", ["--forks", "0"], 'phlo up: --forks: "0" is not a whole number from 1 on. See `phlo up --help`.'),
        ("up", ["--wait-timeout", "nan"], 'phlo up: --wait-timeout: "nan" is not a number of seconds above 0.'),
        ("up", ["--output", "jso"], 'phlo up: --output: there is no "jso". Did you mean "json"?'),
        ("up", ["--frks=3"], 'phlo up: does not know --frks=3. Did you mean "--forks"?'),
        ("up", ["--che"], 'phlo up: does not know --che. Did you mean "--check"?'),
        ("config explain", [], "phlo config explain: needs NAME. See `phlo config explain --help`."),
        ("config explain", ["a", "b"], "phlo config explain: does not know b."),
        ("completion", ["tcsh"], 'phlo completion: SHELL: there is no "tcsh".'),
    ],
)
def test_a_wrong_option_is_told_with_its_fix(verb: str, words: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(BY_NAME[verb], words)
    assert str(caught.value).startswith(message.rstrip("."))


@pytest.mark.parametrize("hostile", ["-o/tmp/file", "--inventory=/tmp/program", "-h", "--"])
@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.arguments()], ids=lambda verb: verb.name)
def test_no_word_behind_the_separator_is_read_as_an_option(verb: Verb, hostile: str) -> None:
    first, *others = verb.arguments()
    if first.choices:
        with pytest.raises(ConfigError, match="there is no"):
            parse(verb, ["--", hostile])
        return
    words = [hostile] * (1 + sum(option.positional in ("one", "some") for option in others))
    found = vars(parse(verb, ["--", *words]))
    given = [found[option.name] for option in verb.arguments() if found[option.name]]
    flat = [word for value in given for word in (value if isinstance(value, list) else [value])]
    assert flat == words
    for option in verb.flagged():
        assert found[option.name] == option.initial(), option.name


def test_a_word_behind_the_separator_is_no_value_of_the_option_before_it() -> None:
    with pytest.raises(ConfigError, match="--out needs a value"):
        parse(BY_NAME["plan"], ["-o", "--", "web"])


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_options_of_others_get_the_same_defaults_as_words_do(verb: Any) -> None:
    required = {option.name: "bash" for option in verb.arguments() if option.positional == "one"}
    several = {option.name: ["bash"] for option in verb.arguments() if option.positional == "some"}
    words = [*required.values(), *(text for texts in several.values() for text in texts)]
    assert vars(checked(verb, {**required, **several})) == vars(parse(verb, words))


def test_options_of_others_are_checked_as_words_are() -> None:
    with pytest.raises(ConfigError, match='--rollback: there is no "stak"'):
        checked(BY_NAME["up"], {"rollback": "stak"})
