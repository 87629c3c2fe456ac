"""Saved plans, going back, the history: whole commands on a project of two services, against a real engine."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from phlo.discovery import ServiceDiscovery
from phlo.events_schema import schema_text
from phlo.hosts.engine import Engine
from phlo.labels import is_set_aside
from tests.integration.conftest import STAY, Phlo

SENTINEL = "s3ntinel-of-the-whole-line"

PROJECT = """
name: {name}
services:
  db:
    type: inline
    image: phlo/test-busybox:1
    command: {stay}
    environment: {{SIZE: big, TOKEN: "${{TOKEN}}"}}
    restart: always
    stop_grace_period: 1s
  web:
    type: inline
    image: phlo/test-busybox:1
    command: {stay}
    environment: {{COLOUR: blue}}
    configs: [{{source: page, target: /etc/page.conf}}]
    depends_on: [db]
    stop_grace_period: 1s
configs:
  page: {{content: "welcome"}}
"""


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    # What this environment has installed is not what these tests are about.
    installed = [service.name for service in ServiceDiscovery().get_default_services()]
    switched_off = "".join(f"  {name}: {{enabled: false}}\n" for name in installed)
    text = PROJECT.format(name=project, stay=json.dumps(STAY)).replace(
        "configs:\n  page", f"{switched_off}configs:\n  page"
    )
    (tmp_path / "phlo.yaml").write_text(text)
    (tmp_path / ".phlo").mkdir()
    (tmp_path / ".phlo" / ".env").write_text(f"TOKEN={SENTINEL}\n")
    return tmp_path


def edit(folder: Path, *pairs: tuple[str, str]) -> None:
    path = folder / "phlo.yaml"
    text = path.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


SIZE = ("SIZE: big", "SIZE: small")
COLOUR = ("COLOUR: blue", "COLOUR: red")
BROKEN = ("environment: {COLOUR", "user: 'nobody:nowhere'\n    environment: {COLOUR")


def containers(engine: Engine, project: str, *, is_kept: bool = False) -> dict[str, dict[str, Any]]:
    """Service -> inspect answer of its container, or of the one that is kept for a rollback."""
    listed = engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={project}"]})
    found = [entry for entry in listed if is_set_aside(entry["Names"][0]) is is_kept]
    return {entry["Labels"]["phlo.service"]: engine.get(f"/containers/{entry['Id']}/json") for entry in found}


def ids(engine: Engine, project: str, *, is_kept: bool = False) -> dict[str, str]:
    return {name: found["Id"] for name, found in containers(engine, project, is_kept=is_kept).items()}


# -- saved plans ----------------------------------------------------------------------------------------------


def test_a_saved_plan_is_carried_out_once_and_then_refused(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    phlo("run", "up")
    before = ids(engine, project)
    edit(folder, SIZE)
    phlo("plan", "-o", "next.plan")
    assert stat.S_IMODE((folder / "next.plan").stat().st_mode) == 0o600
    assert "environment.SIZE changed" in phlo("plan", "show", "next.plan").stdout
    shown = json.loads(phlo("plan", "show", "next.plan", "--json").stdout)
    assert [step["service"] for step in shown["steps"] if step["status"] == "pending"] == ["db"]
    phlo("run", "up", "--plan", "next.plan")
    after = ids(engine, project)
    assert (after["web"], after["db"] != before["db"]) == (before["web"], True)
    assert "was recreated since" in phlo("run", "up", "--plan", "next.plan", code=3).stderr
    assert ids(engine, project) == after


@pytest.mark.parametrize(
    ("pair", "what"),
    [
        (COLOUR, "local/web/container: configuration changed since: environment.COLOUR"),
        (("welcome", "goodbye"), "local/web/container: configuration changed since: files./etc/page.conf"),
        (("depends_on: [db]", "depends_on: [db]\n    mem_limit: 64m"), "configuration changed since: Memory"),
    ],
)
def test_a_plan_is_refused_when_its_inputs_moved(pair: tuple[str, str], what: str, phlo: Phlo, folder: Path) -> None:
    phlo("run", "up")
    edit(folder, SIZE)
    phlo("plan", "-o", "next.plan")
    edit(folder, pair)
    assert what in phlo("run", "up", "--plan", "next.plan", code=3).stderr


def test_a_plan_is_refused_when_a_secret_moved_and_never_holds_it(phlo: Phlo, folder: Path) -> None:
    phlo("run", "up")
    edit(folder, SIZE)
    phlo("plan", "-o", "next.plan")
    assert SENTINEL not in (folder / "next.plan").read_text()
    (folder / ".phlo" / ".env").write_text(f"TOKEN=not-{SENTINEL}\n")
    text = phlo("run", "up", "--plan", "next.plan", code=3).stderr
    assert "local/db/container: configuration changed since: environment.TOKEN" in text


def test_a_plan_is_refused_when_somebody_stopped_a_service(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    phlo("run", "up")
    edit(folder, SIZE)
    phlo("plan", "-o", "next.plan")
    engine.post(f"/containers/{project}-web-1/kill")  # an end with status 0 would be that of a finished job
    text = phlo("run", "up", "--plan", "next.plan", code=3).stderr
    assert f"{project}-web-1: was running, is exited" in text
    assert "planned was nothing; now it would be start" in text


def test_a_comment_or_a_new_line_in_phlo_yaml_leaves_a_plan_good(phlo: Phlo, folder: Path) -> None:
    phlo("plan", "-o", "next.plan")
    edit(folder, ("services:", "# a comment\n\nservices:"))
    phlo("run", "up", "--plan", "next.plan")
    assert "Nothing to do" in phlo("run", "up").stderr


def test_a_plan_says_itself_what_is_brought_up(phlo: Phlo, engine: Engine, project: str) -> None:
    phlo("plan", "db", "-o", "db.plan")
    assert "services" in phlo("run", "up", "web", "--plan", "db.plan", code=3).stderr
    phlo("run", "up", "--plan", "db.plan")
    assert set(ids(engine, project)) == {"db"}


def test_a_variable_of_the_command_line_must_be_given_again(phlo: Phlo) -> None:
    phlo("plan", "-e", "TOKEN=other-value", "-o", "next.plan")
    assert "-e TOKEN" in phlo("run", "up", "--plan", "next.plan", code=3).stderr
    phlo("run", "up", "--plan", "next.plan", "-e", "TOKEN=other-value")


# -- drift ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "what"),
    [("echo more >> /etc/page.conf", "edited in the container"), ("rm /etc/page.conf", "deleted in the container")],
)
def test_an_injected_file_that_was_changed_by_hand_is_seen_and_put_right(
    command: str, what: str, phlo: Phlo, engine: Engine, project: str
) -> None:
    phlo("run", "up")
    assert "Nothing to do" in phlo("run", "up").stderr
    engine.exec(f"{project}-web-1", ["sh", "-c", command])
    assert f"changed by hand: file /etc/page.conf {what}" in phlo("plan").stdout
    phlo("run", "up")
    assert engine.exec(f"{project}-web-1", ["cat", "/etc/page.conf"]) == (0, b"welcome")
    assert "Nothing to do" in phlo("run", "up").stderr


def test_a_file_that_was_only_touched_is_as_it_was(phlo: Phlo, engine: Engine, project: str) -> None:
    phlo("run", "up")
    engine.exec(f"{project}-web-1", ["touch", "/etc/page.conf"])
    assert "Nothing to do" in phlo("run", "up").stderr


def test_a_service_that_changes_its_own_file_is_not_made_anew_for_ever(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    edit(folder, ('"trap', '"echo own >> /etc/page.conf; trap'))
    phlo("run", "up")
    phlo("run", "up")
    before = ids(engine, project)
    assert "/etc/page.conf edited in the container again" in phlo("run", "up").stderr
    assert ids(engine, project) == before


# -- going back ---------------------------------------------------------------------------------------------


def test_a_rollback_puts_back_what_ran_before_and_a_second_one_takes_it_back(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    phlo("run", "up")
    old = ids(engine, project)
    edit(folder, SIZE, COLOUR)
    phlo("run", "up")
    new = ids(engine, project)
    assert ids(engine, project, is_kept=True) == old
    phlo("rollback", "--check")
    assert ids(engine, project) == new
    phlo("rollback")
    assert (ids(engine, project), ids(engine, project, is_kept=True)) == (old, new)
    assert all(found["State"]["Running"] for found in containers(engine, project).values())
    assert "2 to recreate" in phlo("plan").stdout
    phlo("rollback")
    assert (ids(engine, project), ids(engine, project, is_kept=True)) == (new, old)
    assert "Nothing to do" in phlo("run", "up").stderr


def test_what_is_kept_does_not_start_with_the_engine_and_is_as_before_when_put_back(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    def restart(*, is_kept: bool) -> str:
        found = containers(engine, project, is_kept=is_kept)["db"]
        return str(found["HostConfig"]["RestartPolicy"]["Name"])

    phlo("run", "up")
    edit(folder, SIZE)
    phlo("run", "up")
    assert (restart(is_kept=False), restart(is_kept=True)) == ("always", "unless-stopped")
    phlo("rollback")
    assert restart(is_kept=False) == "always"
    edit(folder, SIZE[::-1])
    assert "Nothing to do" in phlo("run", "up").stderr


def test_only_one_is_kept_and_what_is_gone_cannot_be_gone_back_to(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    phlo("run", "up")
    edit(folder, SIZE)
    phlo("run", "up")
    first = json.loads(phlo("history", "--json").stdout)[0]["id"]
    second = ids(engine, project)["db"]
    edit(folder, ("SIZE: small", "SIZE: tiny"))
    phlo("run", "up")
    assert ids(engine, project, is_kept=True) == {"db": second}
    assert "not all there any more" in phlo("rollback", first, code=3).stderr


def test_a_rollback_to_what_does_not_work_any_more_leaves_what_runs(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    edit(
        folder,
        (
            "command: ",
            'command: ["sh", "-c", "test ! -e /etc/page.conf.used || exit 7; sleep 1000"] #',
        ),
    )
    phlo("run", "up")
    engine.exec(f"{project}-web-1", ["touch", "/etc/page.conf.used"])
    edit(folder, COLOUR)
    phlo("run", "up")
    before, kept = ids(engine, project), ids(engine, project, is_kept=True)
    assert "exit status 7" in phlo("rollback", code=5).stderr
    assert (ids(engine, project), ids(engine, project, is_kept=True)) == (before, kept)
    assert containers(engine, project)["web"]["State"]["Running"]


def test_without_anything_kept_there_is_no_rollback(phlo: Phlo) -> None:
    phlo("run", "up")
    assert "nothing to roll back" in phlo("rollback", code=3).stderr


def test_a_failed_deploy_takes_the_whole_stack_back(phlo: Phlo, folder: Path, engine: Engine, project: str) -> None:
    phlo("run", "up")
    before = ids(engine, project)
    edit(folder, SIZE, BROKEN)
    phlo("run", "up", "--rollback", "stack", code=5)
    assert ids(engine, project) == before
    assert all(found["State"]["Running"] for found in containers(engine, project).values())
    assert ids(engine, project, is_kept=True) == {}


def test_a_stack_that_works_is_kept_and_can_be_gone_back_from(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    phlo("run", "up")
    before = ids(engine, project)
    edit(folder, SIZE, COLOUR)
    phlo("run", "up", "--rollback", "stack")
    assert ids(engine, project, is_kept=True) == before


def test_down_takes_what_was_kept_along(phlo: Phlo, folder: Path, engine: Engine, project: str) -> None:
    phlo("run", "up")
    edit(folder, SIZE)
    phlo("run", "up")
    phlo("run", "down")
    assert ids(engine, project, is_kept=True) == {}


def test_start_and_ps_leave_out_what_was_kept(phlo: Phlo, folder: Path, engine: Engine, project: str) -> None:
    phlo("run", "up")
    edit(folder, SIZE)
    phlo("run", "up")
    phlo("run", "start")
    assert not containers(engine, project, is_kept=True)["db"]["State"]["Running"]
    assert [one["service"] for one in json.loads(phlo("ps", "--json").stdout)] == ["db", "web"]


# -- what is reported afterwards ------------------------------------------------------------------------------------


def test_every_event_of_a_real_run_is_as_the_schema_says_and_none_has_a_secret(phlo: Phlo, folder: Path) -> None:
    schema = json.loads(phlo("history", "schema").stdout)
    assert schema == json.loads(schema_text())
    runs = [phlo("run", "up", "--output", "json").stdout]
    edit(folder, SIZE, BROKEN)
    runs += [
        phlo("run", "up", "--check", "--output", "json").stdout,
        phlo("run", "up", "--output", "json", code=5).stdout,
        phlo("run", "down", "--output", "json").stdout,
    ]
    records = [path.read_text() for path in (folder / ".phlo" / "runs").glob("*.jsonl")]
    lines = [line for text in (*runs, *records) for line in text.splitlines()]
    for line in lines:
        jsonschema.validate(json.loads(line), schema)
    assert {json.loads(line)["kind"] for line in lines} >= {"step_finished", "undo_finished", "run_finished"}
    assert SENTINEL not in "".join(lines)


def test_history_and_why_tell_what_was_done_and_for_what_reason(phlo: Phlo, folder: Path) -> None:
    phlo("run", "up")
    edit(folder, SIZE)
    phlo("run", "up")
    edit(folder, BROKEN)
    phlo("run", "up", code=5)
    edit(folder, COLOUR)
    runs = json.loads(phlo("history", "--json").stdout)
    assert [(run["title"], run["result"]) for run in runs] == [
        ("up", "rolled_back"),
        ("up", "changed"),
        ("up", "changed"),
    ]
    assert "environment.SIZE changed" in phlo("history", "show", runs[1]["id"]).stdout
    db, web = (json.loads(phlo("why", name, "--json").stdout) for name in ("db", "web"))
    assert (db["last"][0]["causes"], db["last"][0]["run"]) == (["environment.SIZE changed"], runs[1]["id"])
    assert (db["failed"], db["next"]) == (None, [])
    assert web["failed"]["run"] == runs[0]["id"]
    assert "environment.COLOUR changed" in web["next"][0]["causes"]
    assert "because environment.COLOUR changed" in phlo("why", "web").stdout


def test_junit_and_timings_are_written_when_asked_for(phlo: Phlo, folder: Path) -> None:
    told = phlo("run", "up", "--junit", "out/up.xml", "--profile-tasks").stderr
    assert "CRITICAL PATH" in told
    root = ElementTree.parse(folder / "out" / "up.xml").getroot()  # noqa: S314  phlo has just written it
    assert ("local.web", "ready") in {(case.get("classname"), case.get("name")) for case in root.iter("testcase")}
    assert root.get("failures") == "0"
