"""The items of a loop, and the variables of each turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from phlo.errors import ConfigError
from phlo.playbook.model import Task
from phlo.playbook.scope import Layer, Scope, final
from phlo.playbook.source import Raw
from phlo.playbook.templating import Templar
from phlo.values import Secret

_TERMS = "__phlo_terms__"


def loop_items(task: Task, templar: Templar, scope: Scope) -> list[Any]:
    """The items of a task's loop; for `with_NAME` the results of lookup NAME. Raises ConfigError unless a list."""
    assert task.loop is not None
    value = templar.render(task.loop, scope)
    if isinstance(value, Secret):
        value = value.reveal()
    origin = task.loop.origin
    key = str(origin.keys[-1]) if origin.keys else "loop"
    if key.startswith("with_"):
        terms = value if isinstance(value, list) else [value]
        call = Raw(f"query('{key.removeprefix('with_')}', *{_TERMS})", origin)
        found: list[Any] = templar.expression(call, scope.plus(final({_TERMS: terms})))
        return found
    if isinstance(value, (list, tuple, range)):
        return list(value)
    fix = "Loop over {{ ... | dict2items }}." if isinstance(value, Mapping) else "Write a list."
    raise ConfigError(f"a loop needs a list, got {type(value).__name__}", where=origin.where(), fix=fix)


def item_layer(task: Task, items: Sequence[Any], index: int) -> Layer:
    """The variables of one turn of a loop."""
    control = task.loop_control
    names: dict[str, Any] = {control.loop_var: items[index], "ansible_loop_var": control.loop_var}
    if control.index_var:
        names |= {control.index_var: index, "ansible_index_var": control.index_var}
    if control.is_extended:
        names["ansible_loop"] = _extended(items, index, has_all_items=control.has_all_items)
    return final(names)


def _extended(items: Sequence[Any], index: int, *, has_all_items: bool) -> dict[str, Any]:
    """`ansible_loop`. Source: Ansible's documentation, "Extended loop variables"."""
    found = {
        **({"allitems": list(items)} if has_all_items else {}),
        "index": index + 1,
        "index0": index,
        "first": index == 0,
        "last": index == len(items) - 1,
        "length": len(items),
        "revindex": len(items) - index,
        "revindex0": len(items) - index - 1,
    }
    if index:
        found["previtem"] = items[index - 1]
    if index + 1 < len(items):
        found["nextitem"] = items[index + 1]
    return found
