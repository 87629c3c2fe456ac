"""The table of services: names, states and ports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from phlo.published import Published, merged
from phlo.report.style import Style
from phlo.report.table import Cell, table

# Widths as in the manual's example; longer names widen the column for all.
_NAME, _STATE, _PORT = 16, 10, 7


class ServiceRow(NamedTuple):
    """One service.

    section: `package`, `custom` (phlo.yaml, a Compose file, or a role of the project) or `orphan`.
    state:   Running, Starting, Unhealthy, Done, Failed, Stopped, Disabled, Available, Unknown, ...
    ports:   published ports of the host.
    note:    what the last column says: description, or why it does not run.
    """

    name: str
    section: str
    state: str
    ports: tuple[Published, ...] = ()
    note: str = ""
    host: str = ""
    health: str | None = None
    package: str | None = None
    image: str | None = None


_TITLES = {
    "package": "Package Services (installed):",
    "custom": "Custom Services (phlo.yaml):",
    "orphan": "Orphans (of no service; `phlo up --remove-orphans` removes them):",
}

_SIGNS = {"Running": "✓", "Done": "✓", "Starting": "~", "Paused": "~", "Restarting": "~"}
_BAD = ("Disabled", "Failed", "Unhealthy")
_STATE_COLOURS = {"✓": "green", "~": "yellow", "✗": "red"}


def state_sign(state: str) -> str:
    """✓ works, ✗ does not (or must not), ~ is on its way, - is not there."""
    return _SIGNS.get(state) or ("✗" if state in _BAD else "-")


def services_table(rows: Sequence[ServiceRow], style: Style) -> str:
    """The table as text, one block a section; their columns stand below each other."""
    several = len({row.host for row in rows if row.host}) > 1
    name_width = max([_NAME, *(len(_name(row, several)) for row in rows)])
    port_width = max([_PORT, *(len(_port_text(row.ports)) for row in rows)])
    blocks = []
    for section, title in _TITLES.items():
        cells = [_cells(row, name_width, port_width, several) for row in rows if row.section == section]
        if cells:
            blocks.append(f"{style(title, 'bold')}\n{table((), cells, style, gap=1)}")
    return "\n\n".join(blocks)


def _name(row: ServiceRow, several: bool) -> str:
    return f"{row.host} {row.name}" if several and row.host else row.name


def _cells(row: ServiceRow, name_width: int, port_width: int, several: bool) -> tuple[Cell | str, ...]:
    sign = state_sign(row.state)
    colours = (_STATE_COLOURS[sign],) if sign in _STATE_COLOURS and row.state != "Disabled" else ("dim",)
    return (
        Cell(f"  {sign}", (_STATE_COLOURS.get(sign, "dim"),)),
        f"{_name(row, several):<{name_width}}",
        Cell(f"{row.state:<{_STATE}}", colours),
        f"{_port_text(row.ports):<{port_width}}",
        row.note,
    )


def _port_text(ports: Iterable[Published]) -> str:
    """`:5432`, `:53/udp`, `:8000-8002`; of several the first two and how many more there are."""
    texts = [f":{port.published}{port.protocol_text}" for port in merged(port._replace(ip="") for port in ports)]
    text = " ".join(texts[:2])
    return f"{text} +{len(texts) - 2}" if len(texts) > 2 else text


def services_data(rows: Iterable[ServiceRow]) -> list[dict[str, Any]]:
    """The table for JSON."""
    return [{**row._asdict(), "ports": _numbers(row.ports), "state": row.state.lower()} for row in rows]


def _numbers(ports: Iterable[Published]) -> list[int]:
    return sorted({int(port.published) for port in ports})
