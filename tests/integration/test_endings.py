"""Jobs that end, servers that are stopped, and conditions between services, against a real engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from phlo.hosts.engine import Engine
from tests.integration.conftest import STAY, Phlo

JOB = 'command: ["sh", "-c", "exit 0"]'
SERVICE = "  {name}: {{type: inline, image: phlo/test-busybox:1, stop_grace_period: 1s, {rest}}}\n"


class Stack:
    def __init__(self, folder: Path, engine: Engine, project: str, phlo: Phlo) -> None:
        self.folder, self.engine, self.project, self.phlo = folder, engine, project, phlo

    def write(self, **services: str) -> None:
        lines = "".join(SERVICE.format(name=name, rest=rest) for name, rest in services.items())
        (self.folder / "phlo.yaml").write_text(f"name: {self.project}\nservices:\n  defaults: false\n{lines}")

    def inspect(self, service: str) -> dict[str, Any]:
        return dict(self.engine.get(f"/containers/{self.project}-{service}-1/json"))

    def stop(self, service: str) -> None:
        self.engine.post(f"/containers/{self.project}-{service}-1/stop")

    def wait(self, service: str) -> None:
        """Wait until a container has ended."""
        self.engine.post(f"/containers/{self.project}-{service}-1/wait")

    def states(self) -> dict[str, str]:
        return {
            row["name"]: row["state"].capitalize() for row in json.loads(self.phlo("services", "list", "--json").stdout)
        }


@pytest.fixture
def folder(tmp_path: Path, tiny: str) -> Path:
    return tmp_path


@pytest.fixture
def stack(folder: Path, engine: Engine, project: str, phlo: Phlo) -> Stack:
    return Stack(folder, engine, project, phlo)


def test_a_job_that_nothing_waits_for_is_done_and_runs_again_only_when_it_changes(stack: Stack) -> None:
    stack.write(job=JOB, late='command: ["sh", "-c", "sleep 1"]')
    stack.phlo("up")
    stack.wait("late")
    before = {name: stack.inspect(name)["State"]["StartedAt"] for name in ("job", "late")}
    assert "Nothing to do" in stack.phlo("up").stderr
    assert {name: stack.inspect(name)["State"]["StartedAt"] for name in ("job", "late")} == before
    assert stack.states() == {"job": "Done", "late": "Done"}
    stack.phlo("start")
    assert stack.inspect("job")["State"]["StartedAt"] == before["job"]
    stack.write(job=JOB.replace("exit 0", "true"), late='command: ["sh", "-c", "sleep 1"]')
    stack.phlo("up")
    assert stack.inspect("job")["State"]["StartedAt"] != before["job"]
    assert stack.inspect("late")["State"]["StartedAt"] == before["late"]


def test_a_job_that_fails_is_a_failure_whenever_it_is_seen(stack: Stack) -> None:
    stack.write(job='command: ["sh", "-c", "exit 3"]')
    assert "ended with exit status 3" in stack.phlo("up", code=1).stderr
    stack.write(job='command: ["sh", "-c", "sleep 1; exit 3"]')
    stack.phlo("up")
    stack.wait("job")
    assert stack.states() == {"job": "Failed"}
    assert "start container" in (text := stack.phlo("plan").stdout)
    assert "failed (exit status 3)" in text
    assert "failed (exit status 3)" in stack.phlo("up").stderr


def test_a_server_that_ended_with_0_did_not_do_what_it_is_for(stack: Stack) -> None:
    stack.write(web=f'{JOB}, expose: ["80"]')
    text = stack.phlo("up", code=1).stderr
    assert "stopped with exit status 0 instead of running" in text
    assert "one_shot: true" in text


@pytest.mark.parametrize("by", ["phlo", "docker"])
@pytest.mark.parametrize("rest", ['expose: ["80"]', 'healthcheck: {test: "true"}', "one_shot: false"])
def test_a_server_that_was_stopped_is_started_again(by: str, rest: str, stack: Stack) -> None:
    stack.write(web=rest)
    stack.phlo("up")
    if by == "phlo":
        stack.phlo("stop")
    else:
        stack.stop("web")
    assert stack.inspect("web")["State"]["ExitCode"] == 0
    assert stack.states() == {"web": "Stopped"}
    stack.phlo("up")
    assert stack.inspect("web")["State"]["Running"]


def test_what_phlo_stopped_is_never_taken_for_a_finished_job(stack: Stack) -> None:
    stack.write(worker=f"command: {json.dumps(STAY)}".replace("$!", "$$!"))
    stack.phlo("up")
    identity = stack.inspect("worker")["Id"]
    for again in (("up",), ("start",), ("start", "worker")):
        stack.phlo("stop")
        assert stack.inspect("worker")["State"]["ExitCode"] == 0
        assert stack.states() == {"worker": "Stopped"}
        stack.phlo(*again)
        found = stack.inspect("worker")
        assert found["State"]["Running"]
        assert found["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")
    assert found["Id"] == identity
    assert "Nothing to do" in stack.phlo("up").stderr


def test_a_job_that_is_retried_on_failure_fails_once_the_engine_gives_up(stack: Stack) -> None:
    stack.write(job='command: ["sh", "-c", "exit 3"], restart: "on-failure:1", one_shot: true')
    assert "ended with exit status 3" in stack.phlo("up", code=1).stderr


def test_the_end_that_a_condition_names_is_waited_for(stack: Stack) -> None:
    stack.write(
        seed='command: ["sh", "-c", "sleep 1"]',
        app="depends_on: {seed: {condition: service_completed_successfully}}",
    )
    stack.phlo("up")
    assert stack.inspect("app")["State"]["StartedAt"] > stack.inspect("seed")["State"]["FinishedAt"]
    assert "Nothing to do" in stack.phlo("up").stderr


def test_health_that_is_waited_for_and_that_nobody_can_check_is_refused_with_its_line(stack: Stack) -> None:
    stack.write(db="init: true", app="depends_on: {db: {condition: service_healthy}}")
    for words in (("up",), ("plan",)):
        text = stack.phlo(*words, code=1)
        assert "phlo.yaml:5 services.app.depends_on.db.condition" in text.stdout + text.stderr
    assert not stack.engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={stack.project}"]})


def test_the_health_check_of_an_image_is_one(stack: Stack, engine: Engine, tiny: str) -> None:
    made = engine.post("/containers/create", {"Image": tiny, "Healthcheck": {"Test": ["CMD", "true"]}})
    image = f"phlo/test-checked:{stack.project}"
    try:
        engine.post("/commit", {"Healthcheck": {"Test": ["CMD", "true"]}}, container=made["Id"], repo=image)
    finally:
        engine.delete(f"/containers/{made['Id']}", force=True)
    try:
        stack.write(db=f"image: {image}", app="depends_on: {db: {condition: service_healthy}}")
        text = (stack.folder / "phlo.yaml").read_text()
        (stack.folder / "phlo.yaml").write_text(text.replace("image: phlo/test-busybox:1, ", "", 1))
        stack.phlo("up")
        assert stack.inspect("app")["State"]["Running"]
    finally:
        for found in engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={stack.project}"]}):
            engine.delete(f"/containers/{found['Id']}", force=True)
        engine.delete(f"/images/{image}", force=True)
