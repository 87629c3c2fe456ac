"""What the live picture of a plan's run shows."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from phlo.report.drawing import drawn
from phlo.report.frame import run_picture
from phlo.report.run_state import RunState
from phlo.report.style import Style
from phlo.values import Status, Step
from tests.support.events import event


def step(service: str, operation: str, *after: Step, host: str = "local") -> Step:
    return Step(
        host=host,
        service=service,
        name=operation,
        operation=operation,
        args=None,
        after=tuple(one.id for one in after),
    )


DB, DB_READY = step("db", "container"), step("db", "wait")
WEB_IMAGE = step("web", "image")
WEB = step("web", "container", WEB_IMAGE, DB_READY)


def shown(state: RunState, now: float, *, width: int = 80, height: int = 24) -> list[str]:
    return drawn(run_picture(state, now, height), Style(width=width, is_terminal=True)).splitlines()


def test_each_service_shows_what_it_is_at_and_what_it_waits_for() -> None:
    state = RunState([DB, DB_READY, WEB_IMAGE, WEB, step("job", "container", WEB)])
    state.take(event("run_started", title="up"))
    state.take(event("step_started", WEB_IMAGE, time=1))
    state.take(event("step_progress", WEB_IMAGE, time=2, message="step 4/9: fetching"))
    state.take(event("step_finished", DB, time=3, status=Status.OK))
    state.take(event("step_started", DB_READY, time=3))
    state.take(event("step_progress", DB_READY, time=4, message="health: starting"))
    lines = shown(state, 7.0)
    assert lines[0].split()[1:] == ["0/3", "services", "7.0s"]
    assert "waiting until it is ready (4.0s): health: starting" in lines[1]
    assert "getting the image: step 4/9: fetching" in lines[2]
    assert lines[2].endswith("6.0s")
    assert lines[3].split() == ["job", "waiting", "for", "web"]


def test_a_container_that_is_replaced_is_stopped_before_another_starts() -> None:
    state = RunState([DB])
    state.take(event("step_started", DB))
    state.take(event("step_progress", DB, message="stopping the container"))
    assert "stopping the container" in shown(state, 1.0)[1]
    assert "starting" not in shown(state, 1.0)[1]


def test_what_is_waited_for_on_another_host_is_named_with_it() -> None:
    far = step("db", "wait", host="data-1")
    state = RunState([far, step("web", "container", far)])
    assert any("waiting for db on data-1" in line for line in shown(state, 1.0))


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("height", [2, 4, 8, 24])
@pytest.mark.parametrize("hosts", [("local",), ("data-1", "data-2")])
def test_it_never_grows_beyond_the_terminal(width: int, height: int, hosts: tuple[str, ...]) -> None:
    many = [step(f"a-service-with-a-long-name-{n}", "container", host=host) for n in range(30) for host in hosts]
    for steps in ([WEB_IMAGE, WEB], many):
        state = RunState(steps)
        for one in steps:
            state.take(event("step_started", one))
            state.take(event("step_progress", one, message="step 3/9: RUN apt-get install " * 9))
        lines = shown(state, 3.0, width=width, height=height)
        assert len(lines) <= height
        assert max(map(cell_len, lines)) <= width


def test_services_that_do_not_fit_are_counted() -> None:
    many = [step(f"service-{n}", "container") for n in range(30)]
    state = RunState(many)
    for one in many[20:]:
        state.take(event("step_started", one))
    lines = shown(state, 1.0, height=8)
    assert [line.split()[1] for line in lines[1:-1]] == [f"service-{n}" for n in range(20, 26)]
    assert lines[-1].split() == ["…", "24", "more"]
