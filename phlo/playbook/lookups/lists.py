"""Lookups that combine lists: what `with_together`, `with_nested` and others loop over."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from phlo.playbook.filters.lists import flat, subelements
from phlo.playbook.lookups.around import Around


def one_level(terms: list[Any]) -> Iterator[Any]:
    """The terms, and instead of those that are lists their items."""
    for term in terms:
        if isinstance(term, (list, tuple, range)):
            yield from term
        else:
            yield term


def pairs_of(around: Around, terms: list[Any]) -> list[Any]:
    found = []
    for term in flat(terms, None):
        if not isinstance(term, Mapping):
            raise ValueError(f"needs a mapping, got {type(term).__name__}")
        found += [{"key": key, "value": value} for key, value in term.items()]
    return found


def together(around: Around, terms: list[Any]) -> list[Any]:
    if not terms:
        raise ValueError("together needs lists")
    return [list(items) for items in itertools.zip_longest(*terms)]


def nested(around: Around, terms: list[Any]) -> list[Any]:
    if not terms:
        raise ValueError("nested needs lists")
    lists = [term if isinstance(term, (list, tuple)) else [term] for term in terms]
    return [flat(items, 0) for items in itertools.product(*lists)]


def of_elements(around: Around, terms: list[Any]) -> list[Any]:
    """Pairs of each element and each item of a list in it: a list or mapping, a key, and `{skip_missing: true}`."""
    if not 2 <= len(terms) <= 3 or not isinstance(terms[1], str):
        raise ValueError("subelements needs a list, the name of a list in its elements, and perhaps options")
    options = terms[2] if len(terms) == 3 else {}
    elements = list(terms[0].values()) if isinstance(terms[0], Mapping) else terms[0]
    pairs = subelements(elements, terms[1], bool(options.get("skip_missing", False)))
    key = terms[1]
    is_plain = "." not in key
    return [[_without(element, key) if is_plain else element, item] for element, item in pairs]


def _without(element: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in element.items() if name != key}


LIST_LOOKUPS: Mapping[str, Callable[..., list[Any]]] = {
    "list": lambda around, terms: terms,
    "items": lambda around, terms: list(one_level(terms)),
    "flattened": lambda around, terms: flat(terms, None),
    "indexed_items": lambda around, terms: [[index, item] for index, item in enumerate(one_level(terms))],
    "dict": pairs_of,
    "together": together,
    "nested": nested,
    "cartesian": nested,
    "subelements": of_elements,
}
