"""What is made of a run's events once it has ended: JUnit, timings, the history, the reasons."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from phlo.events import Event
from phlo.events_json import VERSION, event_to_json
from phlo.events_schema import schema_text
from phlo.frozen import replace
from phlo.hosts.live import LiveContainer
from phlo.report.history import history_text, past_run, timeline_text
from phlo.report.junit import junit_xml
from phlo.report.style import Style
from phlo.report.timing import critical_path, timing_text, timings
from phlo.report.why import Reasons, failed_attempt, why_text
from phlo.values import Change, Status, Step
from tests.support import events as made

STYLE = Style()
START = 1_800_000_000.0
RECREATE = Change(at="container:lake-web-1", verb="recreate", causes=("image: 1 -> 2", "environment.SIZE changed"))


def event(kind: str, at: float, name: str | None = None, status: Status | None = None, **fields: Any) -> Event:
    ended = {} if status is None else {"status": status}
    return made.event(kind, name, time=START + at, **ended, **fields)


FAILED_RUN = [
    event("run_started", 0, title="up"),
    event("note", 0, message="something to know"),
    event("step_started", 0, "local/db/container"),
    event("step_finished", 1, "local/db/container", Status.OK, seconds=1.0),
    event("step_started", 1, "local/web/container"),
    event("step_finished", 3, "local/web/container", Status.CHANGED, changes=(RECREATE,), seconds=2.0),
    event("step_started", 3, "local/web/ready"),
    event("step_finished", 4, "local/web/ready", Status.FAILED, message="is unhealthy\x00", detail=("last line",)),
    event("step_finished", 4, "local/api/container", Status.BLOCKED, message="needs web"),
    event("undo_started", 4, host="local", service="web"),
    event("undo_finished", 5, host="local", service="web", status=Status.ROLLED_BACK),
    event("run_finished", 5, result="rolled_back", seconds=5.0),
]


def test_events_are_as_the_schema_says() -> None:
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for one in FAILED_RUN:
        jsonschema.validate(event_to_json(one), schema)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "other"},
        {"status": "fine"},
        {"surprise": 1},
        {"kind": "step_finished"},
        {"kind": "run_finished", "result": "good", "seconds": 1},
        {"changes": [{"at": "x", "verb": "create", "causes": []}]},
    ],
)
def test_the_schema_refuses_what_is_no_event(wrong: dict[str, Any]) -> None:
    right = {"v": VERSION, "kind": "note", "time": 1.0, "run": "r1", "message": "x"}
    jsonschema.validate(right, json.loads(schema_text()))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**right, **wrong}, json.loads(schema_text()))


def test_junit_has_a_case_for_each_step_and_fails_what_failed() -> None:
    root = ElementTree.fromstring(junit_xml("lake", FAILED_RUN))  # noqa: S314  we have just written it
    cases = {(case.get("classname"), case.get("name")): [child.tag for child in case] for case in root.iter("testcase")}
    assert cases == {
        ("local.db", "container"): [],
        ("local.web", "container"): ["system-out"],
        ("local.web", "ready"): ["failure"],
        ("local.api", "container"): ["skipped"],
        ("local.web", "roll back"): ["failure"],
    }
    assert {name: root.get(name) for name in ("name", "tests", "failures", "skipped", "time")} == {
        "name": "lake",
        "tests": "5",
        "failures": "2",
        "skipped": "1",
        "time": "5.000",
    }
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.text == "is unhealthy\\x00\nlast line"


def steps(*edges: tuple[str, ...]) -> list[Step]:
    return [
        Step(host="h", service="s", name=name, operation="o", args=None, after=tuple(f"h/s/{need}" for need in after))
        for name, *after in edges
    ]


@pytest.mark.parametrize(
    ("seconds", "path"),
    [
        ({"a": 1, "b": 5, "c": 1, "d": 1}, ["a", "b", "d"]),
        ({"a": 1, "b": 1, "c": 5, "d": 1}, ["a", "c", "d"]),
        ({"a": 9, "b": 1, "c": 5}, ["a", "c"]),
    ],
)
def test_the_critical_path_is_the_longest_chain_by_time(seconds: dict[str, float], path: list[str]) -> None:
    graph = steps(("a",), ("b", "a"), ("c", "a"), ("d", "b", "c"))
    events = [event("run_started", 0, title="up")]
    for name, took in seconds.items():
        events.append(event("step_started", 0, f"h/s/{name}"))
        events.append(event("step_finished", took, f"h/s/{name}", Status.OK))
    assert [timing.step for timing in critical_path(graph, timings(events))] == [f"h/s/{name}" for name in path]


def test_timings_are_told_slowest_first() -> None:
    db, web = (
        Step(host="local", service=name, name="container", operation="container", args=None) for name in ("db", "web")
    )
    graph = [db, replace(web, after=(db.id,))]
    assert timing_text(graph, FAILED_RUN, STYLE).splitlines() == [
        "TOOK  BEGAN   SLOWEST STEPS",
        "2.0s  +1.0s   local/web/container",
        "1.0s  +0.00s  local/db/container",
        "1.0s  +3.0s   local/web/ready",
        "",
        "TOOK  BEGAN   CRITICAL PATH: 3.0s of the run's 5.0s",
        "1.0s  +0.00s  local/db/container",
        "2.0s  +1.0s   local/web/container",
    ]


def test_a_run_without_steps_has_no_timings() -> None:
    assert timing_text([], [event("run_started", 0, title="up")], STYLE) == "No step was carried out."


def test_history_is_a_row_a_run() -> None:
    killed = past_run("r2", FAILED_RUN[:6])
    assert history_text([killed, past_run("r1", FAILED_RUN)], STYLE, UTC).splitlines()[1:] == [
        "r2   2027-01-15 08:00:00  up    cut short          1 recreated",
        "r1   2027-01-15 08:00:00  up    rolled back  5.0s  1 rolled back",
    ]


def test_the_course_of_a_run_has_times_causes_and_what_went_wrong() -> None:
    assert timeline_text("r1", FAILED_RUN, STYLE, zone=UTC).splitlines() == [
        "r1  up, 2027-01-15 08:00:00",
        "",
        "  +0.00s  ! something to know",
        "   +3.0s  ~ web  recreated container lake-web-1 (image: 1 -> 2; environment.SIZE changed)  2.0s",
        "   +4.0s  ✗ web  is unhealthy\x00",
        "              last line",
        "   +4.0s  ! api  needs web",
        "   +4.0s  ! web  restoring the previous version",
        "   +5.0s  ✓ web  rolled back",
        "",
        "✗ rolled back in 5.0s: 1 rolled back",
    ]


# -- why ------------------------------------------------------------------------------------------------


def live(**fields: Any) -> LiveContainer:
    given = {"id": "a", "name": "lake-web-1", "host": "local", "service": "web", "instance": 1, "state": "running"}
    rest = {"health": None, "exit_code": None, "since": "", "image": "web:1", "made_at": START}
    return LiveContainer(**{**given, **rest, **fields})


def test_why_tells_the_last_recreation_and_the_next() -> None:
    reasons = Reasons(
        service="web",
        containers=(live(made_by="r1", made_for=("image: 1 -> 2",)),),
        kept={"lake-web-1": "r1"},
        failed=None,
        next=(RECREATE,),
        problem="",
    )
    assert why_text(reasons, STYLE, UTC).splitlines() == [
        "web",
        "  last  lake-web-1 on local: made 2027-01-15 08:00:00 by the run r1",
        "        because image: 1 -> 2",
        "        put there by the run r1; `phlo rollback` goes back to the one before it",
        "  next  recreate container lake-web-1",
        "        because image: 1 -> 2",
        "        because environment.SIZE changed",
    ]


def test_why_says_so_when_there_is_nothing_to_tell() -> None:
    none = Reasons("web", (), {}, None, (), "")
    assert why_text(none, STYLE, UTC).splitlines() == ["web", "  now   it has no container", "  next  nothing to do"]
    assert "unknown: no" in why_text(none._replace(problem="no"), STYLE, UTC)


def test_a_failed_attempt_counts_until_a_later_run_ends_well() -> None:
    good = [event("step_finished", 1, "local/web/container", Status.CHANGED, changes=(RECREATE,))]
    other = [event("step_finished", 1, "local/db/container", Status.CHANGED, changes=(RECREATE,))]
    found = failed_attempt("web", [("r3", other), ("r2", FAILED_RUN), ("r1", good)])
    assert found is not None
    assert (found.run, found.changes) == ("r2", (RECREATE,))
    assert failed_attempt("web", [("r3", good), ("r2", FAILED_RUN)]) is None
