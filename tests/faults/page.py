"""The table of faults in docs/reliability.md: read, brought up to date series by series, and written again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
_CELL = re.compile(r"(\d+) / (\d+)")


class Count(NamedTuple):
    survived: int
    tried: int


Counts = Mapping[tuple[str, str], Count]  # by scenario and fault


def update(counts: Counts, *, order: Sequence[tuple[str, str]], page: Path = PAGE) -> None:
    """Put the counts of series into the page's table; what it says of the others stays.

    order: all series that there are; what the table says of any other goes.
    """
    head, _, rest = page.read_text().partition(BEGIN)
    old, _, tail = rest.partition(END)
    known = {**parse(old), **counts}
    ordered = {key: known[key] for key in order if key in known}
    page.write_text(f"{head}{BEGIN}\n\n{table(ordered)}\n\n{END}{tail}")


def table(counts: Counts) -> str:
    """Faults against scenarios, `survived / tried`."""
    scenarios = list(dict.fromkeys(scenario for scenario, _ in counts))
    lines = ["| fault | " + " | ".join(scenarios) + " |", "|---" * (len(scenarios) + 1) + "|"]
    for title in dict.fromkeys(title for _, title in counts):
        found = [counts.get((scenario, title)) for scenario in scenarios]
        cells = [f"{count.survived} / {count.tried}" if count else "-" for count in found]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    survived = sum(count.survived for count in counts.values())
    tried = sum(count.tried for count in counts.values())
    return "\n".join([*lines, "", f"In all: {survived} of {tried} faults survived."])


def parse(text: str) -> dict[tuple[str, str], Count]:
    """The counts of a table that `table` wrote."""
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in text.splitlines() if line[:1] == "|"]
    if not rows:
        return {}
    (_, *scenarios), _, *rest = rows
    return {
        (scenario, title): Count(*map(int, match.groups()))
        for title, *cells in rest
        for scenario, cell in zip(scenarios, cells, strict=True)
        if (match := _CELL.fullmatch(cell))
    }
