"""The stream of changes: a snapshot first, then each change once, also for who comes back."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from phlo_api.server.change_models import (
    Changes,
    EngineChange,
    HostChange,
    PlanChange,
    ProjectChange,
    ServiceChange,
)
from phlo_api.server.changes import MOST_KEPT, ChangeStream
from phlo_api.server.run_models import RunSummary
from phlo_api.server.watch import changes_between
from serving import OPERATOR, VIEWER, make_project, project_on_engine, served, settings_of

from phlo.hosts.connect import open_engine

EMPTY = Changes(
    services=[],
    runs=[],
    hosts=[HostChange(name="local", reachable=True, problem=None)],
    plan=PlanChange(revision="0"),
    project=ProjectChange(changed_at=1.0, problem=None),
    engine=EngineChange(connected=True, problems=[]),
)
WEB = ServiceChange(name="web", enabled=True, status="running", health=None, instances=[])
RUN = RunSummary(id="20260131-120000-000000", title="up", began=1.0, seconds=None, result="running", counts={})


def plan(revision: int) -> Changes:
    return EMPTY.model_copy(update={"plan": PlanChange(revision=str(revision))})


@pytest.mark.parametrize(
    ("before", "now", "kinds"),
    [
        ({}, {}, []),
        ({}, {"services": [WEB]}, ["service"]),
        ({"services": [WEB]}, {"services": [WEB.model_copy(update={"status": "failed"})]}, ["service"]),
        ({"services": [WEB]}, {}, ["service"]),
        ({}, {"runs": [RUN]}, ["run"]),
        ({"runs": [RUN]}, {"runs": [RUN.model_copy(update={"result": "ok"})]}, ["run"]),
        ({"runs": [RUN]}, {}, []),
        ({}, {"hosts": []}, ["host"]),
        ({}, {"engine": EngineChange(connected=False, problems=["gone"])}, ["engine"]),
        ({}, {"project": ProjectChange(changed_at=2.0, problem=None)}, ["project"]),
        ({}, {"plan": PlanChange(revision="1"), "services": [WEB]}, ["service", "plan"]),
    ],
)
def test_only_what_differs_is_an_event(before: dict[str, Any], now: dict[str, Any], kinds: list[str]) -> None:
    found = changes_between(EMPTY.model_copy(update=before), EMPTY.model_copy(update=now))
    assert [kind for kind, _ in found] == kinds


def test_a_service_that_is_no_more_is_gone() -> None:
    ((_, gone),) = changes_between(EMPTY.model_copy(update={"services": [WEB]}), EMPTY)
    assert isinstance(gone, ServiceChange)
    assert gone.gone


class Source:
    """What is looked at; `moved` waits until it has been seen."""

    def __init__(self) -> None:
        self.revision = 0

    def look(self) -> Changes:
        return plan(self.revision)


def event(text: str) -> tuple[str, str, Any]:
    fields = dict(line.split(": ", 1) for line in text.strip().splitlines())
    return fields["event"], fields["id"], json.loads(fields["data"])


def run(test: Callable[[Source, ChangeStream], Any]) -> None:
    async def both() -> None:
        source = Source()
        await asyncio.wait_for(test(source, ChangeStream(source.look, every_seconds=0.001)), 60)

    asyncio.run(both())


async def revisions(stream: AsyncGenerator[str, None], count: int) -> list[str]:
    return [event(await anext(stream))[2]["revision"] for _ in range(count)]


async def moved(source: Source, stream: AsyncGenerator[str, None], times: int) -> str:
    """Make so many changes, each seen by a client; gives the last id."""
    for _ in range(times):
        source.revision += 1
        _, number, data = event(await anext(stream))
        assert data["revision"] == str(source.revision)
    return number


def test_a_stream_begins_with_a_snapshot_and_one_that_comes_back_gets_what_it_missed() -> None:
    async def test(source: Source, changes: ChangeStream) -> None:
        stays, leaves = changes.follow(None), changes.follow(None)
        assert event(await anext(stays))[0] == "snapshot"
        kind, number, data = event(await anext(leaves))
        assert (kind, data["plan"]["revision"]) == ("snapshot", "0")
        await leaves.aclose()
        await moved(source, stays, 3)
        again = changes.follow(number)
        assert await revisions(again, 3) == ["1", "2", "3"]
        await again.aclose()
        await stays.aclose()

    run(test)


def test_what_changed_while_nobody_listened_is_sent_to_who_comes_back() -> None:
    async def test(source: Source, changes: ChangeStream) -> None:
        stream = changes.follow(None)
        _, number, _ = event(await anext(stream))
        await stream.aclose()
        assert changes._task is None
        source.revision = 7
        again = changes.follow(number)
        assert await revisions(again, 1) == ["7"]
        await again.aclose()

    run(test)


def test_a_look_that_fails_is_followed_by_the_next_one() -> None:
    async def test(source: Source, changes: ChangeStream) -> None:
        answers: list[Changes | Exception] = [plan(0), RuntimeError("a file has gone"), plan(1)]

        def look() -> Changes:
            found = answers.pop(0) if len(answers) > 1 else answers[0]
            if isinstance(found, Exception):
                raise found
            return found

        changes._look = look
        stream = changes.follow(None)
        assert event(await anext(stream))[0] == "snapshot"
        assert await revisions(stream, 1) == ["1"]
        await stream.aclose()

    run(test)


@pytest.mark.parametrize("number", ["", "x", "x-1", "{epoch}-", "{epoch}-x", "{epoch}-99", "{epoch}-٣", "{epoch}--1"])
def test_an_id_of_another_server_or_of_none_begins_with_a_snapshot(number: str) -> None:
    async def test(source: Source, changes: ChangeStream) -> None:
        stream = changes.follow(number.replace("{epoch}", changes._epoch))
        assert event(await anext(stream))[0] == "snapshot"
        await stream.aclose()

    run(test)


def test_who_was_away_for_too_long_begins_anew_and_memory_is_bounded() -> None:
    async def test(source: Source, changes: ChangeStream) -> None:
        stream = changes.follow(None)
        _, first, _ = event(await anext(stream))
        for revision in range(MOST_KEPT + 10):
            changes._take(plan(revision + 1))
        assert len(changes._events) == MOST_KEPT
        again = changes.follow(first)
        assert event(await anext(again))[0] == "snapshot"
        await again.aclose()
        await stream.aclose()

    run(test)


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **more}


def events_of(answer: httpx.Response) -> Any:
    kind = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            kind = line[7:]
        if line.startswith("data: "):
            yield kind, json.loads(line[6:])


def test_a_broken_project_is_an_event_with_file_and_line_and_the_stream_ends_with_its_token(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    with (
        served(settings_of(root)) as api,
        httpx.stream("GET", f"{api.url}/changes", headers=bearer(VIEWER), timeout=60) as answer,
    ):
        events = events_of(answer)
        kind, data = next(events)
        assert (kind, data["engine"]["connected"], data["hosts"][0]["reachable"]) == ("snapshot", False, False)
        (root / "phlo.yaml").write_text("name: lake\nservices: {defaults: false}\nunknown: 1\n")
        kind, data = next(events)
        assert (kind, data["problem"]["file"], data["problem"]["line"]) == ("project", "phlo.yaml", 3)
        httpx.post(f"{api.url}/tokens/viewer/rotate", headers=bearer(OPERATOR), timeout=60).raise_for_status()
        assert [kind for kind, _ in events][-1] == "revoked"


@pytest.mark.integration
def test_a_run_and_a_container_that_dies_are_seen_without_asking(tmp_path: Path) -> None:
    services = "web: {type: inline, image: IMAGE, command: [sleep, '600'], init: true}"
    with (
        project_on_engine(tmp_path, services) as settings,
        served(settings) as api,
        httpx.stream("GET", f"{api.url}/changes", headers=bearer(VIEWER), timeout=120) as answer,
    ):
        events = events_of(answer)
        assert next(events)[0] == "snapshot"
        plan = httpx.get(f"{api.url}/plan", headers=bearer(VIEWER), timeout=120).json()
        body = {"plan": plan["digest"]}
        httpx.post(f"{api.url}/actions/up", json=body, headers=bearer(OPERATOR), timeout=120).raise_for_status()
        seen: dict[str, Any] = {}
        wanted = [("service", "status", "running"), ("run", "result", "changed")]
        while "plan" not in seen or any(seen.get(kind, {}).get(name) != value for kind, name, value in wanted):
            kind, data = next(events)
            seen[kind] = data
        with closing(open_engine(None, name="local", environ=os.environ)) as engine:
            engine.post(f"/containers/{seen['service']['instances'][0]['container']}/kill")
        while seen["service"]["status"] == "running":
            kind, data = next(events)
            seen[kind] = data
        assert seen["service"]["instances"][0]["exit_code"] == 137
