"""SQL of several statements: each one's result, or why it has none."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from phlo_api.server.data_models import Column
from phlo_api.server.models import Model

QueryId = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[0-9A-Za-z-]+$")]


class QueriesRequest(Model):
    """sql: one or more statements. limit: rows of each at most. id: by which it can be cancelled; null: one is made."""

    sql: str = Field(min_length=1, max_length=100_000)
    limit: int = Field(1000, ge=1, le=10_000)
    id: QueryId | None = None


class ExportRequest(Model):
    """sql: one or more statements, of which the last is exported. limit: rows at most."""

    sql: str = Field(min_length=1, max_length=100_000)
    format: Literal["csv", "json"] = "csv"
    limit: int = Field(100_000, ge=1, le=1_000_000)
    id: QueryId | None = None


class QueryError(Model):
    """Why a statement has no result. name: what the engine calls it.

    line, column: in the text that was sent, both from 1; null when the engine does not say.
    """

    kind: Literal["failed", "timeout", "cancelled"]
    message: str
    name: str = ""
    line: int | None = None
    column: int | None = None


class StatementResult(Model):
    """rows: as JSON has them; what JSON has no type for (decimals, times, whole numbers beyond 2^53) is text.

    truncated: there were more. error: why there are none; the statements behind it were not run.
    """

    sql: str
    columns: list[Column]
    rows: list[list[Any]]
    truncated: bool
    seconds: float
    error: QueryError | None


class QueryResults(Model):
    """A result for each statement that was run, in their order."""

    id: str
    engine: str
    statements: list[StatementResult]
