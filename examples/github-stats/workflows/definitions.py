"""The commit history of a git repository: into the lake, audited, counted, and published.

staged -> (checks) -> history -> statistics -> published
"""

import json
import os
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.compute as pc
from workflows.audit import audit_of
from workflows.engine import query
from workflows.history import head_of, read_history
from workflows.publish import publish
from workflows.statistics import STATEMENTS

REPOSITORY = Path(os.environ.get("GITHUB_STATS_REPOSITORY", "/repository"))
CHECKS = ("has_every_commit_once", "has_every_parent", "changes_belong_to_commits")


def platform() -> dict[str, Any]:
    """The facts of the capabilities that the platform has."""
    return dict(json.loads(Path("/etc/phlo/platform.json").read_text()))


@dg.asset(
    group_name="github_stats",
    check_specs=[dg.AssetCheckSpec(name=name, asset="staged", blocking=True) for name in CHECKS],
)
def staged(context: dg.AssetExecutionContext) -> Any:
    """Commits and changes in the lake, where nobody sees them yet, and checked there."""
    commits, changes = read_history(REPOSITORY)
    audit = audit_of(context.run_id[:8], platform())
    audit.write("commits", commits)
    audit.write("changes", changes)
    yield dg.MaterializeResult(metadata={"commits": commits.num_rows, "changes": changes.num_rows})

    # From here on what counts is what the lake gives back.
    stored, stored_changes = audit.read("commits"), audit.read("changes")
    shas = set(stored["sha"].to_pylist())
    yield dg.AssetCheckResult(
        check_name="has_every_commit_once",
        passed=len(shas) == stored.num_rows == commits.num_rows and head_of(REPOSITORY) in shas,
    )
    roots = pc.sum(pc.equal(stored["parents"], 0)).as_py() or 0
    yield dg.AssetCheckResult(check_name="has_every_parent", passed=roots >= 1, metadata={"roots": roots})
    strays = set(stored_changes["sha"].to_pylist()) - shas
    yield dg.AssetCheckResult(
        check_name="changes_belong_to_commits",
        passed=not strays and stored_changes.num_rows == changes.num_rows,
        metadata={"strays": len(strays)},
    )


@dg.asset(group_name="github_stats", deps=[staged])
def history(context: dg.AssetExecutionContext) -> None:
    """The tables stats.commits and stats.changes of the lake, as everybody sees them."""
    audit_of(context.run_id[:8], platform()).publish()


@dg.asset(group_name="github_stats", deps=[history])
def statistics() -> dg.Output[dict[str, list[dict[str, Any]]]]:
    """The statistics, computed by the platform's SQL engine."""
    facts = platform()
    found = {name: query(sql, facts) for name, sql in STATEMENTS.items()}
    return dg.Output(found, metadata={name: len(rows) for name, rows in found.items()})


@dg.asset(group_name="github_stats")
def published(statistics: dict[str, list[dict[str, Any]]]) -> None:
    """The statistics as tables of the schema `stats` in the pipelines' database."""
    publish(statistics)


defs = dg.Definitions(
    assets=[staged, history, statistics, published],
    schedules=[dg.ScheduleDefinition(name="hourly", target="*", cron_schedule="0 * * * *")],
)
