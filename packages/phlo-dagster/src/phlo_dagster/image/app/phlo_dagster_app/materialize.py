"""Materialize assets in the running code location, follow the run, and end with 1 when it fails.

python -m phlo_dagster_app.materialize [--select KEYS] [--partition KEY] [--timeout SECONDS]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from typing import Any

from phlo_dagster_app.graphql import ask, check_workflows, fail, text_of
from phlo_dagster_app.selection import Asset, select

ENDED = ("SUCCESS", "FAILURE", "CANCELED")
_ERROR = "message errorChain { error { message } }"

_ASSETS = """{ assetNodes { assetKey { path } groupName isMaterializable isPartitioned
    dependencyKeys { path } dependedByKeys { path } repository { name location { name } } } }"""

_LAUNCH = """mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) { __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on Error { message } } }"""

_LOGS = (
    """query ($run: ID!, $cursor: String) { logsForRun(runId: $run, afterCursor: $cursor) { __typename
    ... on Error { message }
    ... on EventConnection { cursor hasMore events { __typename
        ... on MessageEvent { message level stepKey }
        ... on ExecutionStepFailureEvent { error { ERROR } }
        ... on RunFailureEvent { error { ERROR } }
        ... on EngineEvent { error { ERROR } }
        ... on MaterializationEvent { assetKey { path } }
        ... on AssetCheckEvaluationEvent { evaluation { assetKey { path } checkName success severity } } } } } }"""
).replace("ERROR", _ERROR)

_STATUS = "query ($run: ID!) { runOrError(runId: $run) { __typename ... on Error { message } ... on Run { status } } }"


def main() -> None:
    parser = argparse.ArgumentParser(prog="materialize")
    parser.add_argument("--select", default="")
    parser.add_argument("--partition", default="")
    parser.add_argument("--timeout", type=float, default=3600)
    given = parser.parse_args()
    check_workflows()
    run = launch(given.select, given.partition)
    follow(run, deadline=time.monotonic() + given.timeout)


def launch(text: str, partition: str) -> str:
    """Start the run, and give its id."""
    nodes = [node for node in ask(_ASSETS) if node["isMaterializable"]]
    try:
        chosen = select(text, map(_asset, nodes))
    except ValueError as error:
        fail(str(error))
    partitioned = [asset.key for asset in chosen if asset.is_partitioned]
    if partitioned and not partition:
        fail(f"{', '.join(partitioned)}: is partitioned. Say which one: --partition KEY.")
    if partition and not partitioned:
        fail("nothing of what is selected is partitioned. Leave --partition out.")
    keys = {asset.key for asset in chosen}
    homes = {
        (node["repository"]["location"]["name"], node["repository"]["name"]) for node in nodes if _key(node) in keys
    }
    if len(homes) > 1:
        fail("what is selected is in several code locations. Materialize them one after the other.")
    ((location, repository),) = homes
    selector = {
        "repositoryLocationName": location,
        "repositoryName": repository,
        "pipelineName": "__ASSET_JOB",
        "assetSelection": [{"path": asset.key.split("/")} for asset in chosen],
    }
    tags = [{"key": "dagster/partition", "value": partition}] if partition else []
    started = ask(_LAUNCH, params={"selector": selector, "runConfigData": {}, "executionMetadata": {"tags": tags}})
    run = str(started["run"]["runId"])
    print(f"run {run}: {', '.join(asset.key for asset in chosen)}", flush=True)
    return run


def follow(run: str, *, deadline: float) -> None:
    """Print what happens until the run has ended; ends the command with 1 when it did not succeed."""
    cursor, reasons = None, []
    while True:
        # The status first: what was logged before it is then in the events that are read after it.
        status = str(ask(_STATUS, run=run)["status"])
        while True:
            found = ask(_LOGS, run=run, cursor=cursor)
            cursor = found["cursor"]
            for event in found["events"]:
                reasons += _reasons(event)
                for line in _lines(event):
                    print(line, flush=True)
            if not found["hasMore"]:
                break
        if status in ENDED:
            break
        if time.monotonic() > deadline:
            fail(f"run {run} has not ended yet: it is {status}. `phlo logs dagster-daemon` shows what starts runs.")
        time.sleep(0.5)
    print(f"run {run}: {status}", flush=True)
    if status != "SUCCESS":
        sys.exit("\n".join([f"phlo-dagster: run {run} ended with {status}", *dict.fromkeys(reasons)]))


def _asset(node: dict[str, Any]) -> Asset:
    return Asset(
        key=_key(node),
        group=str(node["groupName"]),
        is_partitioned=bool(node["isPartitioned"]),
        before=tuple("/".join(key["path"]) for key in node["dependencyKeys"]),
        after=tuple("/".join(key["path"]) for key in node["dependedByKeys"]),
    )


def _key(node: dict[str, Any]) -> str:
    return "/".join(node["assetKey"]["path"])


def _lines(event: dict[str, Any]) -> Iterator[str]:
    kind = event["__typename"]
    if kind == "MaterializationEvent":
        yield f"  materialized {_key(event)}"
    elif kind == "AssetCheckEvaluationEvent":
        check = event["evaluation"]
        verdict = "passed" if check["success"] else check["severity"].lower()
        yield f"  check {_key(check)}.{check['checkName']}: {verdict}"
    elif kind == "LogMessageEvent":
        yield f"  {event['level'].lower()}: {event['message']}"


def _reasons(event: dict[str, Any]) -> list[str]:
    """Why a run failed, as far as this event tells."""
    if event["__typename"] == "ExecutionStepFailureEvent" and event["error"]:
        return [f"{event['stepKey']}: {text_of(event['error'])}"]
    if event["__typename"] == "EngineEvent" and event["error"]:
        return [f"{event['message']}: {text_of(event['error'])}"]
    if event["__typename"] == "RunFailureEvent":
        return [text_of(event["error"])] if event["error"] else [event["message"]]
    if event["__typename"] == "AssetCheckEvaluationEvent":
        check = event["evaluation"]
        if not check["success"] and check["severity"] == "ERROR":
            return [f"the check {check['checkName']} of {_key(check)} failed"]
    return []


if __name__ == "__main__":
    main()
