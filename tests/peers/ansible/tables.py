"""Equal and different by class of cases, for the terminal and for the documentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.peers.ansible.case import Case, Expression
from tests.peers.ansible.environment import VERSION
from tests.peers.known import Known

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "ansible-differences.md"
_HEAD = ("class of cases", "cases", "equal", "different by design", "different, to be fixed")

_INTRODUCTION = """\
Written by `invoke peers ansible`. phlo is compared with ansible-core {version} on {expressions} expressions and
{playbooks} playbooks: the value and type of each expression; of each playbook how every task ended on every host, what
`debug` showed, what was rescued and ignored, and whether the run failed. How:
[development](../guides/development.md#phlo-beside-ansible)."""


def text(expressions: Sequence[Expression], cases: Sequence[Case], known: Mapping[str, Known]) -> str:
    """The table with columns of equal width."""
    rows = [_HEAD, *_rows(expressions, cases, known)]
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(_HEAD))]
    return "\n".join("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def page(expressions: Sequence[Expression], cases: Sequence[Case], known: Mapping[str, Known]) -> str:
    """docs/reference/ansible-differences.md."""
    parts = [
        "# Differences from Ansible",
        _INTRODUCTION.format(version=VERSION, expressions=len(expressions), playbooks=len(cases)),
        _markdown([_HEAD, *_rows(expressions, cases, known)]),
        "## What differs by design",
        _markdown([("what", "why", "cases"), *_reasons(known, stays=True)]),
    ]
    if to_fix := _reasons(known, stays=False):
        parts += ["## What phlo does not do yet", _markdown([("what", "in Ansible", "cases"), *to_fix])]
    return "\n\n".join(parts) + "\n"


def _rows(
    expressions: Sequence[Expression], cases: Sequence[Case], known: Mapping[str, Known]
) -> list[tuple[str, int, int, int, int]]:
    counts: dict[str, Counter[str]] = {}
    kinds = [*(("expressions", one) for one in expressions), *(("playbooks", one) for one in cases)]
    for kind, one in kinds:
        row = counts.setdefault(f"{kind}: {one.group.replace('_', ' ')}", Counter())
        why = known.get(one.id)
        row["cases"] += 1
        row["equal" if why is None else "stays" if why.stays else "open"] += 1
    counts["all"] = sum(counts.values(), Counter())
    columns = ("cases", "equal", "stays", "open")
    return [(group, *(counts[group][column] for column in columns)) for group in counts]  # type: ignore[misc]


def _reasons(known: Mapping[str, Known], *, stays: bool) -> list[tuple[str, str, int]]:
    counts = Counter(why for why in known.values() if why.stays is stays)
    return sorted((why.title, why.reason, number) for why, number in counts.items())


def _markdown(rows: list[Any]) -> str:
    head, *body = ([str(cell).replace("|", "\\|") for cell in row] for row in rows)
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *body])
