"""What the role's tests run."""

import time

import dagster as dg
import psycopg


@dg.asset
def numbers() -> list[int]:
    return [1, 2, 3]


@dg.asset(group_name="sums")
def total(numbers: list[int]) -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"total": sum(numbers)})


@dg.asset_check(asset=total)
def total_is_small() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["north", "south"]))
def places(context: dg.AssetExecutionContext) -> None:
    context.log.info(f"went {context.partition_key}")


@dg.asset
def published() -> None:
    with psycopg.connect("service=pipeline") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
        connection.execute("TRUNCATE words")
        connection.execute("INSERT INTO words VALUES ('hello')")


@dg.asset
def broken() -> None:
    raise ValueError("the cellar is flooded")


@dg.asset
def endless() -> None:
    time.sleep(600)


defs = dg.Definitions(
    assets=[numbers, total, places, published, broken, endless],
    asset_checks=[total_is_small],
    executor=dg.in_process_executor,
)
