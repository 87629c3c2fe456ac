"""How many hosts a play takes at a time, and how many of them may fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phlo.errors import ConfigError
from phlo.execute.play.context import PlayContext
from phlo.playbook.filters import as_boolean
from phlo.playbook.model import Play
from phlo.playbook.scope import Scope
from phlo.playbook.source import Raw
from phlo.playbook.templating import Templar


def batches(play: Play, hosts: Sequence[str], templar: Templar, scope: Scope) -> list[list[str]]:
    """The hosts in batches of `serial`: numbers or percentages, the last of which goes on until all are done."""
    if not play.serial:
        return [list(hosts)]
    sizes = [_size(templar.render(raw, scope), len(hosts), raw) for raw in play.serial]
    found, start, turn = [], 0, 0
    while start < len(hosts):
        size = sizes[min(turn, len(sizes) - 1)]
        found.append(list(hosts[start : start + size]))
        start, turn = start + size, turn + 1
    return found


def _size(value: Any, total: int, raw: Raw) -> int:
    text = str(value).strip()
    try:
        size = int(float(text.rstrip("%")) * total / 100) if text.endswith("%") else int(text)
    except ValueError:
        fix = "Write a number such as 2, or a percentage such as 25%."
        raise ConfigError(f'"{text}" is not a size for serial', where=raw.origin.where(), fix=fix) from None
    return max(size, 1) if text.endswith("%") or size > 0 else total


def has_too_many_failures(context: PlayContext) -> bool:
    """Whether more of the batch has failed than `max_fail_percentage` allows."""
    raw = context.play.max_fail_percentage
    if raw is None or not context.batch:
        return False
    states = [context.states[name] for name in context.batch]
    value = context.templar.render(raw, Scope(context.play.variables))
    try:
        allowed = float(str(value).strip().removesuffix("%"))
    except (TypeError, ValueError):
        what = f'max_fail_percentage should be a number, got "{value}"'
        raise ConfigError(what, where=raw.origin.where(), fix="Write a number from 0 to 100.") from None
    bad = sum(state.is_lost or state.is_unreachable for state in states)
    return bad * 100 > allowed * len(states)


def is_true(context: PlayContext, raw: Raw | None) -> bool:
    """Whether a word of the play, which may be a template, says yes."""
    if raw is None or isinstance(raw.value, bool):
        return raw is not None and raw.value is True
    scope = Scope((*context.play.variables, context.run.extra_layer()))
    return as_boolean(context.templar.render(raw, scope))
