"""List the newest runs.

python -m phlo_dagster_app.runs [--last N]
"""

from __future__ import annotations

import argparse
import datetime

from phlo_dagster_app.graphql import ask

_RUNS = """query ($limit: Int!) { runsOrError(limit: $limit) { __typename ... on Error { message }
    ... on Runs { results { runId jobName status startTime endTime assetSelection { path } } } } }"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="runs")
    parser.add_argument("--last", type=int, default=10)
    runs = ask(_RUNS, limit=parser.parse_args().last)["results"]
    if not runs:
        print("there are no runs yet")
    for run in runs:
        started, ended = run["startTime"], run["endTime"]
        when = datetime.datetime.fromtimestamp(started, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S") if started else "-"
        took = f"{ended - started:.1f}s" if started and ended else "-"
        assets = ", ".join("/".join(key["path"]) for key in run["assetSelection"] or ())
        print(f"{run['runId'][:8]}  {run['status']:<9}  {when:<19}  {took:>8}  {assets or run['jobName']}")


if __name__ == "__main__":
    main()
