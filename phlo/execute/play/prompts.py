"""Asking for the variables of `vars_prompt`."""

from __future__ import annotations

from collections.abc import Callable, Collection

from phlo.errors import ConfigError
from phlo.playbook.model import Play, Prompt
from phlo.playbook.scope import Layer, Variable
from phlo.values import Secret

Ask = Callable[[str], str]


def prompted(play: Play, given: Collection[str], ask: Ask | None, ask_hidden: Ask | None) -> Layer:
    """The variables that a play asks for, without those that are `given` on the command line.

    ask: asks the user, who sees the answer; ask_hidden: without showing it; None: nobody is there.
    Raises ConfigError when there is neither an answer nor a default.
    """
    found = {}
    for prompt in play.prompts:
        if prompt.name not in given:
            found[prompt.name] = _variable(prompt, ask_hidden if prompt.is_private else ask)
    return found


def _variable(prompt: Prompt, ask: Ask | None) -> Variable:
    answer = "" if ask is None else _answer(prompt, ask)
    if answer:
        return Variable(Secret(answer) if prompt.is_private else answer)
    if prompt.default is not None:
        return Variable(str(prompt.default.value), prompt.default.origin)
    if ask is not None:
        return Variable(answer)
    fix = f"Give it with -e {prompt.name}=VALUE, or write a default."
    raise ConfigError(f'nobody is there to ask for "{prompt.name}"', where=prompt.origin.where(), fix=fix)


def _answer(prompt: Prompt, ask: Ask) -> str:
    """The answer; with `confirm` the one that was given twice alike."""
    hint = f" [{prompt.default.value}]" if prompt.default is not None and not prompt.is_private else ""
    while True:
        answer = ask(f"{prompt.question}{hint}: ")
        if not prompt.confirm or ask(f"{prompt.question} again: ") == answer:
            return answer
