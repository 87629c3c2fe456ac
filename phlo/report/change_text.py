"""Changes in words: `recreate container lake-web-1`, `recreated container lake-web-1`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from phlo.values import Change


class Words(NamedTuple):
    """sign: what stands before it. done: the verb once it is done. counted_as: one of COUNTS."""

    sign: str
    done: str
    counted_as: str


_WORDS = {
    "create": Words("+", "created", "create"),
    "recreate": Words("~", "recreated", "recreate"),
    "remove": Words("-", "removed", "remove"),
    "pull": Words("+", "pulled", "update"),
    "build": Words("+", "built", "update"),
    "send": Words("+", "sent", "update"),
    "load": Words("+", "loaded", "update"),
    "write": Words("~", "wrote", "update"),
    "run": Words("~", "ran", "update"),
    "stop": Words("-", "stopped", "stop"),
    "start": Words("+", "started", "start"),
    "unpause": Words("+", "resumed", "start"),
    "restart": Words("~", "restarted", "restart"),
    "keep": Words("!", "kept", "update"),
    "refuse": Words("!", "refused", "update"),
    "wait": Words("✓", "ready", "update"),
    "adopt": Words("✓", "adopted", "update"),
    "restore": Words("~", "restored", "restore"),
}

# The counts in the order they are printed; a service counts once, as the first of these that it has.
COUNTS = ("recreate", "create", "remove", "restore", "restart", "start", "stop", "update")

_DONE_COUNTS = {
    "create": "created",
    "recreate": "recreated",
    "remove": "removed",
    "restore": "restored",
    "restart": "restarted",
    "start": "started",
    "stop": "stopped",
    "update": "updated",
}

FEW_CAUSES = 3


def words_of(verb: str) -> Words:
    """The words for a verb; one that is not known is regular."""
    return _WORDS.get(verb) or Words("~", f"{verb}d" if verb.endswith("e") else f"{verb}ed", "update")


def thing(change: Change) -> str:
    """`container:lake-web-1` -> `container lake-web-1`, on one line: of a script the first line."""
    first, *more = change.at.replace(":", " ", 1).strip().splitlines() or [""]
    return f"{first} …" if more else first


def to_do(change: Change) -> str:
    return f"{change.verb} {thing(change)}"


def done(change: Change) -> str:
    return f"{words_of(change.verb).done} {thing(change)}"


def causes_text(causes: Sequence[str], *, is_full: bool = False) -> str:
    """The causes in one line; only the first few unless `is_full`."""
    if is_full or len(causes) <= FEW_CAUSES + 1:
        return "; ".join(causes)
    return f"{'; '.join(causes[:FEW_CAUSES])} and {len(causes) - FEW_CAUSES} more"


def count_of(changes: Sequence[Change]) -> str | None:
    """What a service with these changes counts as; None: unchanged."""
    found = {words_of(change.verb).counted_as for change in changes if change.is_counted}
    return next((count for count in COUNTS if count in found), None)


def done_count(count: str) -> str:
    """`create` -> `created`, for telling what was counted."""
    return _DONE_COUNTS[count]
