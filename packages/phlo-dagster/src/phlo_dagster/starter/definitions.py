"""The first pipeline of this project: temperatures are loaded into the lake, checked, and published to PostgreSQL."""

import dagster as dg
import psycopg
import pyarrow as pa
from pyiceberg.catalog import load_catalog

ROWS = {"city": ["Oslo", "Rome", "Lima"], "celsius": [4.5, 17.0, 19.5]}


@dg.asset
def temperatures() -> None:
    """The table weather.temperatures of the lake."""
    rows = pa.table(ROWS)
    lake = load_catalog("lake")
    lake.create_namespace_if_not_exists("weather")
    lake.create_table_if_not_exists("weather.temperatures", rows.schema).overwrite(rows)


@dg.asset_check(asset=temperatures, blocking=True)
def is_plausible() -> dg.AssetCheckResult:
    """Rows with impossible temperatures are not published."""
    rows = load_catalog("lake").load_table("weather.temperatures").scan().to_arrow().to_pylist()
    wrong = [row["city"] for row in rows if not -90 < row["celsius"] < 60]
    return dg.AssetCheckResult(passed=not wrong, metadata={"wrong": wrong})


@dg.asset(deps=[temperatures])
def published() -> None:
    """The table temperatures in PostgreSQL."""
    rows = load_catalog("lake").load_table("weather.temperatures").scan().to_arrow().to_pylist()
    with psycopg.connect("service=pipeline") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS temperatures (city text, celsius real)")
        connection.execute("DELETE FROM temperatures")
        for row in rows:
            connection.execute("INSERT INTO temperatures VALUES (%(city)s, %(celsius)s)", row)


# Start the schedule on Dagster's page, or give it default_status=dg.DefaultScheduleStatus.RUNNING.
hourly = dg.ScheduleDefinition(name="hourly", target=dg.AssetSelection.all(), cron_schedule="0 * * * *")

defs = dg.Definitions(
    assets=[temperatures, published],
    asset_checks=[is_plausible],
    schedules=[hourly],
    executor=dg.in_process_executor,
)
