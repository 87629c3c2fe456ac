"""SQL over the lake, by whichever engine the platform has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from trino.dbapi import connect

Row = dict[str, Any]


def query(sql: str, platform: Mapping[str, Any]) -> list[Row]:
    """Run a statement and give its rows. `{lake}` in it stands for the catalog's name in the engine."""
    engine = platform["query-engine"]
    ask = {"trino": _trino, "duckdb": _duckdb}[engine["dialect"]]
    return ask(sql.replace("{lake}", engine["catalog"]), engine)


def _trino(sql: str, engine: Mapping[str, Any]) -> list[Row]:
    with connect(host=engine["host"], port=engine["port"], user=engine["user"]) as connection:
        cursor = connection.cursor()
        cursor.execute(sql)
        rows = cursor.fetchall()
        names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _duckdb(sql: str, engine: Mapping[str, Any]) -> list[Row]:
    headers = {"Authorization": f"Bearer {engine['password']}"}
    answer = httpx.post(f"{engine['url']}/query", headers=headers, json={"sql": sql}, timeout=120)
    if answer.is_error:
        raise RuntimeError(f"{answer.status_code}: {answer.text}")
    data = answer.json()
    names = [column["name"] for column in data["columns"]]
    return [dict(zip(names, row, strict=True)) for row in data["rows"]]
