"""The statistics in a database for programs and people that know nothing of the lake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

SCHEMA = "stats"

# The tables, and the types of their columns.
TABLES = {
    "totals": {
        "commits": "bigint",
        "authors": "bigint",
        "first_commit": "timestamptz",
        "last_commit": "timestamptz",
    },
    "authors": {"author": "text", "commits": "bigint", "insertions": "bigint", "deletions": "bigint"},
    "months": {"month": "date", "commits": "bigint"},
    "folders": {"folder": "text", "files": "bigint", "insertions": "bigint", "deletions": "bigint"},
}


def publish(tables: dict[str, Sequence[dict[str, Any]]]) -> None:
    """Put the rows in the place of what the tables hold, all of them in one transaction."""
    # The service `pipeline` stands in the file that PGSERVICEFILE names: where the database is, and its password.
    with psycopg.connect("service=pipeline") as connection:
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
        for name, rows in tables.items():
            _replace(connection, name, rows)


def _replace(connection: psycopg.Connection, name: str, rows: Sequence[dict[str, Any]]) -> None:
    columns = TABLES[name]
    table = sql.Identifier(SCHEMA, name)
    fields = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in columns.items()
    )
    connection.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} ({})").format(table, fields))
    connection.execute(sql.SQL("DELETE FROM {}").format(table))
    places = sql.SQL(", ").join(sql.Placeholder() * len(columns))
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(table, names, places)
    with connection.cursor() as cursor:
        cursor.executemany(insert, [[row[column] for column in columns] for row in rows])
