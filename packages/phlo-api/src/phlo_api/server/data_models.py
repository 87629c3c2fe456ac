"""Queries, tables and branches of the lakehouse."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from phlo_api.server.models import Model


class QueryRequest(Model):
    """One statement. limit: rows at most."""

    sql: str = Field(min_length=1, max_length=100_000)
    limit: int = Field(1000, ge=1, le=10_000)


class Column(Model):
    name: str
    type: str


class QueryResult(Model):
    """rows: as JSON has them; what JSON has no type for (decimals, times, whole numbers beyond 2^53) is text.

    truncated: there were more.
    """

    engine: str
    columns: list[Column]
    rows: list[list[Any]]
    truncated: bool
    seconds: float


class TableName(Model):
    namespace: str
    name: str


class TableField(Model):
    name: str
    type: str
    required: bool
    doc: str | None


class Snapshot(Model):
    """A version of a table's content. summary: what Iceberg notes of it (added records, files and so on)."""

    id: str
    parent: str | None
    time: float
    operation: str | None
    is_current: bool
    summary: dict[str, str]


class Table(Model):
    """An Iceberg table. snapshots: the newest first."""

    namespace: str
    name: str
    location: str
    format_version: int
    columns: list[TableField]
    partitioned_by: list[str]
    snapshots: list[Snapshot]
    properties: dict[str, str]


class Branch(Model):
    """A branch or tag of the versioned catalog."""

    name: str
    kind: str
    hash: str
    is_default: bool
