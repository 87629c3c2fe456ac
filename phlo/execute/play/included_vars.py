"""The variables of `include_vars`: templates in them are rendered when they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.playbook.scope import Layer, Scope, Variable
from phlo.playbook.source import Origin, Raw
from phlo.playbook.templating import Templar, UndefinedNameError


def with_included(facts: Mapping[str, Any], templar: Templar, scope: Scope) -> tuple[dict[str, Any], Layer]:
    """What `register` keeps of an operation's facts, and the variables of files that it read."""
    data = dict(facts)
    layer: Layer = data.pop("included_variables", {})
    name = data.pop("included_name", "")
    if "included_variables" not in facts:
        return data, {}
    if name:
        place = Origin(None, name=", ".join(facts["ansible_included_var_files"]))
        layer = {name: Variable({key: one.value for key, one in layer.items()}, place)}
    inner = scope.plus(layer)
    return {**data, "ansible_facts": {key: _rendered(one, templar, inner) for key, one in layer.items()}}, layer


def _rendered(variable: Variable, templar: Templar, scope: Scope) -> Any:
    """The value; as it is written where it uses a name that is not there."""
    if variable.origin is None:
        return variable.value
    try:
        return templar.render(Raw(variable.value, variable.origin), scope)
    except UndefinedNameError:
        return variable.value
