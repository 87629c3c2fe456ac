"""Hooks around the stop of a container, and services that are restarted with what they depend on."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.hosts.engine import Engine
from tests.integration.conftest import Phlo

# Each hook writes down whether the container runs at that moment.
PROJECT = """
name: {name}
services:
  defaults: false
  db:
    type: inline
    image: phlo/test-busybox:1
    environment: {{VERSION: "1"}}
    hooks:
      pre_stop:
        - name: drain
          command: echo "pre_stop $(docker inspect -f '{{{{.State.Running}}}}' $(cat id))" >> log
        - {{name: never, command: exit 1, requires: no_such_module}}
      post_stop:
        - name: undrain
          command: echo "post_stop $(docker inspect -f '{{{{.State.Running}}}}' $(cat id))" >> log
  web:
    type: inline
    image: phlo/test-busybox:1
    depends_on: {{db: {{condition: service_started, restart: true}}}}
  apart:
    type: inline
    image: phlo/test-busybox:1
    depends_on: [db]
"""
BOTH = "pre_stop true\npost_stop false\n"


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    (tmp_path / "phlo.yaml").write_text(PROJECT.format(name=project))
    return tmp_path


class Stack:
    """The project, up, with what its hooks wrote."""

    def __init__(self, phlo: Phlo, engine: Engine, folder: Path, project: str) -> None:
        self.phlo, self.engine, self.folder, self.project = phlo, engine, folder, project

    def note_id(self) -> None:
        """Tell the hooks which container of db runs now."""
        (self.folder / "id").write_text(self.inspect("db")["Id"])

    def inspect(self, service: str) -> dict:  # type: ignore[type-arg]
        return dict(self.engine.get(f"/containers/{self.project}-{service}-1/json"))

    def started(self, service: str) -> str:
        return str(self.inspect(service)["State"]["StartedAt"])

    def log(self) -> str:
        """What the hooks wrote since the last call."""
        path = self.folder / "log"
        text = path.read_text() if path.exists() else ""
        path.unlink(missing_ok=True)
        return text

    def edit(self, old: str, new: str) -> None:
        path = self.folder / "phlo.yaml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))


@pytest.fixture
def stack(phlo: Phlo, engine: Engine, folder: Path, project: str) -> Stack:
    phlo("up")
    found = Stack(phlo, engine, folder, project)
    found.note_id()
    return found


VERSION_2 = ('VERSION: "1"', 'VERSION: "2"')


def test_the_hooks_run_around_every_stop_and_at_no_other_time(stack: Stack) -> None:
    assert stack.log() == ""
    assert "Nothing to do" in stack.phlo("up").stderr
    assert stack.log() == ""
    stack.edit(*VERSION_2)
    stack.phlo("up", "db")
    assert stack.log() == BOTH
    stack.note_id()
    stack.phlo("rollback")
    assert stack.log() == BOTH
    stack.note_id()
    stack.phlo("restart", "db")
    assert stack.log() == BOTH
    stack.phlo("stop", "db")
    assert stack.log() == BOTH
    stack.phlo("start", "db")
    assert stack.log() == ""
    stack.phlo("down")
    assert stack.log().startswith("pre_stop true\npost_stop false")


def test_a_plan_shows_the_hooks_and_runs_none(stack: Stack) -> None:
    stack.edit(*VERSION_2)
    text = stack.phlo("plan").stdout
    assert "run hook db.pre_stop.drain (before its container stops)" in text
    assert "run hook db.post_stop.undrain (after its container stops)" in text
    assert "before its container stops, if no_such_module is installed" in text
    assert "run hook db.pre_stop.drain" in stack.phlo("down", "--check").stderr
    assert stack.log() == ""


def test_a_hook_that_fails_before_the_stop_leaves_the_container_running(stack: Stack) -> None:
    before = stack.started("db")
    stack.edit("requires: no_such_module", "timeout_seconds: 9")
    stack.edit(*VERSION_2)
    told = stack.phlo("up", code=5).stderr
    assert "pre_stop hook never: ended with status 1" in told
    assert stack.started("db") == before
    assert "ended with status 1" in stack.phlo("down", code=1).stderr
    assert stack.started("db") == before
    stack.edit("command: exit 1", "command: exit 0")


def test_who_asks_for_it_is_restarted_when_the_other_was_recreated(stack: Stack, project: str) -> None:
    web, apart = stack.started("web"), stack.started("apart")
    stack.edit(*VERSION_2)
    planned = stack.phlo("plan").stdout
    assert f"restart container {project}-web-1" in planned
    assert "db is to be recreated" in planned
    told = stack.phlo("up").stderr
    assert f"restarted container {project}-web-1 (db was recreated)" in told
    assert stack.started("web") > web
    assert stack.started("apart") == apart
    assert "Nothing to do" in stack.phlo("up").stderr


def test_a_restart_that_an_interrupted_run_did_not_make_is_made_up_for(stack: Stack) -> None:
    web = stack.started("web")
    stack.edit(*VERSION_2)
    stack.phlo("up", "db")
    assert stack.started("web") == web
    assert "db was recreated" in stack.phlo("up").stderr
    assert stack.started("web") > web


def test_restarting_a_service_restarts_who_asks_for_it(stack: Stack) -> None:
    web, apart = stack.started("web"), stack.started("apart")
    stack.phlo("restart", "db")
    assert stack.started("web") > web
    assert stack.started("apart") == apart


def test_a_container_gets_no_more_time_to_stop_than_the_command_line_says(
    phlo: Phlo, tmp_path: Path, engine: Engine, project: str, tiny: str
) -> None:
    stubborn = "type: inline, image: phlo/test-busybox:1, stop_grace_period: 1h"
    command = "[sh, -c, \"trap '' TERM; while :; do sleep 1; done\"]"
    (tmp_path / "phlo.yaml").write_text(
        f"name: {project}\nservices:\n  defaults: false\n  deaf: {{{stubborn}, command: {command}}}\n"
    )
    phlo("up")
    phlo("stop", "--timeout", "0")
    assert engine.get(f"/containers/{project}-deaf-1/json")["State"]["ExitCode"] == 137
    phlo("start")
    phlo("down", "-t", "0")
    assert engine.get_or_none(f"/containers/{project}-deaf-1/json") is None
