"""Equal and different by class of file sets, for the terminal and for the documentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.peers.compose.build import NEWEST
from tests.peers.compose.compare import between_versions
from tests.peers.known import Known

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "compose-differences.md"
_HEAD = (
    "class of file sets",
    "sets",
    "equal",
    "different by design",
    "different, to be fixed",
    "Compose versions differ",
)

_INTRODUCTION = """\
Written by `invoke peers compose`. phlo is compared with Docker Compose {version} on {count} file sets: the resolved
project with what `docker compose config` prints, and the containers, networks and volumes to be created with the
requests that `docker compose create` sends. How: [development](../guides/development.md#phlo-beside-docker-compose)."""

_EVERYWHERE = """\
Besides, in every file set: the content of configs and secrets is copied into the container instead of mounted."""


def text(recorded: Mapping[str, Any], known: Mapping[str, Known]) -> str:
    """The table with columns of equal width."""
    rows = [_HEAD, *_rows(recorded, known)]
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(_HEAD))]
    return "\n".join("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def page(recorded: Mapping[str, Any], known: Mapping[str, Known]) -> str:
    """docs/reference/compose-differences.md."""
    parts = [
        "# Differences from Docker Compose",
        _INTRODUCTION.format(version=NEWEST, count=len(recorded)),
        _markdown([_HEAD, *_rows(recorded, known)]),
        "## What differs by design",
        _markdown([("what", "why", "file sets"), *_reasons(known, stays=True)]),
        _EVERYWHERE,
    ]
    if to_fix := _reasons(known, stays=False):
        parts += ["## What phlo does not do yet", _markdown([("what", "in Compose", "file sets"), *to_fix])]
    return "\n\n".join(parts) + "\n"


def _rows(recorded: Mapping[str, Any], known: Mapping[str, Known]) -> list[tuple[str, int, int, int, int, int]]:
    counts: dict[str, Counter[str]] = {}
    for one in recorded.values():
        row = counts.setdefault(one["group"], Counter())
        why = known.get(f"{one['group']}: {one['name']}")
        row["sets"] += 1
        row["equal" if why is None else "stays" if why.stays else "open"] += 1
        row["versions"] += between_versions(one)
    counts["all"] = sum(counts.values(), Counter())
    columns = ("sets", "equal", "stays", "open", "versions")
    return [(group, *(counts[group][column] for column in columns)) for group in counts]  # type: ignore[misc]


def _reasons(known: Mapping[str, Known], *, stays: bool) -> list[tuple[str, str, int]]:
    counts = Counter(why for why in known.values() if why.stays is stays)
    return sorted((why.title, why.reason, number) for why, number in counts.items())


def _markdown(rows: list[Any]) -> str:
    head, *body = ([str(cell).replace("|", "\\|") for cell in row] for row in rows)
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *body])
