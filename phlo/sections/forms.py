"""What the annotations of a section's fields say besides the type: how a value may be written, and what it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from phlo.compose.reading import format_value
from phlo.frozen import dataclass

Wrong = tuple[str, str]  # what is wrong, and how to fix it


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A check of a value as it is written, and what it becomes. check: None when the value is right."""

    check: Callable[[Any], Wrong | None]
    convert: Callable[[Any], Any] = lambda value: value


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """Turns the ways to write a value into one, before it is checked. also: the type of another way, for editors."""

    before: Callable[[Any], Any]
    also: Any = None


def form_of(words: str, fix: str, accepts: Callable[[Any], bool], convert: Callable[[Any], Any] | None = None) -> Form:
    """A form whose error says what the value should be."""

    def check(value: Any) -> Wrong | None:
        return None if accepts(value) else (f"should be {words}, got {format_value(value)}", fix)

    return Form(check=check, convert=convert or (lambda value: value))


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_text(value: Any) -> bool:
    """Whether a value is taken as text: a number is taken as it is written, which suits versions and tags."""
    return isinstance(value, str) or is_number(value)


def scalar_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pairs(value: Any) -> Any:
    """`NAME=value` entries of a list as a mapping; a name without a value has None."""
    if not isinstance(value, list) or not all(is_text(item) for item in value):
        return value
    pairs = [str(item).partition("=") for item in value]
    return {name: text if equals else None for name, equals, text in pairs}


def _named(value: Any) -> Any:
    """Bare names as a mapping."""
    if isinstance(value, str):
        return {value: {}}
    if isinstance(value, list) and all(is_text(item) for item in value):
        return {str(item): {} for item in value}
    return value


_ONE_LINE = "Write it in one line, in quotes."
TEXT = form_of("text", _ONE_LINE, is_text, str)
SCALAR = form_of(
    "text, a number or a boolean", _ONE_LINE, lambda value: not isinstance(value, (Mapping, list)), scalar_text
)
SWITCH = form_of("true or false", "Write true or false, without quotes.", lambda value: isinstance(value, bool))
SECONDS = form_of("a number of seconds", "", lambda value: is_number(value) and value >= 0, float)

ONE_OR_MANY = Rewrite(before=lambda value: [value] if isinstance(value, str) else value, also=str)
PAIRS_AS_MAPPING = Rewrite(before=_pairs, also=list[str])
NAMES_AS_MAPPING = Rewrite(before=_named, also=list[str])
NOTHING_AS_MAPPING = Rewrite(before=lambda value: {} if value is None else value)
