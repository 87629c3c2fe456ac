"""Walking through raw values: where each stands, and the errors and warnings found on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from phlo.errors import ConfigError, PhloError, did_you_mean
from phlo.values import Secret

T = TypeVar("T")


class GatheredError(Exception):
    """Something inside could not be read, and the errors that say so are in `At.errors` already."""


class At:
    """A place in a service's definition: names itself in errors, and gathers what goes wrong below it.

    root: the folder that relative paths start at. errors, warnings: shared by all places of one service.
    """

    __slots__ = ("_where", "errors", "keys", "root", "warnings")

    def __init__(self, where: Callable[..., str], root: Path) -> None:
        self._where = where
        self.root = root
        self.keys: tuple[str | int, ...] = ()
        self.errors: list[PhloError] = []
        self.warnings: list[str] = []

    def __getitem__(self, key: str | int) -> At:
        child = At(self._where, self.root)
        child.keys = (*self.keys, key)
        child.errors = self.errors
        child.warnings = self.warnings
        return child

    def __str__(self) -> str:
        return self._where(*self.keys)

    def error(self, what: str, fix: str = "") -> ConfigError:
        """An error about this place, to raise."""
        return ConfigError(what, where=self, fix=fix)

    def expected(self, what: str, got: object, fix: str = "") -> ConfigError:
        """`should be WHAT, got VALUE`, to raise."""
        return self.error(f"should be {what}, got {shown(got)}", fix)

    def warn(self, what: str) -> None:
        self.warnings.append(f"{self}: {what}")

    def attempt(self, parse: Callable[[Any, At], T], value: Any) -> T | None:
        """Parse `value`, which stands here; an error is kept for the end, so that all are found at once."""
        try:
            return parse(value, self)
        except GatheredError:
            pass
        except ConfigError as error:
            self.errors.append(error)
        return None


def shown(value: object) -> str:
    """A value as an error quotes it: masked, and short."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = f'"{value}"' if isinstance(value, (str, Secret)) else str(value)
    return text if len(text) <= 80 else f'{text[:75]}..."'


def mapping(value: Any, at: At) -> dict[str, Any]:
    """A mapping; a key that YAML reads as a number is its text."""
    if not isinstance(value, Mapping):
        raise at.expected("a mapping (name: value)", value)
    return {str(key): item for key, item in value.items()}


def record(
    value: Any, at: At, fields: Mapping[str, Callable[[Any, At], Any]], required: Iterable[str] = ()
) -> dict[str, Any]:
    """A mapping of known keys, each read by its parser. A null is a key not given; `x-` keys are ignored."""
    before = len(at.errors)
    found: dict[str, Any] = {}
    for key, item in mapping(value, at).items():
        if key.startswith("x-") or (item is None and key in fields):
            continue
        if key not in fields:
            at.errors.append(at[key].error(f'"{key}" is not known here', did_you_mean(key, fields)))
            continue
        found[key] = at[key].attempt(fields[key], item)
    for name in required:
        if name not in found:
            at.errors.append(at.error(f'"{name}" is missing'))
    if len(at.errors) > before:
        raise GatheredError
    return found


def each(value: Any, at: At, parse: Callable[[Any, At], T]) -> tuple[T, ...]:
    """A list whose items `parse` reads; a text or number that stands alone is a list of one."""
    if isinstance(value, Mapping):
        raise at.expected("a list", value)
    if not isinstance(value, (list, tuple)):
        return (parse(value, at),)
    before = len(at.errors)
    found = [at[index].attempt(parse, item) for index, item in enumerate(value)]
    if len(at.errors) > before:
        raise GatheredError
    return tuple(item for item in found if item is not None)


def list_of(parse: Callable[[Any, At], T]) -> Callable[[Any, At], tuple[T, ...]]:
    """The parser of a list whose items `parse` reads."""
    return lambda value, at: each(value, at, parse)
