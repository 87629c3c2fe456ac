"""Variables in texts, as Docker Compose writes them.

    $NAME  ${NAME}                 the value, or nothing when it is not set
    ${NAME:-text}  ${NAME-text}    text when NAME is empty or not set / not set
    ${NAME:?text}  ${NAME?text}    an error with text when NAME is empty or not set / not set
    ${NAME:+text}  ${NAME+text}    text when NAME is set and not empty / set, else nothing
    $$                             a dollar sign, and so is one that no name or brace follows

`text` may itself hold all of these. Source: Compose specification, "Interpolation".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from phlo.errors import ConfigError
from phlo.frozen import dataclass
from phlo.values import Text, join

if TYPE_CHECKING:
    from phlo.yaml_source import Keys

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATORS = (":-", ":?", ":+", "-", "?", "+")

Lookup = Callable[[str], Text | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One `${NAME...}`. operator: empty for a plain one; text: what follows the operator, parsed."""

    name: str
    operator: str = ""
    text: tuple[str | Reference, ...] = ()


def interpolate(
    text: str, lookup: Lookup, *, where: object = "", unset: Callable[[str, str], None] | None = None
) -> Text:
    """Replace the variables of `text`; a Secret among them makes the whole a Secret.

    lookup: gives a variable's text, None when it is not set.
    where:  for errors; a callable is called for it only then.
    unset:  told the name (and `where`) of a variable that is not set and has no default.
    Raises ConfigError for what is not valid and for a `${NAME:?message}` that has no value.
    """
    if "$" not in text:
        return text
    return join(_texts(parse(text, where=where), lookup, _Place(where), unset))


def interpolate_all(
    value: Any,
    lookup: Lookup,
    *,
    where: Callable[..., str],
    unset: Callable[[str, str], None] | None = None,
    keys: Keys = (),
) -> Any:
    """A copy of nested `value` with the variables of every text in it replaced; keys of mappings stay as they are."""
    if isinstance(value, Mapping):
        return {
            key: interpolate_all(item, lookup, where=where, unset=unset, keys=(*keys, str(key)))
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [
            interpolate_all(item, lookup, where=where, unset=unset, keys=(*keys, index))
            for index, item in enumerate(value)
        ]
    if isinstance(value, str) and "$" in value:
        return interpolate(value, lookup, where=lambda: where(*keys), unset=unset)
    return value


def names_in(text: str) -> frozenset[str]:
    """The variables that `text` mentions, those in defaults included."""
    return frozenset(_names(parse(text)))


def parse(text: str, *, where: object = "") -> tuple[str | Reference, ...]:
    """Split a text into plain parts and references."""
    parts: list[str | Reference] = []
    start = 0
    while (dollar := text.find("$", start)) >= 0:
        parts.append(text[start:dollar])
        following = text[dollar + 1 : dollar + 2]
        if following == "$":
            parts.append("$")
            start = dollar + 2
        elif following == "{":
            end = _closing_brace(text, dollar + 1, where)
            parts.append(_reference(text[dollar + 2 : end], dollar, where))
            start = end + 1
        elif name := _NAME.match(text, dollar + 1):
            parts.append(Reference(name=name.group()))
            start = name.end()
        else:
            parts.append("$")
            start = dollar + 1
    parts.append(text[start:])
    return tuple(part for part in parts if part != "")


def _closing_brace(text: str, opening: int, where: object) -> int:
    depth = 0
    for index in range(opening, len(text)):
        if text[index] == "{":
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    raise _invalid('"${" has no closing "}"', opening - 1, where)


def _reference(inside: str, dollar: int, where: object) -> Reference:
    name = _NAME.match(inside)
    if not name:
        raise _invalid('"${" is not followed by a variable\'s name', dollar, where)
    rest = inside[name.end() :]
    if not rest:
        return Reference(name=name.group())
    for operator in _OPERATORS:
        if rest.startswith(operator):
            return Reference(name=name.group(), operator=operator, text=parse(rest[len(operator) :], where=where))
    known = " ".join((*_OPERATORS, "}"))
    raise _invalid(f'"${{{name.group()}" is followed by "{rest[0]}", not by one of {known}', dollar, where)


def _invalid(what: str, dollar: int, where: object) -> ConfigError:
    fix = "Write $$ for a dollar sign, ${NAME} or ${NAME:-default} for a variable."
    return ConfigError(f"{what} (character {dollar + 1})", where=_Place(where), fix=fix)


def _texts(
    parts: tuple[str | Reference, ...], lookup: Lookup, place: _Place, unset: Callable[[str, str], None] | None
) -> list[Text]:
    return [part if isinstance(part, str) else _value(part, lookup, place, unset) for part in parts]


def _value(part: Reference, lookup: Lookup, place: _Place, unset: Callable[[str, str], None] | None) -> Text:
    value = lookup(part.name)
    counts = value is not None and (bool(value) or not part.operator.startswith(":"))
    kind = part.operator[-1:]
    if kind == "+":
        return join(_texts(part.text, lookup, place, unset)) if counts else ""
    if counts and value is not None:
        return value
    if kind == "-":
        return join(_texts(part.text, lookup, place, unset))
    if kind == "?":
        message = str(join(_texts(part.text, lookup, place, unset)))
        what = f"{part.name} must be set" + (f": {message}" if message else "")
        error = ConfigError(what, where=place, fix=f"Set {part.name} in .phlo/.env or with -e {part.name}=VALUE.")
        error.variable = part.name
        raise error
    if unset is not None:
        unset(part.name, str(place))
    return ""


def _names(parts: tuple[str | Reference, ...]) -> list[str]:
    found: list[str] = []
    for part in parts:
        if isinstance(part, Reference):
            found += [part.name, *_names(part.text)]
    return found


class _Place:
    """An error position that is worked out only when it is shown."""

    __slots__ = ("where",)

    def __init__(self, where: object) -> None:
        self.where = where

    def __str__(self) -> str:
        where = self.where
        if isinstance(where, _Place):
            return str(where)
        return str(where() if callable(where) else where)
