"""Queries, tables and branches of the lakehouse."""

from __future__ import annotations

from phlo_api.server.models import Model


class Column(Model):
    name: str
    type: str


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
