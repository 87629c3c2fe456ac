"""Facts: what a container is, value by value, under the names that users know.

The same functions read the body of a request and an answer of the engine, so that the two compare fact by fact.
A value that means "nothing asked for" is not a fact at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from phlo.labels import OWN_LABELS


class Fact(NamedTuple):
    """value is compared; text is shown, None for what may be secret or has no value.

    attribute: the row of the table that it belongs to.
    """

    value: Any = True
    text: str | None = None
    attribute: str = ""


Facts = Iterator[tuple[str, Fact]]
# Reads the facts of an attribute. Takes its term, and the values at the paths of its row.
FactReader = Callable[..., Facts]

_SIZES = ((1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))
_DURATIONS = ((3_600_000_000_000, "h"), (60_000_000_000, "m"), (1_000_000_000, "s"), (1_000_000, "ms"))


def duration(nanoseconds: int) -> str:
    """`1m30s`."""
    text = ""
    for unit, name in _DURATIONS:
        count, nanoseconds = divmod(nanoseconds, unit)
        text += f"{count}{name}" if count else ""
    return text + (f"{nanoseconds}ns" if nanoseconds else "") or "0s"


def size(count: int) -> str:
    """`512MB`, in the powers of 1024 that Docker uses; a number that is not whole in any unit is in bytes."""
    unit, name = next(
        ((unit, name) for unit, name in _SIZES if count % (unit // 4 or 1) == 0 and count >= unit), (1, " bytes")
    )
    return f"{count / unit:.12g}{name}"


# -- one value -------------------------------------------------------------------------------------------


def one(normalize: Callable[[Any], Any], show: Callable[[Any], str]) -> FactReader:
    """An attribute with a single value. normalize: the value to compare; None means that nothing was asked for."""

    def facts(term: str, value: Any) -> Facts:
        compared = normalize(value)
        if compared is not None:
            yield term, Fact(compared, show(compared))

    return facts


def positive(value: Any) -> Any:
    """0 and -1 mean no limit."""
    return value if value and value > 0 else None


def unless(*usual: Any, show: Callable[[Any], str] = str) -> FactReader:
    """A value that counts unless it is empty, or what engines use by default."""
    return one(lambda value: None if not value or value in usual else value, show)


TEXT = unless()
FLAG = one(lambda value: True if value else None, lambda value: "true")
COUNT = one(positive, str)
SIZE = one(positive, size)
CPUS = one(positive, lambda nano: f"{nano / 1e9:g}")
LISTED = one(lambda value: tuple(value or ()) or None, ", ".join)
SECONDS = one(lambda value: value, lambda value: f"{value}s")


# -- several values ----------------------------------------------------------------------------------------


def words(term: str, value: Sequence[str] | str | None) -> Facts:
    """A command, which may hold a secret and is not shown."""
    found = [value] if isinstance(value, str) else value or []
    if any(found):
        yield term, Fact(tuple(found))


def members(term: str, values: Sequence[str] | None) -> Facts:
    """A list whose order means nothing: one fact for each item."""
    for item in values or ():
        yield f"{term}.{item}", Fact()


def capabilities(term: str, values: Sequence[str] | None) -> Facts:
    """Capabilities, which the engine writes with the prefix CAP_."""
    return members(term, [item.upper().removeprefix("CAP_") for item in values or ()])


def hidden_pairs(term: str, values: Mapping[str, str] | None) -> Facts:
    """Names with values that may be secret."""
    for name, value in (values or {}).items():
        if name not in OWN_LABELS:
            yield f"{term}.{name}", Fact(value)


def shown_pairs(term: str, values: Mapping[str, str] | None) -> Facts:
    """Names with values that are no secrets."""
    for name, value in (values or {}).items():
        yield f"{term}.{name}", Fact(value, value)


def variables(term: str, values: Sequence[str] | None) -> Facts:
    """`NAME=value`; a name alone removes the image's variable."""
    for entry in values or ():
        name, equals, value = entry.partition("=")
        yield f"{term}.{name}", Fact(value if equals else None)
