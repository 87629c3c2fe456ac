"""Regular expressions whose search takes time proportional to the text: what clients send must not stop the server.

Python's `re` tries alternatives one after the other, which takes exponential time for patterns such as `(a+)+b`. Here
all alternatives advance together (Thompson, "Regular Expression Search Algorithm", 1968), and the sets of states that
occur are kept, so that most characters cost one look-up. Case does not matter. Look-around and back-references have no
such automaton, so they are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MOST_STATES = 500
# So many sets of states are kept; they are forgotten when there are more.
MOST_KEPT = 500
Test = Callable[[str], bool]
_ACCEPT, _SPLIT, _AT, _CHAR = "accept", "split", "at", "char"
_START, _END = "", ""  # before the first character, and behind the last one


class PatternError(ValueError):
    """A pattern that cannot be used."""


class LinearPattern:
    """A compiled pattern. Raises PatternError for one that is wrong, too large or needs backtracking."""

    def __init__(self, pattern: str) -> None:
        self._states: list[tuple[str, Any, tuple[int, ...]]] = []
        try:
            tree = parser.parse(pattern, re.IGNORECASE)
        except (re.error, OverflowError, RecursionError) as reason:
            raise PatternError(str(reason)) from None
        accept = self._add(_ACCEPT, None, ())
        self._start = self._sequence(list(tree), accept)
        self._moves: dict[tuple[frozenset[int], bool, bool], dict[str, tuple[bool, frozenset[int]]]] = {}

    def search(self, text: str) -> bool:
        """Whether the pattern matches anywhere in the text."""
        kernel: frozenset[int] = frozenset()
        before = _START
        for char in text.lower():
            known = self._known(kernel, before)
            found = known.get(char)
            if found is None:
                found = known[char] = self._move(kernel, before, char)
            is_match, kernel = found
            if is_match:
                return True
            before = char
        return self._closure(kernel, before, _END)[0]

    def _known(self, kernel: frozenset[int], before: str) -> dict[str, tuple[bool, frozenset[int]]]:
        key = kernel, before == _START, _is_word(before)
        found = self._moves.get(key)
        if found is None:
            if len(self._moves) >= MOST_KEPT:
                self._moves.clear()
            found = self._moves[key] = {}
        elif len(found) >= MOST_KEPT:
            found.clear()
        return found

    def _move(self, kernel: frozenset[int], before: str, char: str) -> tuple[bool, frozenset[int]]:
        is_match, states = self._closure(kernel, before, char)
        following = (self._states[state] for state in states)
        return is_match, frozenset(then[0] for kind, test, then in following if kind == _CHAR and test(char))

    def _closure(self, kernel: frozenset[int], before: str, after: str) -> tuple[bool, set[int]]:
        """The states reached without a character, a new beginning among them, and whether one of them accepts."""
        seen: set[int] = set()
        waiting = [*kernel, self._start]
        while waiting:
            state = waiting.pop()
            if state in seen:
                continue
            seen.add(state)
            kind, test, then = self._states[state]
            if kind == _ACCEPT:
                return True, seen
            if kind == _SPLIT or (kind == _AT and _holds(test, before, after)):
                waiting += then
        return False, seen

    def _add(self, kind: str, test: Any, then: tuple[int, ...]) -> int:
        if len(self._states) >= MOST_STATES:
            raise PatternError("the pattern is too large")
        self._states.append((kind, test, then))
        return len(self._states) - 1

    def _sequence(self, items: Sequence[Any], then: int) -> int:
        for kind, value in reversed(items):
            then = self._one(kind, value, then)
        return then

    def _one(self, kind: Any, value: Any, then: int) -> int:
        if kind is op.AT:
            return self._add(_AT, value, (then,))
        if kind is op.BRANCH:
            return self._add(_SPLIT, None, tuple(self._sequence(list(branch), then) for branch in value[1]))
        if kind is op.SUBPATTERN:
            return self._sequence(list(value[3]), then)
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            least, most, inner = value
            return self._repeat(least, most, inner, then)
        return self._add(_CHAR, _test(kind, value), (then,))

    def _repeat(self, least: int, most: Any, inner: Any, then: int) -> int:
        items = list(inner)
        if most is op.MAXREPEAT:
            loop = self._add(_SPLIT, None, ())
            self._states[loop] = _SPLIT, None, (self._sequence(items, loop), then)
            start = loop
        else:
            if most > MOST_STATES:
                raise PatternError("the pattern is too large")
            start = then
            for _ in range(most - least):
                start = self._add(_SPLIT, None, (self._sequence(items, start), then))
        if least > MOST_STATES:
            raise PatternError("the pattern is too large")
        for _ in range(least):
            start = self._sequence(items, start)
        return start


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _holds(where: Any, before: str, after: str) -> bool:
    """Whether an anchor holds between two characters."""
    if where in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
        return before == _START
    if where in (op.AT_END, op.AT_END_STRING):
        return after == _END
    is_boundary = _is_word(before) != _is_word(after)
    return is_boundary if where is op.AT_BOUNDARY else not is_boundary


def _test(kind: Any, value: Any) -> Test:
    """What says whether a character, in lower case, is one that an item of a pattern means."""
    if kind is op.ANY:
        return lambda char: char != "\n"
    if kind is op.LITERAL:
        wanted = chr(value).lower()
        return lambda char: char == wanted
    if kind is op.NOT_LITERAL:
        other = chr(value).lower()
        return lambda char: char != other
    if kind is op.IN:
        negated = bool(value) and value[0][0] is op.NEGATE
        tests = list(_members(value[1:] if negated else value))
        return lambda char: any(test(char) for test in tests) != negated
    raise PatternError("look-around and back-references are not possible")


def _members(items: Sequence[Any]) -> Iterator[Test]:
    for kind, value in items:
        if kind is op.RANGE:
            first, last = value
            yield lambda char, first=first, last=last: any(  # type: ignore[misc]
                first <= ord(one) <= last for one in (char, *char.upper())
            )
        elif kind is op.CATEGORY:
            yield _CATEGORIES[value]
        else:
            yield _test(kind, value)


_CATEGORIES: dict[Any, Test] = {
    op.CATEGORY_DIGIT: str.isdecimal,
    op.CATEGORY_NOT_DIGIT: lambda char: not char.isdecimal(),
    op.CATEGORY_SPACE: str.isspace,
    op.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    op.CATEGORY_WORD: _is_word,
    op.CATEGORY_NOT_WORD: lambda char: not _is_word(char),
}
