"""`vars_prompt`: variables that the user is asked for before a play."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from phlo.errors import ConfigError
from tests.unit.playbook.conftest import RunPlay

SHOWN = '{name: t, debug: {msg: "{{ z }} {{ z | type_debug }}"}}'


def site(prompt: str) -> str:
    return f"- hosts: all\n  vars: {{z: of vars}}\n  vars_prompt: [{prompt}]\n  tasks: [{SHOWN}]\n"


def answers(*given: str) -> tuple[Callable[[str], str], list[str]]:
    left, asked = list(given), list[str]()

    def ask(question: str) -> str:
        asked.append(question)
        return left.pop(0)

    return ask, asked


def test_an_answer_is_a_variable_of_the_play_and_no_template(play: RunPlay) -> None:
    ask, asked = answers("{{ 1 }}")
    ran = play(site("{name: z, prompt: Which, default: d, private: false}"), ask=ask)
    assert ran.said("t") == "{{ 1 }} str"
    assert asked == ["Which [d]: "]


def test_a_private_answer_is_not_shown_anywhere(play: RunPlay) -> None:
    ask, asked = answers("hunter22")
    ran = play(site("{name: z}"), ask_hidden=ask)
    assert asked == ["z: "]
    assert "hunter22" not in repr(ran.events)
    assert ran.said("t") == "***"


def test_confirm_asks_until_two_answers_are_alike(play: RunPlay) -> None:
    ask, asked = answers("one", "two", "same", "same")
    ran = play(site("{name: z, private: false, confirm: true}"), ask=ask)
    assert ran.said("t") == "same str"
    assert asked == ["z: ", "z again: "] * 2


def test_one_prompt_needs_no_list(play: RunPlay) -> None:
    text = site("").replace("vars_prompt: []", "vars_prompt: {name: z, default: d}")
    assert play(text).said("t") == "d str"


@pytest.mark.parametrize(("default", "said"), [("d", "d str"), ("5", "5 str"), ("'{{ 1 + 1 }}'", "2 int")])
def test_nobody_there_and_no_answer_leave_the_default(default: str, said: str, play: RunPlay) -> None:
    ask, _ = answers("")
    text = site(f"{{name: z, default: {default}, private: false}}")
    assert play(text).said("t") == said
    assert play(text, ask=ask).said("t") == said


def test_without_a_default_somebody_has_to_be_there(play: RunPlay) -> None:
    with pytest.raises(ConfigError, match=r'site\.yaml:3 .*nobody is there to ask for "z"'):
        play(site("{name: z}"))


def test_a_variable_of_the_command_line_is_not_asked_for(play: RunPlay) -> None:
    assert play(site("{name: z}"), extra={"z": "given"}).said("t") == "given str"


@pytest.mark.parametrize(
    ("prompt", "what"),
    [
        ("{name: z, encrypt: sha512_crypt}", "encrypt of vars_prompt is not supported"),
        ("{name: z, nosuch: 1}", '"nosuch" is not a keyword of vars_prompt'),
        ("{prompt: x}", "is not a variable's name"),
    ],
)
def test_wrong_prompts_are_refused(prompt: str, what: str, play: RunPlay) -> None:
    with pytest.raises(ConfigError, match=what):
        play(site(prompt))
