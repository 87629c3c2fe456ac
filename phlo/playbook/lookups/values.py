"""Lookups of variables, of the environment, and of what a command prints."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Mapping
from typing import Any

from phlo.bounded import MOST_OUTPUT_BYTES, TooLargeError, join_pieces
from phlo.playbook.jinja import Chained
from phlo.playbook.lookups.around import Around, LookupFailedError
from phlo.programs import run_program

_NOT_GIVEN = object()
_PIECE = 65536


def env(around: Around, terms: list[Any], default: Any = "") -> list[Any]:
    return [os.environ.get(str(name), default) for name in terms]


def variables(around: Around, terms: list[Any], default: Any = _NOT_GIVEN) -> list[Any]:
    found = []
    for name in terms:
        variable = around.render.scope.lookup(str(name))
        if variable is not None:
            found.append(around.render.name(str(name)))
        elif default is not _NOT_GIVEN:
            found.append(default)
        else:
            str(Chained(name=str(name)))  # raises
    return found


def varnames(around: Around, terms: list[Any]) -> list[Any]:
    names = list(around.render.scope.names())
    return [name for pattern in terms for name in names if re.search(str(pattern), name)]


def pipe(around: Around, terms: list[Any]) -> list[Any]:
    """What commands print, run by a shell on the control machine."""
    return [_output(str(command)).rstrip("\n") for command in terms]


def lines(around: Around, terms: list[Any]) -> list[Any]:
    return [line for command in terms for line in _output(str(command)).splitlines()]


def _output(command: str) -> str:
    ended = run_program(command)
    if ended.code:
        raise LookupFailedError(f"the command ended with status {ended.code}: {command}")
    if ended.stdout.left_out_bytes:
        raise LookupFailedError(f"the command printed more than {MOST_OUTPUT_BYTES:,} bytes: {command}")
    return ended.stdout.text()


def url(around: Around, terms: list[Any], split_lines: bool = True, timeout: float = 10) -> list[Any]:
    """What web addresses answer, by lines."""
    import urllib.request

    found: list[Any] = []
    for address in terms:
        if not str(address).startswith(("http://", "https://")):
            raise LookupFailedError(f'"{address}" is not an address of the web')
        with urllib.request.urlopen(str(address), timeout=timeout) as answer:  # noqa: S310  checked above
            try:
                text = join_pieces(iter(lambda: answer.read(_PIECE), b""), MOST_OUTPUT_BYTES).decode()
            except TooLargeError:
                raise LookupFailedError(f'"{address}" answers more than {MOST_OUTPUT_BYTES:,} bytes') from None
        found += text.splitlines() if split_lines else [text]
    return found


def random_choice(around: Around, terms: list[Any]) -> list[Any]:
    return [random.choice(terms)] if terms else []  # noqa: S311  no secret is made of it


VALUE_LOOKUPS: Mapping[str, Callable[..., list[Any]]] = {
    "env": env,
    "vars": variables,
    "varnames": varnames,
    "pipe": pipe,
    "lines": lines,
    "url": url,
    "random_choice": random_choice,
}
