"""`module_defaults`: arguments that the tasks of an operation have when they do not write them themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import did_you_mean
from phlo.playbook.aliases import renamed
from phlo.playbook.free_form import COMMANDS, arguments_of
from phlo.playbook.keywords import OWN_OPERATIONS, without_prefix
from phlo.playbook.modules import module_instead
from phlo.playbook.reading import Reader
from phlo.playbook.source import Origin, Raw

_GROUP = "group/"


def module_defaults_of(reader: Reader, mapping: Mapping[str, Any], origin: Origin) -> dict[str, Raw]:
    """What a play, block or task says: the arguments by the name of their operation."""
    found: dict[str, Raw] = {}
    for raw in reader.raws(mapping, "module_defaults", origin):
        for name, given in reader.mapping(raw.value, raw.origin, "module_defaults").items():
            place = raw.origin / name
            if str(name).startswith(_GROUP):
                reader.note(place, f'there is no group of operations "{name}"', "Write the names of the operations.")
                continue
            operation = without_prefix(str(name))
            if reader.operations and operation not in (*reader.operations, *COMMANDS, *OWN_OPERATIONS):
                fix = module_instead(operation) or did_you_mean(operation, reader.operations)
                reader.note(place, f'there is no operation "{name}"', fix)
            values = reader.mapping(given, place, f"module_defaults of {name}")
            found[operation] = Raw(renamed(operation, arguments_of(operation, values)), place)
    return found


def with_defaults(given: Any, defaults: Raw | None) -> Any:
    """The arguments of a task with those that it does not give; `__main__` is what it gives without a name."""
    if defaults is None or not defaults.value:
        return given
    if given is None or isinstance(given, Mapping):
        return {**defaults.value, **(given or {})}
    return {**defaults.value, "__main__": given}
