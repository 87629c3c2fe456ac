"""Which actions of roles the API offers and runs: their danger, and whether they need a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from phlo_api.server.settings import HOSTS_VARIABLE, Settings
from serving import OPERATOR, VIEWER, Ask, asking, settings_of, until

ACTIONS = {
    "look": "danger: safe\ntasks: [{debug: {msg: looked}}]\n",
    "shell": "interactive: true\ntasks: [{debug: {msg: shell}}]\n",
    "query": "interactive: {without: sql}\narguments: {sql: {}}\ntasks: [{debug: {msg: '{{ sql }}'}}]\n",
    "wipe": "help: Delete all data\ndanger: destructive\ntasks: [{debug: {msg: wiped}}]\n",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    tasks = tmp_path / "roles/web/tasks"
    tasks.mkdir(parents=True)
    (tmp_path / ".phlo/runs").mkdir(parents=True)
    (tmp_path / "phlo.yaml").write_text("name: lake\nservices: {defaults: false, enabled: [web]}\n")
    (tmp_path / "roles/web/service.yaml").write_text("name: web\ndescription: a page\nimage: web:1\n")
    for name, text in ACTIONS.items():
        (tasks / f"{name}.yaml").write_text(text)
    made = settings_of(tmp_path, actions=("action",))
    return replace(made, environ={**made.environ, HOSTS_VARIABLE: "lake.example"})


@pytest.fixture
def ask(settings: Settings) -> Iterator[Ask]:
    with asking(settings) as ask:
        yield ask


def test_a_service_says_how_dangerous_its_actions_are(ask: Ask) -> None:
    found = {
        one["name"]: (one["danger"], one["interactive"], one["interactive_without"])
        for one in ask("/services/web").json()["actions"]
    }
    assert found == {
        "look": ("safe", False, None),
        "query": ("changes", True, "sql"),
        "shell": ("changes", True, None),
        "wipe": ("destructive", False, None),
    }


@pytest.mark.parametrize("name", ["shell", "query"])
def test_an_interactive_action_is_refused_by_name(ask: Ask, name: str) -> None:
    found = ask(f"/services/web/actions/{name}", token=OPERATOR, method="POST", json={})
    assert found.status_code == 409
    assert f"web.{name} is interactive" in found.json()["detail"]
    assert f"phlo run web.{name}" in found.json()["fix"]
    (entry,) = ask("/audit", token=OPERATOR).json()
    assert (entry["target"], entry["result"]) == (f"web.{name}", "refused")


@pytest.mark.parametrize("body", [{}, {"confirm": ""}, {"confirm": "true"}, {"confirm": "web.look"}])
def test_a_destructive_action_needs_its_name_as_confirmation(ask: Ask, body: dict[str, str]) -> None:
    found = ask("/services/web/actions/wipe", token=OPERATOR, method="POST", json=body)
    assert (found.status_code, found.json()["fix"]) == (422, 'Send `confirm: "web.wipe"`.')
    assert "Delete all data" in found.json()["detail"]


@pytest.mark.parametrize(
    ("name", "body"),
    [("look", {}), ("query", {"arguments": {"sql": "select 1"}}), ("wipe", {"confirm": "web.wipe"})],
)
def test_other_actions_are_run(ask: Ask, name: str, body: dict[str, object]) -> None:
    found = ask(f"/services/web/actions/{name}", token=OPERATOR, method="POST", json=body)
    assert found.status_code == 202, found.text
    until(lambda: len(ask("/audit", token=OPERATOR).json()) == 3, "the run goes on")
    assert [one["result"] for one in ask("/audit", token=OPERATOR).json()] == ["done", "started", "requested"]
    assert ask(f"/services/web/actions/{name}", token=VIEWER, method="POST", json=body).status_code == 403
