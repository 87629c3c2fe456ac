"""Read the values of a YAML mapping and gather everything that is wrong, instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from phlo.errors import PhloError, did_you_mean, first_of
from phlo.yaml_source import Keys


class Fields:
    """Turns raw YAML values into typed ones.

    Every reader takes the raw value and its keys. A value of a wrong type is noted in `errors`, and the reader
    returns an empty value of its type so that reading can go on. None (an empty key) reads as not given.
    """

    def __init__(self, where: Callable[..., str], error: type[PhloError]) -> None:
        self._where = where
        self._error = error
        self.errors: list[PhloError] = []

    def raise_errors(self) -> None:
        """Raise everything noted so far as one error; nothing when there is none."""
        if self.errors:
            raise first_of(self.errors)

    def note(self, keys: Keys, what: str, fix: str = "") -> None:
        """Note that the value at `keys` is wrong."""
        self.errors.append(self._error(what, where=self._where(*keys), fix=fix))

    def wrong_type(self, keys: Keys, wanted: str, value: Any, fix: str = "") -> None:
        """Note that the value at `keys` is not `wanted`."""
        self.note(keys, f"should be {wanted}, got {shown(value)}", fix)

    def known_keys(self, mapping: Mapping[str, Any], known: Iterable[str], keys: Keys = ()) -> None:
        """Note every key of `mapping` that is not known; keys that start with `x-` are the writer's own."""
        names = frozenset(known)
        for key in mapping:
            if key not in names and not key.startswith("x-"):
                self.note((*keys, key), f'"{key}" is not known here', did_you_mean(key, names))

    def mapping(self, value: Any, keys: Keys) -> dict[str, Any]:
        """A mapping with text keys."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong_type(keys, "a mapping", value, 'Write "name: value" lines below it, indented.')
            return {}
        odd = [key for key in value if not isinstance(key, str)]
        for key in odd:
            self.note((*keys, str(key)), f"the key {shown(key)} should be text", "Put it in quotes.")
        return {key: item for key, item in value.items() if isinstance(key, str)}

    def items(self, value: Any, keys: Keys) -> list[Any]:
        """A list of anything."""
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong_type(keys, "a list", value, 'Write "- name" lines, or [name, name].')
            return []
        return value

    def text(self, value: Any, keys: Keys) -> str | None:
        """A text; a number is taken as it is written, which suits versions and tags."""
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        self.wrong_type(keys, "text", value, "Write it in one line, in quotes.")
        return None

    def scalar(self, value: Any, keys: Keys) -> str | None:
        """A text, number, date or boolean as text: what an environment variable can hold."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (Mapping, list)):
            self.wrong_type(keys, "text, a number or a boolean", value, "Write it in one line, in quotes.")
            return None
        return None if value is None else str(value)

    def flag(self, value: Any, keys: Keys) -> bool | None:
        """True or false."""
        if value is None or isinstance(value, bool):
            return value
        self.wrong_type(keys, "true or false", value, "Write true or false, without quotes.")
        return None

    def seconds(self, value: Any, keys: Keys, default: float) -> float:
        """A number of seconds, not negative."""
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            self.wrong_type(keys, "a number of seconds", value)
            return default
        return float(value)

    def texts(self, value: Any, keys: Keys) -> tuple[str, ...]:
        """A list of texts; a single text is a list of one."""
        found = [value] if isinstance(value, str) else self.items(value, keys)
        read = [self.text(item, (*keys, index)) for index, item in enumerate(found)]
        return tuple(item for item in read if item is not None)

    def needed(self, mapping: Mapping[str, Any], key: str, keys: Keys) -> str:
        """The text at `key` of `mapping`, which must be given and not be empty."""
        value = mapping.get(key)
        if value is None or value == "":
            self.note(keys, f'"{key}" is missing', f"Add {key}.")
            return ""
        return self.text(value, (*keys, key)) or ""


def shown(value: Any) -> str:
    """A YAML value as an error names it: short, and in YAML's words."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}..."'
    if isinstance(value, bool):
        return "true" if value else "false"
    return "nothing" if value is None else str(value)
