"""Make a chart of a table or a query, and put it on a dashboard; what is there by that name is changed.

python -m phlo_superset_app.chart TITLE --database lake --table SCHEMA.TABLE [--sql TEXT] --type bar --x COLUMN ...
"""

from __future__ import annotations

import argparse
import json
import re
from typing import Any

from phlo_superset_app.client import Client, fail

TYPES = {
    "bar": "echarts_timeseries_bar",
    "line": "echarts_timeseries_line",
    "pie": "pie",
    "table": "table",
    "number": "big_number_total",
}
WIDTH, HEIGHT, COLUMNS = 6, 50, 12


def main() -> None:
    parser = argparse.ArgumentParser(prog="chart")
    parser.add_argument("title")
    for option in ("database", "table", "sql", "x", "metric", "dashboard"):
        parser.add_argument(f"--{option}", default="")
    parser.add_argument("--type", choices=TYPES, default="bar")
    given = parser.parse_args()
    if bool(given.table) == bool(given.sql):
        fail("a chart is of a table or of a query: say --table SCHEMA.TABLE or --sql TEXT.")
    if given.type in ("bar", "line", "pie") and not given.x:
        fail(f"a {given.type} chart needs a column to group by: --x COLUMN.")
    client = Client()
    dataset = see_to_dataset(client, given)
    chart = see_to_chart(client, given, dataset)
    print(f"chart {chart}: {given.title}")
    if given.dashboard:
        dashboard = see_to_dashboard(client, given.dashboard, chart)
        print(f"dashboard {dashboard}: {given.dashboard}  /superset/dashboard/{dashboard}/")


def see_to_dataset(client: Client, given: argparse.Namespace) -> int:
    """The dataset of the chart, with its columns as they are now."""
    database = client.find("database", database_name=given.database)
    if database is None:
        known = client.ask("GET", "/api/v1/database/")["result"]
        fail(f'there is no database "{given.database}". There are: {", ".join(one["database_name"] for one in known)}.')
    schema, _, table = given.table.rpartition(".")
    body = {"database": database["id"], "table_name": table or _slug(given.title), "schema": schema or None}
    if given.sql:
        body["sql"] = given.sql
    known = client.find("dataset", table_name=body["table_name"], database=database["id"])
    if known is None:
        return int(client.ask("POST", "/api/v1/dataset/", json=body)["id"])
    if given.sql:
        client.ask("PUT", f"/api/v1/dataset/{known['id']}", json={"sql": given.sql})
    client.ask("PUT", f"/api/v1/dataset/{known['id']}/refresh")
    return int(known["id"])


def see_to_chart(client: Client, given: argparse.Namespace, dataset: int) -> int:
    columns = [one["column_name"] for one in client.ask("GET", f"/api/v1/dataset/{dataset}")["result"]["columns"]]
    if given.x and given.x not in columns:
        fail(f'there is no column "{given.x}". There are: {", ".join(columns)}.')
    form = form_of(given.type, given.x, given.metric, columns)
    body = {
        "slice_name": given.title,
        "viz_type": TYPES[given.type],
        "datasource_id": dataset,
        "datasource_type": "table",
        "params": json.dumps({**form, "datasource": f"{dataset}__table"}),
    }
    return client.see_to("chart", client.find("chart", slice_name=given.title), body)


def form_of(kind: str, x: str, metric: str, columns: list[str]) -> dict[str, Any]:
    """What Superset's chart editor would have stored. metric: an SQL expression such as `sum(lines)`."""
    measure: Any = {"expressionType": "SQL", "sqlExpression": metric or "COUNT(*)", "label": metric or "count"}
    form: dict[str, Any] = {"viz_type": TYPES[kind], "row_limit": 1000, "adhoc_filters": []}
    if kind == "table":
        return {**form, "query_mode": "raw", "all_columns": columns}
    if kind == "number":
        return {**form, "metric": measure}
    if kind == "pie":
        return {**form, "groupby": [x], "metric": measure}
    return {**form, "x_axis": x, "metrics": [measure], "groupby": [], "x_axis_sort_asc": True}


def see_to_dashboard(client: Client, title: str, chart: int) -> int:
    """The dashboard with the chart on it, beside those that are there."""
    known = client.find("dashboard", dashboard_title=title)
    dashboard = (
        int(known["id"])
        if known
        else int(client.ask("POST", "/api/v1/dashboard/", json={"dashboard_title": title, "published": True})["id"])
    )
    there = [one["id"] for one in client.ask("GET", f"/api/v1/dashboard/{dashboard}/charts")["result"]]
    if chart in there:
        return dashboard
    boards = [one["id"] for one in client.ask("GET", f"/api/v1/chart/{chart}")["result"]["dashboards"]]
    client.ask("PUT", f"/api/v1/chart/{chart}", json={"dashboards": sorted({*boards, dashboard})})
    layout = layout_of(title, [*there, chart])
    client.ask("PUT", f"/api/v1/dashboard/{dashboard}", json={"position_json": json.dumps(layout)})
    return dashboard


def layout_of(title: str, charts: list[int]) -> dict[str, Any]:
    """The charts in rows of two, as Superset's dashboard editor stores it."""
    per_row = COLUMNS // WIDTH
    rows = [charts[start : start + per_row] for start in range(0, len(charts), per_row)]
    names = [f"ROW-{index}" for index in range(len(rows))]
    layout: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": names, "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": title}},
    }
    for name, row in zip(names, rows, strict=True):
        above = ["ROOT_ID", "GRID_ID"]
        layout[name] = {
            "type": "ROW",
            "id": name,
            "children": [f"CHART-{chart}" for chart in row],
            "parents": above,
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        for chart in row:
            layout[f"CHART-{chart}"] = {
                "type": "CHART",
                "id": f"CHART-{chart}",
                "children": [],
                "parents": [*above, name],
                "meta": {"chartId": chart, "width": WIDTH, "height": HEIGHT},
            }
    return layout


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


if __name__ == "__main__":
    main()
