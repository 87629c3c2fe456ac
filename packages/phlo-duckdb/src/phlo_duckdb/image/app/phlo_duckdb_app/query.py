"""Run SQL on the server of this container and print the answer."""

from __future__ import annotations

import argparse
import csv
import http.client
import io
import json
import sys
from collections.abc import Sequence
from typing import Any

from phlo_duckdb_app.settings import PORT, load_settings


def main(argv: Sequence[str] | None = None) -> int:
    """Exit 0 with the rows on stdout, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="duckdb-query")
    parser.add_argument("sql")
    parser.add_argument("--output", choices=sorted(_WRITERS), default="table")
    asked = parser.parse_args(argv)
    status, answer = _post({"sql": asked.sql})
    if status != 200:
        sys.stderr.write(answer["error"]["message"] + "\n")
        return 1
    sys.stdout.write(_WRITERS[asked.output]([column["name"] for column in answer["columns"]], answer["rows"]))
    if answer["truncated"]:
        sys.stderr.write(f"only the first {answer['row_count']} rows are shown\n")
    return 0


def _post(query: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    settings = load_settings()
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=settings.timeout_seconds + 10)
    headers = {"Authorization": f"Bearer {settings.token}", "Content-Type": "application/json"}
    connection.request("POST", "/query", json.dumps(query), headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def table(names: list[str], rows: list[list[Any]]) -> str:
    """Columns side by side, numbers to the right, as a person reads them."""
    cells = [[_shown(value) for value in row] for row in rows]
    widths = [max(map(len, (name, *(row[at] for row in cells)))) for at, name in enumerate(names)]
    is_number = [
        bool(rows) and all(isinstance(row[at], int | float) or row[at] is None for row in rows)
        for at in range(len(names))
    ]

    def line(texts: list[str]) -> str:
        return " | ".join(
            text.rjust(width) if number else text.ljust(width)
            for text, width, number in zip(texts, widths, is_number, strict=True)
        ).rstrip()

    rule = "-+-".join("-" * width for width in widths)
    return "\n".join([line(names), rule, *map(line, cells)]) + f"\n({len(rows)} row{'s' * (len(rows) != 1)})\n"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def comma_separated(names: list[str], rows: list[list[Any]]) -> str:
    """CSV with a line of names."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *([_shown(value) for value in row] for row in rows)])
    return text.getvalue()


def objects(names: list[str], rows: list[list[Any]]) -> str:
    """A JSON list with an object for each row."""
    return json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False, indent=2) + "\n"


_WRITERS = {"table": table, "csv": comma_separated, "json": objects}

if __name__ == "__main__":
    sys.exit(main())
