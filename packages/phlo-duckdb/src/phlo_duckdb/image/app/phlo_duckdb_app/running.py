"""A query as it runs: it can be stopped from another thread, at any moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from phlo_duckdb_app.lake import Lake
from phlo_duckdb_app.values import rows_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """columns: name and type of each. truncated: there were more rows than were asked for."""

    columns: list[dict[str, str]]
    rows: list[list[Any]]
    truncated: bool
    seconds: float


class Running:
    """One query; `run` is for a worker thread, `stop` for whoever waits for it."""

    def __init__(self, lake: Lake, sql: str, parameters: Sequence[Any], *, max_rows: int) -> None:
        self._lake = lake
        self._sql = sql
        self._parameters = list(parameters)
        self._max_rows = max_rows
        self._lock = threading.Lock()
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._is_stopped = False
        self.has_started = False

    def run(self) -> Answer:
        """Run it to its end. Raises duckdb.Error, of which InterruptException after `stop`, or LakeError."""
        cursor = self._lake.cursor()
        try:
            with self._lock:
                if self._is_stopped:
                    raise duckdb.InterruptException("stopped before it began")
                self._cursor = cursor
                self.has_started = True
            return self._answer(cursor)
        finally:
            with self._lock:
                self._cursor = None
            cursor.close()

    def stop(self) -> None:
        """Interrupt it, or keep it from beginning."""
        with self._lock:
            self._is_stopped = True
            if self._cursor is not None:
                self._cursor.interrupt()

    def _answer(self, cursor: duckdb.DuckDBPyConnection) -> Answer:
        begin = time.monotonic()
        cursor.execute(self._sql, self._parameters or None)
        columns = [{"name": str(column[0]), "type": str(column[1])} for column in cursor.description or ()]
        rows, is_truncated = rows_of(cursor.fetchmany, self._max_rows) if columns else ([], False)
        return Answer(
            columns=columns,
            rows=rows,
            truncated=is_truncated,
            seconds=round(time.monotonic() - begin, 4),
        )
