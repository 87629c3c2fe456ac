"""Arguments in one line: `name=value` pairs, and commands with pairs among their words.

Source: Ansible's documentation, "Module arguments" and the modules `command` and `shell`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from phlo.config.words import unquoted, words_of
from phlo.vault.ansible_yaml import Unsafe

# Options that may precede a one-line command. The operation reports `executable` and others as unknown.
_OF_COMMANDS = (
    "creates",
    "removes",
    "chdir",
    "executable",
    "stdin",
    "stdin_add_newline",
    "strip_empty_ends",
)
COMMANDS = ("command", "shell")
# Operations of phlo that take a command, in which `a=b` is a word like others.
_WORDS = ("exec", "run", "hook")
_PAIR = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


def arguments_of(operation: str, value: Any) -> Any:
    """What a task writes behind an operation's name, with its pairs as a mapping; of an unsafe text all is unsafe."""
    found = _arguments(operation, value)
    if isinstance(value, Unsafe):
        return Unsafe(found) if isinstance(found, str) else _unsafe_texts(found)
    return found


def _unsafe_texts(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Unsafe(item) if isinstance(item, str) else item for name, item in given.items()}


def _arguments(operation: str, value: Any) -> Any:
    if operation in COMMANDS:
        return _command(operation, value)
    if not isinstance(value, str) or operation in _WORDS:
        return value
    words = [word for _, word in words_of(value)]
    pairs = [pair for word in words if (pair := _PAIR.fullmatch(word))]
    if not words or len(pairs) < len(words):
        return value
    return {pair[1]: unquoted(pair[2]) for pair in pairs}


def first_word(text: str) -> tuple[str, str]:
    """The first word of a line, and the rest of it."""
    first, _, rest = text.strip().partition(" ")
    return first, rest.strip()


def _command(operation: str, value: Any) -> Any:
    if isinstance(value, str):
        command, pairs = split_pairs(value, _OF_COMMANDS)
        given: dict[str, Any] = {**pairs, **({"cmd": command} if command else {})}
    elif isinstance(value, Mapping):
        given = dict(value)
    elif value is None:
        given = {}
    else:
        given = {"argv": value}
    for name in ("cmd", "argv", "_raw_params"):
        if given.get(name) is not None:
            given["command"] = given.pop(name)
    return {**given, "shell": True} if operation == "shell" else given


def split_pairs(text: str, names: Collection[str]) -> tuple[str, dict[str, str]]:
    """The text without its pairs of these names, and those."""
    pairs: dict[str, str] = {}
    spans = []
    for start, word in words_of(text):
        found = _PAIR.fullmatch(word)
        if found and found[1] in names:
            pairs[found[1]] = unquoted(found[2])
            spans.append((start, start + len(word)))
    for start, end in reversed(spans):
        text = text[:start].rstrip(" ") + text[end:]
    return text.strip(), pairs
