"""An `up` that names a plan's digest carries out that plan, or nothing."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from phlo_api.server.plans import digest_of, moved
from phlo_api.server.settings import Settings
from serving import OPERATOR, VIEWER, Ask, asking, project_on_engine, until

from phlo.hosts.connect import open_engine

STEP = {
    "id": "local/web/container",
    "host": "local",
    "service": "web",
    "operation": "container",
    "status": "changed",
    "changes": [{"at": "container:web", "verb": "create", "causes": ["not found"], "is_counted": True}],
    "message": "looked at in 0.1 s",
}
PLAN: dict[str, Any] = {"v": 2, "project": "lake", "has_changes": True, "counts": {}, "steps": [STEP]}


def plan(**step: Any) -> dict[str, Any]:
    return {**PLAN, "steps": [{**copy.deepcopy(STEP), **step}]}


def test_equal_plans_have_one_digest_whatever_the_order_of_steps_and_their_messages() -> None:
    other = {**STEP, "id": "local/db/container"}
    assert digest_of({**PLAN, "steps": [STEP, other]}, ["a", "b"]) == digest_of(
        {**PLAN, "steps": [other, {**STEP, "message": "looked at in 7 s"}]}, ["b", "a"]
    )


@pytest.mark.parametrize(
    "other",
    [
        plan(id="local/db/container"),
        plan(status="unknown"),
        plan(changes=[{"at": "container:web", "verb": "create", "causes": ["another"], "is_counted": True}]),
        plan(changes=[]),
        {**PLAN, "steps": []},
        {**PLAN, "project": "other"},
    ],
)
def test_another_plan_has_another_digest(other: dict[str, Any]) -> None:
    assert digest_of(other, []) != digest_of(PLAN, [])


def test_a_service_that_became_ready_meanwhile_does_not_change_the_plan() -> None:
    wait = {"at": "container:db", "verb": "wait", "causes": ["health: starting"], "is_counted": False}
    ready = {**STEP, "id": "local/db/wait", "status": "ok", "changes": []}
    starting = {**ready, "status": "changed", "changes": [wait]}
    assert digest_of({**PLAN, "steps": [STEP, starting]}, []) == digest_of({**PLAN, "steps": [STEP, ready]}, [])


def test_the_plan_of_one_service_is_not_that_of_all() -> None:
    assert digest_of(PLAN, ["web"]) != digest_of(PLAN, [])


def test_what_moved_is_named() -> None:
    before, now = {"a": "a: one", "b": "b: two"}, {"b": "b: three", "c": "c: four"}
    assert list(moved(before, now)) == ["no longer: a: one", "was: b: two; now: b: three", "new: c: four"]


SERVICES = """
    web:
      type: inline
      image: IMAGE
      command: [sleep, "600"]
      init: true
"""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with project_on_engine(tmp_path, SERVICES) as settings:
        yield settings


@pytest.fixture
def ask(settings: Settings) -> Iterator[Ask]:
    with asking(settings) as ask:
        yield ask


@pytest.mark.integration
def test_a_plan_that_moved_is_refused_with_what_moved_and_one_that_holds_is_carried_out(
    ask: Ask, settings: Settings
) -> None:
    shown = ask("/plan").json()
    assert ask("/plan").json()["digest"] == shown["digest"]

    whole = (settings.root / "phlo.yaml").read_text()
    (settings.root / "phlo.yaml").write_text(whole + "    volumes: ['data:/data']\n")
    refused = ask("/actions/up", token=OPERATOR, method="POST", json={"plan": shown["digest"]})
    assert refused.status_code == 409
    assert refused.json()["detail"] == "the plan has changed since it was shown"
    assert any("volume" in line for line in refused.json()["lines"])
    assert ask("/runs").json() == []

    unnamed = ask("/actions/up", token=OPERATOR, method="POST", json={})
    assert (unnamed.status_code, "GET /plan" in unnamed.json()["fix"]) == (422, True)

    fresh = ask("/plan").json()
    assert fresh["digest"] != shown["digest"]
    started = ask("/actions/up", token=OPERATOR, method="POST", json={"plan": fresh["digest"]})
    assert started.status_code == 202, started.text
    run = started.json()["run"]
    until(lambda: ask(f"/runs/{run}").json()["result"] != "running", "the run goes on")
    assert ask(f"/runs/{run}").json()["result"] == "changed"
    assert ask("/services/web").json()["status"] == "running"
    assert ask("/plan").json()["has_changes"] is False
    until(lambda: not list(settings.state_folder.glob("plan-*")), "the plan's file stays")

    container = ask("/services/web").json()["instances"][0]["id"]
    held = ask("/plan").json()["digest"]
    with closing(open_engine(None, name="local", environ=os.environ)) as engine:
        engine.post(f"/containers/{container}/stop", t=0)
    refused = ask("/actions/up", token=OPERATOR, method="POST", json={"plan": held})
    assert (refused.status_code, len(refused.json()["lines"]) > 0) == (409, True)
    assert ask("/actions/up", token=VIEWER, method="POST", json={"plan": held}).status_code == 403
