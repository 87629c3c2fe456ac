"""Filters for lists."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2.filters import do_random
from jinja2.utils import pass_context


def flat(value: Iterable[Any], levels: int | None) -> list[Any]:
    found: list[Any] = []
    for item in value:
        if isinstance(item, (list, tuple)) and levels != 0:
            found += flat(item, None if levels is None else levels - 1)
        else:
            found.append(item)
    return found


def flatten(value: Iterable[Any], levels: int | None = None, skip_nulls: bool = True) -> list[Any]:
    return [item for item in flat(value, levels) if not (skip_nulls and item is None)]


def _unique(value: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for item in value:
        if item not in found:
            found.append(item)
    return found


def union(first: Iterable[Any], second: Iterable[Any]) -> list[Any]:
    return _unique([*first, *second])


def intersect(first: Iterable[Any], second: Iterable[Any]) -> list[Any]:
    other = list(second)
    return _unique(item for item in first if item in other)


def difference(first: Iterable[Any], second: Iterable[Any]) -> list[Any]:
    other = list(second)
    return _unique(item for item in first if item not in other)


def symmetric_difference(first: Iterable[Any], second: Iterable[Any]) -> list[Any]:
    one, two = list(first), list(second)
    return [*difference(one, two), *difference(two, one)]


def zipped(first: Iterable[Any], *others: Iterable[Any]) -> list[list[Any]]:
    return [list(items) for items in zip(first, *others, strict=False)]


def product(first: Iterable[Any], *others: Iterable[Any]) -> list[list[Any]]:
    from itertools import product as every

    return [list(items) for items in every(first, *others)]


def subelements(value: Iterable[Any], path: str, skip_missing: bool = False) -> list[list[Any]]:
    """Pairs of each element and each item of a list inside it."""
    found = []
    for element in value:
        inner: Any = element
        for key in path.split("."):
            if key not in inner and skip_missing:
                inner = []
                break
            inner = inner[key]
        found += [[element, item] for item in inner]
    return found


def shuffle(value: Iterable[Any], seed: Any = None) -> list[Any]:
    """The items in another order; with a seed always in the same."""
    found = list(value)
    random.Random(seed).shuffle(found)  # noqa: S311  no secret is made of it
    return found


@pass_context
def choose(context: Any, value: Any, start: int = 0, step: int = 1, seed: Any = None) -> Any:
    """`random`: an item of a list, or a number below one."""
    if isinstance(value, int):
        return random.Random(seed).randrange(start, value, step)  # noqa: S311  no secret is made of it
    return do_random(context, value) if seed is None else random.Random(seed).choice(list(value))  # noqa: S311  as above


def _lists(found: Iterable[Iterable[Any]]) -> list[list[Any]]:
    return [list(one) for one in found]


LIST_FILTERS: Mapping[str, Callable[..., Any]] = {
    "flatten": flatten,
    "union": union,
    "intersect": intersect,
    "difference": difference,
    "symmetric_difference": symmetric_difference,
    "zip": zipped,
    "zip_longest": lambda *lists, fillvalue=None: _lists(itertools.zip_longest(*lists, fillvalue=fillvalue)),
    "product": product,
    "combinations": lambda items, size: _lists(itertools.combinations(items, size)),
    "permutations": lambda items, size=None: _lists(itertools.permutations(items, size)),
    "subelements": subelements,
    "shuffle": shuffle,
    "random": choose,
}
