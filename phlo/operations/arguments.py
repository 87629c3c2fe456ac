"""The arguments of a task, checked by pydantic and put into the operation's `Args`.

pydantic only checks: values are always made by `phlo.operations.argument_types`. So what was accepted before needs no
pydantic. What is remembered of arguments is whatever decides about them, which of a text is mostly that it is one.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from phlo.errors import ConfigError, first_of
from phlo.operations.argument_types import argument_types, converted, is_list, is_mapping, item_type, members
from phlo.operations.fields import fields_of, is_required
from phlo.sections.accepted import Accepted
from phlo.values import Secret

T = TypeVar("T")

FILE_NAME = "accepted-arguments"
NOTHING_ACCEPTED = Accepted(None)
_FREE_TEXTS = (str, Path, Secret)


def accepted_arguments(cache: Path | None) -> Accepted:
    """The arguments that pydantic has accepted before. cache: the user's cache folder."""
    return Accepted(cache, FILE_NAME)


def make_args(
    kind: type[T],
    values: Mapping[str, Any],
    *,
    injected: Mapping[str, Any],
    where: str,
    accepted: Accepted = NOTHING_ACCEPTED,
) -> T:
    """An operation's `Args` from what a task writes.

    values: final values, by argument. injected: what comes from the run, see `phlo.operations.fields.injected`.
    accepted: the arguments that need no check, because pydantic has accepted such before.
    Raises ConfigError with everything that is wrong.
    """
    check_values(kind, values, place=lambda name="": where, accepted=accepted)
    types = argument_types(cast(Any, kind))
    found = {name: converted(types[name], value) for name, value in values.items()}
    for one in dataclasses.fields(kind):  # type: ignore[arg-type]  # every Args is a dataclass
        if one.metadata.get("injected") is not None:
            found[one.name] = injected[one.metadata["injected"]]
    try:
        return kind(**found)
    except ValueError as reason:  # what `__post_init__` refuses
        raise ConfigError(str(reason), where=where) from None


def check_values(
    kind: type,
    values: Mapping[str, Any],
    *,
    place: Callable[..., str],
    accepted: Accepted,
    is_partial: bool = False,
) -> None:
    """Raise ConfigError for arguments that an operation does not take; see `find_errors` for `place`, `is_partial`."""
    outline = (_declaration(kind), is_partial, _outlines(kind, values))
    if outline in accepted:
        return
    from phlo.operations.argument_models import find_errors

    errors = find_errors(kind, values, place=place, is_partial=is_partial)
    if errors:
        raise first_of(errors)
    accepted.add(outline)


@functools.cache
def _declaration(kind: type) -> tuple[Any, ...]:
    """What decides about the arguments of an operation."""
    fields, types = fields_of(kind), argument_types(kind)
    return kind.__module__, *((name, repr(hint), is_required(fields[name])) for name, hint in types.items())


def _outlines(kind: type, values: Mapping[str, Any]) -> Any:
    types = argument_types(kind)
    return sorted((str(name), _outline(types.get(name), value)) for name, value in values.items())


def _outline(hint: Any, value: Any) -> str:
    """What of a value decides whether a field of type `hint` takes it."""
    kinds = members(hint)
    if hint is Any:
        return "any"
    if isinstance(value, Secret):
        return "secret"
    inner = next((item_type(kind) for kind in kinds if is_list(kind) or is_mapping(kind)), hint)
    if isinstance(value, Mapping):
        return f"mapping {sorted({f'{type(key).__name__} {_outline(inner, item)}' for key, item in value.items()})}"
    if isinstance(value, (list, tuple)):
        return f"list {sorted({_outline(inner, item) for item in value})}"
    if isinstance(value, str) and all(kind in _FREE_TEXTS for kind in (*kinds, *members(inner)) if not is_list(kind)):
        return "text"
    return f"{type(value).__name__} {value!r}"
