"""Walking through raw values: where each stands, and the errors and warnings found on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from phlo.bounded import read_configuration
from phlo.errors import ConfigError, PhloError, did_you_mean
from phlo.values import Secret
from phlo.yaml_source import Keys

T = TypeVar("T")
ReadFile = Callable[[Path], bytes]


class Items(tuple[Any, ...]):
    """The items of a list attribute, which remember their places. places: as many as there are items."""

    places: tuple[Any, ...]

    @classmethod
    def of(cls, pairs: Iterable[tuple[Any, Any]]) -> Items:
        pairs = tuple(pairs)
        found = cls(item for item, _ in pairs)
        found.places = tuple(place for _, place in pairs)
        return found

    @property
    def pairs(self) -> tuple[tuple[Any, Any], ...]:
        return tuple(zip(self, self.places, strict=True))


class GatheredError(Exception):
    """Something inside could not be read, and the errors that say so are in `At.errors` already."""


class At:
    """A place in a service's definition: names itself in errors, and gathers what goes wrong below it.

    root:    the folder that relative paths start at.
    is_compose: whether the place is in a Compose file, where every form means exactly what it means to Compose.
    written: gives the value at keys before interpolation.
    errors, warnings: shared by all places of one service.
    read:    reads a file that an attribute names.
    listed:  entries that a list names -> their keys in the file: ("environment", "A") -> ("environment", 0).
    """

    __slots__ = ("_where", "_written", "errors", "is_compose", "keys", "listed", "read", "root", "warnings")

    def __init__(
        self,
        where: Callable[..., str],
        root: Path,
        *,
        is_compose: bool = False,
        written: Callable[..., Any] = lambda *keys: None,
        read: ReadFile = read_configuration,
    ) -> None:
        self._where = where
        self._written = written
        self.root = root
        self.is_compose = is_compose
        self.read = read
        self.keys: Keys = ()
        self.errors: list[PhloError] = []
        self.warnings: list[str] = []
        self.listed: dict[Keys, Keys] = {}

    def __getitem__(self, key: str | int) -> At:
        child = At(self._where, self.root, is_compose=self.is_compose, written=self._written, read=self.read)
        child.keys = (*self.keys, key)
        child.errors = self.errors
        child.warnings = self.warnings
        child.listed = self.listed
        return child

    def sharing(self, other: At) -> At:
        """The same place, whose errors and warnings go to those of `other`."""
        self.errors, self.warnings = other.errors, other.warnings
        return self

    def names(self, name: str, index: int) -> At:
        """The entry `name` of the mapping here, which the file has as the item `index` of a list."""
        self.listed[(*self.keys, name)] = (*self.keys, index)
        return self[index]

    def __str__(self) -> str:
        return self._where(*self.keys)

    @property
    def written(self) -> Any:
        """The value here before interpolation; None when it is not known."""
        return self._written(*self.keys)

    def error(self, what: str, fix: str = "") -> ConfigError:
        """An error about this place, to raise."""
        return ConfigError(what, where=self, fix=fix)

    def expected(self, what: str, got: object, fix: str = "") -> ConfigError:
        """`should be WHAT, got VALUE`, to raise."""
        return self.error(f"should be {what}, got {format_value(got)}", fix)

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


def format_value(value: object) -> str:
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


def each(value: Any, at: At, parse: Callable[[Any, At], T]) -> Items:
    """A list whose items `parse` reads; a single text or number is a list of one."""
    return spread(value, at, lambda item, here: (parse(item, here),))


def spread(value: Any, at: At, parse: Callable[[Any, At], Iterable[Any]]) -> Items:
    """As `each`, of entries that are several items (a range of ports)."""
    if isinstance(value, Mapping):
        raise at.expected("a list", value)
    if not isinstance(value, (list, tuple)):
        return Items.of((found, at.keys) for found in parse(value, at))
    before = len(at.errors)
    pairs = [
        (found, at[index].keys) for index, item in enumerate(value) for found in at[index].attempt(parse, item) or ()
    ]
    if len(at.errors) > before:
        raise GatheredError
    return Items.of(pairs)


def list_of(parse: Callable[[Any, At], T]) -> Callable[[Any, At], Items]:
    """The parser of a list whose items `parse` reads."""
    return lambda value, at: each(value, at, parse)


def once(items: Iterable[T], at: At) -> tuple[T, ...]:
    """Each item once, in the order given."""
    return tuple(dict.fromkeys(items))


def sorted_once(items: Iterable[str], at: At) -> tuple[str, ...]:
    """Each item once, in alphabetical order."""
    return tuple(sorted(dict.fromkeys(items)))
