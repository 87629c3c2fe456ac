"""The table of services: which there are, how they are doing, and where they answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from phlo.report.style import Style, shortened

# Widths as in the manual's example; longer names widen the column for all.
_NAME, _STATE, _PORT = 16, 10, 7


class ServiceRow(NamedTuple):
    """One service.

    section: `package`, `custom` (phlo.yaml, or a role of the project) or `orphan`.
    state:   Running, Starting, Unhealthy, Done, Failed, Stopped, Disabled, Available, Unknown, ...
    ports:   published ports of the host, lowest first.
    note:    what the last column says: description, or why it does not run.
    """

    name: str
    section: str
    state: str
    ports: tuple[int, ...] = ()
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
    """The table as text, one block a section."""
    blocks = []
    several = len({row.host for row in rows if row.host}) > 1
    name_width = max([_NAME, *(len(_name(row, several)) for row in rows)])
    port_width = max([_PORT, *(len(_port_text(row.ports)) for row in rows)])
    for section, title in _TITLES.items():
        found = [row for row in rows if row.section == section]
        if found:
            lines = [_line(row, name_width, port_width, style, several) for row in found]
            blocks.append("\n".join([style(title, "bold"), *lines]))
    return "\n\n".join(blocks)


def _name(row: ServiceRow, several: bool) -> str:
    return f"{row.host} {row.name}" if several and row.host else row.name


def _line(row: ServiceRow, name_width: int, port_width: int, style: Style, several: bool) -> str:
    sign = state_sign(row.state)
    colour = (_STATE_COLOURS[sign],) if sign in _STATE_COLOURS and row.state != "Disabled" else ("dim",)
    shown = style(sign, "dim") if sign == "-" else style.sign(sign)  # a minus of a plan is red, this one is not
    name, state = f"{_name(row, several):<{name_width}}", style(f"{row.state:<{_STATE}}", *colour)
    room = max(style.width - name_width - _STATE - port_width - 8, 20)
    note = shortened(row.note, room) if style.is_coloured else row.note
    return f"  {shown} {name} {state} {_port_text(row.ports):<{port_width}} {note}".rstrip()


def _port_text(ports: Iterable[int]) -> str:
    """`:5432`; of several the first two and how many more there are."""
    ports = tuple(ports)
    text = " ".join(f":{port}" for port in ports[:2])
    return f"{text} +{len(ports) - 2}" if len(ports) > 2 else text


def services_data(rows: Iterable[ServiceRow]) -> list[dict[str, Any]]:
    """The table for JSON."""
    return [{**row._asdict(), "ports": list(row.ports), "state": row.state.lower()} for row in rows]
