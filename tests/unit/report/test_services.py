"""The table of services."""

from __future__ import annotations

from phlo.published import Published
from phlo.report.services import ServiceRow, services_data, services_table
from phlo.report.style import Style

ROWS = [
    ServiceRow("postgres", "package", "Running", (Published("5432", "5432"),), "Database"),
    ServiceRow("phlo-api", "package", "Running", (Published("4000", "4000"),), "Phlo API backend"),
    ServiceRow("superset", "package", "Disabled", (), "(disabled in phlo.yaml)"),
    ServiceRow("custom-api", "custom", "Running", (Published("4001", "4001"),), "(inline)"),
]

EXPECTED = """\
Package Services (installed):
  ✓ postgres         Running    :5432   Database
  ✓ phlo-api         Running    :4000   Phlo API backend
  ✗ superset         Disabled           (disabled in phlo.yaml)

Custom Services (phlo.yaml):
  ✓ custom-api       Running    :4001   (inline)"""


def test_the_table_is_as_in_the_manual() -> None:
    assert services_table(ROWS, Style()) == EXPECTED


def test_a_long_name_widens_the_column_for_all() -> None:
    rows = [
        *ROWS,
        ServiceRow(
            "a-service-with-a-long-name",
            "package",
            "Down",
            tuple(Published(str(number), "80") for number in (1, 2, 3)),
            "x",
        ),
    ]
    lines = services_table(rows, Style()).splitlines()
    assert lines[3] == "  ✗ superset                   Disabled            (disabled in phlo.yaml)"
    assert lines[4] == "  - a-service-with-a-long-name Down       :1 :2 +1 x"


def test_ports_show_their_protocol_and_ranges() -> None:
    ports = (Published("8001", "81"), Published("8000", "80"), Published("53", "53", "udp", "::1"))
    assert ":8000-8001 :53/udp" in services_table([ServiceRow("dns", "package", "Running", ports)], Style())


def test_several_hosts_are_told_apart() -> None:
    rows = [
        ServiceRow("db", "package", "Running", (Published("5432", "5432"),), "Database", host)
        for host in ("data-1", "data-2")
    ]
    names = [line.split()[1:3] for line in services_table(rows, Style()).splitlines()[1:]]
    assert names == [["data-1", "db"], ["data-2", "db"]]


def test_colours_change_nothing_else() -> None:
    import re

    coloured = services_table(ROWS, Style(is_coloured=True, width=120, is_terminal=True))
    assert coloured != EXPECTED
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == EXPECTED


def test_json_has_every_field() -> None:
    data = services_data(ROWS)
    assert data[0]["ports"] == [5432]
    assert data[2]["state"] == "disabled"
    assert set(data[0]) == set(ServiceRow._fields)
