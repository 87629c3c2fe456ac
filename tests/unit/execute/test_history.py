"""The records of runs: which are kept, and how one is found and read."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import pytest

from phlo.errors import ConfigError
from phlo.execute.history import FOLDER, KEPT_RUNS, failed_hosts, find_run, read_run, recorded, run_ids
from phlo.values import Change, Event, Status

MADE = (Change(at="container:lake-web-1", verb="create", causes=("not found",)),)


def event(kind: str, status: Status | None = None, changes: tuple[Change, ...] = ()) -> Event:
    return Event(kind=kind, time=1.0, run="r", status=status, changes=changes)


def record(root: Path, run: str, *events: Event) -> list[Event]:
    told: list[Event] = []
    with recorded(root, run, told.append) as emit:
        for one in events:
            emit(one)
    return told


def test_events_are_passed_on_and_written_for_the_user_alone(tmp_path: Path) -> None:
    events = [event("run_started"), event("step_finished", Status.CHANGED, MADE), event("run_finished")]
    assert record(tmp_path, "r1", *events) == events
    assert read_run(tmp_path, "r1") == events
    assert stat.S_IMODE((tmp_path / FOLDER / "r1.jsonl").stat().st_mode) == 0o600


def test_a_run_in_which_nothing_happened_leaves_no_record(tmp_path: Path) -> None:
    record(tmp_path, "r1", event("run_started"), event("step_finished", Status.OK), event("run_finished"))
    assert run_ids(tmp_path) == []


def test_only_the_newest_runs_are_kept(tmp_path: Path) -> None:
    names = [f"r{number:04}" for number in range(KEPT_RUNS + 3)]
    for name in names:
        record(tmp_path, name, event("step_finished", Status.CHANGED, MADE))
    assert run_ids(tmp_path) == names[3:]


def test_what_a_killed_run_left_half_written_is_left_out(tmp_path: Path) -> None:
    events = [event("run_started"), event("step_finished", Status.FAILED)]
    record(tmp_path, "r1", *events)
    with (tmp_path / FOLDER / "r1.jsonl").open("a") as file:
        file.write('{"v":1,"kind":"step_fin')
    assert read_run(tmp_path, "r1") == events


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("last", "20260102-120000-2"),
        ("20260101-120000-1", "20260101-120000-1"),
        ("20260101", "20260101-120000-1"),
        ("0-2", "20260102-120000-2"),
    ],
)
def test_a_run_is_found_by_its_id_or_a_part_of_it(name: str, run: str, tmp_path: Path) -> None:
    for known in ("20260101-120000-1", "20260102-120000-2"):
        record(tmp_path, known, event("step_finished", Status.CHANGED))
    assert find_run(tmp_path, name) == run


@pytest.mark.parametrize(
    ("name", "what"), [("2026", "can be 2 runs"), ("1999", "there is no record"), ("20260103-120000-1", "Did you mean")]
)
def test_a_name_for_no_run_or_for_several_is_refused(name: str, what: str, tmp_path: Path) -> None:
    for known in ("20260101-120000-1", "20260102-120000-2"):
        record(tmp_path, known, event("step_finished", Status.CHANGED))
    with pytest.raises(ConfigError, match=what):
        find_run(tmp_path, name)


def test_without_records_there_is_no_last_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="phlo up"):
        find_run(tmp_path, "last")


def on(host: str, kind: str = "step_finished", status: Status | None = None, message: str = "") -> Event:
    return Event(kind=kind, time=1.0, run="r", step=f"{host}/web", host=host, status=status, message=message)


FINISHED = event("run_finished")


def test_hosts_have_failed_where_anything_of_them_is_not_as_it_should_be() -> None:
    events = [
        *(on("lost", "step_started"), on("lost", status=Status.UNREACHABLE)),
        *(on("broken", status=Status.FAILED), on("waiting", status=Status.BLOCKED)),
        *(on("back", status=Status.CHANGED), on("back", "undo_started")),
        *(on("cut short", "step_started"), on("cut short", "step_progress")),
        *(on("good", "step_started"), on("good", status=Status.CHANGED), on("idle", status=Status.OK)),
        FINISHED,
    ]
    assert failed_hosts(events) == {"lost", "broken", "waiting", "back", "cut short"}


@pytest.mark.parametrize(("result", "failed"), [("changed", set()), ("ok", set()), ("failed", {"a"})])
def test_in_a_run_that_went_well_a_failure_was_ignored_or_rescued(result: str, failed: set[str]) -> None:
    end = Event(kind="run_finished", time=1.0, run="r", message=result)
    assert failed_hosts([on("a", status=Status.FAILED), end]) == failed


def test_a_run_goes_on_where_its_record_cannot_be_written_and_says_so_once(tmp_path: Path) -> None:
    (tmp_path / FOLDER.parent).write_text("a file where the folder should be")
    events = [event("step_finished", Status.CHANGED, MADE), event("step_finished", Status.CHANGED, MADE)]
    note, *told = record(tmp_path, "r1", *events)
    assert told == events
    assert note.kind == "note"
    assert note.message.startswith("there is no record of this run: .phlo/runs cannot be written to (")


def test_a_record_that_cannot_be_written_to_its_end_is_told_of_even_if_that_shows_only_then(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "r1.jsonl").symlink_to("/dev/full")
    *told, note = record(tmp_path, "r1", event("step_finished", Status.CHANGED, MADE), event("run_finished"))
    assert [one.kind for one in told] == ["step_finished", "run_finished"]
    assert "cannot be written to (No space left on device)" in note.message


def test_what_happened_is_on_the_disk_a_moment_later(tmp_path: Path) -> None:
    with recorded(tmp_path, "r1", lambda event: None) as emit:
        emit(event("step_finished", Status.CHANGED, MADE))
        deadline = time.monotonic() + 10
        while not read_run(tmp_path, "r1"):
            assert time.monotonic() < deadline
            time.sleep(0.01)
