"""`vars_prompt`: variables that the user is asked for before a play."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.playbook.model import Prompt
from phlo.playbook.reading import Reader
from phlo.playbook.source import Origin

_KEYS = ("name", "prompt", "default", "private", "confirm", "unsafe")
_INSTEAD: Mapping[str, str] = dict.fromkeys(
    ("encrypt", "salt", "salt_size"), "Ask for the hash, which `openssl passwd -6` makes, or keep it as a secret."
)


def prompts_of(reader: Reader, mapping: Mapping[str, Any], origin: Origin) -> tuple[Prompt, ...]:
    """The prompts of a play, in their order. `unsafe` has no effect: an answer is never a template."""
    found = []
    value = mapping.get("vars_prompt")
    one = [value] if isinstance(value, Mapping) else value
    for item, place in reader.items(one, origin / "vars_prompt", "vars_prompt"):
        given = reader.mapping(item, place, "a prompt")
        reader.known_keys(
            {key: value for key, value in given.items() if key not in _INSTEAD}, _KEYS, place, "vars_prompt"
        )
        for key in given.keys() & _INSTEAD.keys():
            reader.note(place / key, f"{key} of vars_prompt is not supported", _INSTEAD[key])
        name = reader.text(given, "name", place) or ""
        if not name.isidentifier():
            reader.note(place, f'"{name}" is not a variable\'s name', "Write name: NAME.")
        found.append(
            Prompt(
                name=name,
                question=reader.text(given, "prompt", place) or name,
                origin=place,
                default=reader.raw(given, "default", place),
                is_private=given.get("private") is not False,
                confirm=given.get("confirm") is True,
            )
        )
    return tuple(found)
