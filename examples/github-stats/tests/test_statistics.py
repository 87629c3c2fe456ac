"""Every number of the running example, compared with what git itself counts.

    phlo run up && phlo run dagster.materialize && pytest tests

Works on this project and on ../lakehouse alike: run it in the folder of the one that is up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any

PROJECT = Path(os.environ.get("EXAMPLE_PROJECT", Path.cwd()))
REPOSITORY = Path(os.environ.get("GITHUB_STATS_REPOSITORY", Path(__file__).resolve().parents[3]))


def git(*words: str) -> list[str]:
    argv = ["git", "-c", "core.quotePath=false", "-C", str(REPOSITORY), *words]
    done = subprocess.run(argv, env={**os.environ, "TZ": "UTC"}, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def phlo(*words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "phlo", *words], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@cache
def engine() -> str:
    """The service that is the SQL engine."""
    listed = json.loads(phlo("services", "list", "--json"))
    names = {service["name"] for service in listed if service["state"].lower() == "running"}
    return "trino" if "trino" in names else "duckdb"


def lake(sql: str) -> list[dict[str, Any]]:
    """Rows of the lake, by its SQL engine."""
    return list(json.loads(phlo("run", f"{engine()}.query", sql, "--output", "json")))


def published(table: str, columns: str) -> list[list[str]]:
    """Rows of the published database."""
    sql = f"COPY (SELECT {columns} FROM stats.{table}) TO STDOUT"  # noqa: S608  both stand in this file
    text = phlo("run", "postgres.psql", "pipeline", "--command", sql)
    return [line.split("\t") for line in text.splitlines()]


@cache
def lines_by_commit() -> dict[str, list[tuple[int, int, str]]]:
    """Commit -> insertions, deletions and path of each file that it touches."""
    found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    sha = ""
    for line in git("log", "--numstat", "--no-renames", "--format=commit %H"):
        if line.startswith("commit "):
            sha = line.split()[1]
        elif line:
            more, less, path = line.split("\t", 2)
            found[sha].append((int(more.replace("-", "0")), int(less.replace("-", "0")), path))
    return found


def test_the_lake_has_every_commit() -> None:
    counted = int(git("rev-list", "--count", "HEAD")[0])
    assert lake("select count(*) as n, count(distinct sha) as m from iceberg.stats.commits") == [
        {"n": counted, "m": counted}
    ]


def test_the_lake_has_every_changed_file() -> None:
    files = [change for changes in lines_by_commit().values() for change in changes]
    totals = lake("select count(*) as n, sum(insertions) as i, sum(deletions) as d from iceberg.stats.changes")[0]
    assert [int(totals[key]) for key in ("n", "i", "d")] == [
        len(files),
        sum(more for more, _, _ in files),
        sum(less for _, less, _ in files),
    ]


def test_the_published_totals_are_gits() -> None:
    commits = git("rev-list", "--count", "HEAD")[0]
    authors = len(set(git("log", "--format=%aN")))
    seconds = sorted(int(line) for line in git("log", "--format=%ct"))
    columns = "commits, authors, extract(epoch from first_commit)::bigint, extract(epoch from last_commit)::bigint"
    assert published("totals", columns) == [[commits, str(authors), str(seconds[0]), str(seconds[-1])]]


def test_the_published_authors_are_gits() -> None:
    wanted: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for line in git("log", "--format=%H %aN"):
        sha, author = line.split(" ", 1)
        changes = lines_by_commit().get(sha, [])
        for index, amount in enumerate((1, sum(one[0] for one in changes), sum(one[1] for one in changes))):
            wanted[author][index] += amount
    found = published("authors", "author, commits, insertions, deletions")
    assert {row[0]: list(map(int, row[1:])) for row in found} == dict(wanted)


def test_the_published_months_are_gits() -> None:
    months = Counter(git("log", "--format=%cd", "--date=format-local:%Y-%m-01"))
    assert {month: int(count) for month, count in published("months", "month, commits")} == months


def test_the_published_folders_are_gits() -> None:
    paths: dict[str, set[str]] = defaultdict(set)
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for changes in lines_by_commit().values():
        for more, less, path in changes:
            folder = path.split("/")[0] if "/" in path else "."
            paths[folder].add(path)
            totals[folder][0] += more
            totals[folder][1] += less
    wanted = {folder: [len(paths[folder]), *totals[folder]] for folder in paths}
    found = published("folders", "folder, files, insertions, deletions")
    assert {row[0]: list(map(int, row[1:])) for row in found} == wanted
