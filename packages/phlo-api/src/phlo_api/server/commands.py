"""Command lines of phlo for runs that need a process of their own.

Only what this module lists can become an option. Text that comes from a request stands behind `--`, where phlo reads
no options, or is the value of an action's argument in the form `--NAME=VALUE`, where NAME is the role's.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from phlo_api.server.problems import Refusal
from phlo_api.server.service_models import ServiceAction

Command = Literal["up", "restart", "stop", "rollback"]
_EVENTS = ("--output", "json")


def command_line(command: Command, names: Sequence[str], *, project: Sequence[str]) -> list[str]:
    """A core command on services or runs. project: the options that say which project is meant."""
    return [*_phlo(command), *_EVENTS, *project, "--", *_texts(names)]


def planned_line(file: Path, *, project: Sequence[str]) -> list[str]:
    """`up` of a saved plan. file: one that this API has written."""
    return [*_phlo("up"), f"--plan={file}", *_EVENTS, *project]


def action_line(
    service: str, action: ServiceAction, given: Mapping[str, object], *, project: Sequence[str]
) -> list[str]:
    """An action of a role with its arguments. Raises a Refusal for arguments that the action does not take."""
    options, positional = _arguments(action, given)
    return [*_phlo("run"), *project, f"{service}.{action.name}", *options, *_EVENTS, "--", *positional]


def has_control_characters(text: str) -> bool:
    """Whether a text has characters that have no place in a name, a path or one line of a log."""
    return any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or 0xD800 <= ord(char) < 0xE000 for char in text)


def _phlo(command: str) -> tuple[str, ...]:
    return sys.executable, "-m", "phlo", command


def _texts(values: Sequence[object]) -> list[str]:
    texts = [str(value) for value in values]
    for text in texts:
        if has_control_characters(text):
            raise Refusal(422, "a value has control characters", fix="Send plain text without them.")
    return texts


def _arguments(action: ServiceAction, given: Mapping[str, object]) -> tuple[list[str], list[str]]:
    """The options, and the texts for behind `--`, that mean these arguments."""
    known = {one.name: one for one in action.arguments}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise Refusal(422, f"there is no argument {unknown[0]!r}", fix=f"Known: {', '.join(known) or 'none'}.")
    options: list[str] = []
    positional: list[str] = []
    for name, one in known.items():
        if name not in given:
            continue
        value = given[name]
        if one.type == "flag":
            options += [f"--{name}"] if value is True else []
        elif one.type == "path":
            raise Refusal(
                422,
                f'"{name}" is a path of the machine that phlo runs on, which this API neither reads nor writes',
                fix=f"Run `phlo run ...{action.name} --{name} PATH` there.",
            )
        elif one.positional:
            positional += _texts([value])
        else:
            options.append(f"--{name}={_texts([value])[0]}")
    return options, positional
