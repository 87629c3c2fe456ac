"""Reading values of task files: each is checked as it is taken, and what is wrong is collected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from phlo.errors import ConfigError, PhloError, did_you_mean, first_of
from phlo.playbook.keywords import INSTEAD
from phlo.playbook.source import Origin, Raw


class Reader:
    """Takes values out of mappings of a task file; what is wrong becomes an error that is raised in the end.

    operations: those that tasks may name; empty where none is named.
    """

    def __init__(self) -> None:
        self.problems: list[PhloError] = []
        self.operations: frozenset[str] = frozenset()

    def note(self, origin: Origin, what: str, fix: str = "") -> None:
        self.problems.append(ConfigError(what, where=origin.where(), fix=fix))

    def finish(self) -> None:
        """Raise everything that was wrong."""
        if self.problems:
            raise first_of(self.problems)

    def mapping(self, value: Any, origin: Origin, what: str) -> Mapping[str, Any]:
        if isinstance(value, Mapping):
            return value
        self.note(origin, f"{what} should be a mapping, got {_kind(value)}", 'Write "name: value" lines below it.')
        return {}

    def items(self, value: Any, origin: Origin, what: str) -> list[tuple[Any, Origin]]:
        """The entries of a list with their places; nothing is an empty list."""
        if value is None:
            return []
        if isinstance(value, list):
            return [(item, origin / index) for index, item in enumerate(value)]
        self.note(origin, f"{what} should be a list, got {_kind(value)}", 'Put "- " before each entry.')
        return []

    def known_keys(
        self, mapping: Mapping[str, Any], known: Iterable[str], origin: Origin, what: str, kind: str = "a keyword"
    ) -> None:
        names = frozenset(known)
        for key in mapping:
            if key not in names:
                fix = INSTEAD.get(str(key)) or did_you_mean(str(key), names)
                self.note(origin / key, f'"{key}" is not {kind} of {what}', fix)

    def text(self, mapping: Mapping[str, Any], key: str, origin: Origin) -> str | None:
        """A text, or None when it is not given."""
        value = mapping.get(key)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        self.note(origin / key, f"{key} should be a text, got {_kind(value)}", "Write it in one line, in quotes.")
        return None

    def texts(self, mapping: Mapping[str, Any], key: str, origin: Origin) -> tuple[str, ...]:
        """A list of texts; one text alone is a list of those its commas separate."""
        value = mapping.get(key)
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return tuple(
            str(item) if isinstance(item, (str, int, float)) else self._no_text(item, place, key)
            for item, place in self.items(value, origin / key, key)
        )

    def _no_text(self, item: Any, origin: Origin, key: str) -> str:
        self.note(origin, f"an entry of {key} should be a text, got {_kind(item)}")
        return ""

    def raw(self, mapping: Mapping[str, Any], key: str, origin: Origin) -> Raw | None:
        """A value as it is, None when it is not given."""
        return Raw(mapping[key], origin / key) if mapping.get(key) is not None else None

    def raws(self, mapping: Mapping[str, Any], key: str, origin: Origin) -> tuple[Raw, ...]:
        """A list of values, or one alone."""
        value = mapping.get(key)
        if value is None:
            return ()
        if isinstance(value, list):
            return tuple(Raw(item, origin / key / index) for index, item in enumerate(value))
        return (Raw(value, origin / key),)

    def conditions(self, mapping: Mapping[str, Any], key: str, origin: Origin) -> tuple[Raw, ...]:
        """Expressions without braces, or booleans."""
        found = self.raws(mapping, key, origin)
        for raw in found:
            if isinstance(raw.value, str) and raw.value.strip().startswith("{{"):
                fix = f"Write {key}: {raw.value.strip().strip('{}').strip()}"
                self.note(raw.origin, f"{key} is an expression already and takes no {{{{ }}}}", fix)
            elif not isinstance(raw.value, (str, bool)):
                self.note(raw.origin, f"{key} should be an expression, got {_kind(raw.value)}")
        return found


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f'"{value}"' if isinstance(value, str) else repr(value)
