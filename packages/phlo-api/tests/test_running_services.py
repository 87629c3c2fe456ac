"""Services are restarted and stopped in one run, and a run can be cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from phlo_api.server.settings import HOSTS_VARIABLE
from serving import OPERATOR, VIEWER, Ask, asking, make_project, project_on_engine, settings_of, until

SERVICES = """
    web:
      type: inline
      image: IMAGE
      command: [sleep, "600"]
      init: true
    slow:
      type: inline
      image: IMAGE
      command: [sleep, "600"]
      init: true
      profile: slow
      healthcheck: {test: ["CMD", "false"], interval: 1s, start_period: 600s}
"""


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Ask]:
    environ = {HOSTS_VARIABLE: "lake.example", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    with asking(settings_of(make_project(tmp_path), actions=("restart", "stop"), environ=environ)) as ask:
        yield ask


@pytest.mark.parametrize("command", ["restart", "stop"])
@pytest.mark.parametrize(
    ("services", "status", "says"), [([], 422, "no service"), (["wev"], 404, "wev"), (["--all"], 422, "")]
)
def test_services_that_cannot_be_meant_are_refused(
    ask: Ask, command: str, services: list[str], status: int, says: str
) -> None:
    answer = ask(f"/actions/{command}", token=OPERATOR, method="POST", json={"services": services})
    assert (answer.status_code, says in answer.text) == (status, True)


def test_only_an_operator_stops_services_and_cancels_runs(ask: Ask) -> None:
    assert ask("/actions/stop", method="POST", json={"services": ["web"]}).status_code == 403
    assert ask("/runs/20261201-000000-000001/cancel", method="POST").status_code == 403


def test_a_run_that_is_not_known_or_not_started_here_cannot_be_cancelled(ask: Ask, tmp_path: Path) -> None:
    run = "20261201-000000-000001"
    assert ask(f"/runs/{run}/cancel", token=OPERATOR, method="POST").status_code == 404
    (tmp_path / ".phlo" / "runs" / f"{run}.jsonl").write_text("")
    refused = ask(f"/runs/{run}/cancel", token=OPERATOR, method="POST")
    assert (refused.status_code, "Ctrl-C" in refused.json()["fix"]) == (409, True)


@pytest.mark.integration
def test_a_run_is_cancelled_and_services_are_stopped(tmp_path: Path) -> None:
    with project_on_engine(tmp_path, SERVICES) as settings, asking(settings) as ask:

        def started(path: str, **body: object) -> str:
            answer = ask(path, token=OPERATOR, method="POST", json=body)
            assert answer.status_code == 202, answer.text
            return str(answer.json()["run"])

        def result(run: str) -> str:
            return str(ask(f"/runs/{run}").json()["result"])

        digest = ask("/plan", params={"service": "slow"}).json()["digest"]
        run = started("/actions/up", services=["slow"], plan=digest)
        until(lambda: ask("/services/slow").json()["health"] == "starting", "slow does not start")
        assert ask(f"/runs/{run}/cancel", method="POST", token=VIEWER).status_code == 403
        assert ask(f"/runs/{run}/cancel", method="POST", token=OPERATOR).status_code == 202
        until(lambda: result(run) != "running", "the run goes on")
        assert result(run) in ("interrupted", "cut short", "rolled back", "failed")
        until(
            lambda: ask(f"/runs/{run}/cancel", method="POST", token=OPERATOR).status_code == 409,
            "the run has not ended",
        )

        run = started("/actions/up", services=["web"], plan=ask("/plan", params={"service": "web"}).json()["digest"])
        until(lambda: result(run) != "running", "the run goes on")
        run = started("/actions/stop", services=["web"])
        until(lambda: result(run) != "running", "the run goes on")
        assert ask("/services/web").json()["status"] == "stopped"
        noted = [(one["action"], one["target"]) for one in ask("/audit", token=OPERATOR).json()]
        assert ("stop", "web") in noted
        assert "cancel" in [action for action, _ in noted]
