"""The records of runs: which are kept, and how one is found and read."""

from __future__ import annotations

import json
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from phlo.errors import ConfigError, OperationError
from phlo.events import Event, Note
from phlo.execute.history import FOLDER, KEPT_RUNS, failed_hosts, find_run, read_run, read_runs, recorded, run_ids
from phlo.frozen import replace
from phlo.report.history import history_text, past_run, timeline_text
from phlo.report.style import Style
from phlo.report.why import failed_attempt
from phlo.values import Change, Status
from tests.support import events as made
from tests.support.events import kind_of
from tests.support.mutations import BROKEN_TEXTS, with_another_type, without_a_key

MADE = (Change(at="container:lake-web-1", verb="create", causes=("not found",)),)


def event(kind: str, status: Status | None = None, changes: tuple[Change, ...] = ()) -> Event:
    """An event with what each of its kind has."""
    of = "h/web/start" if kind.startswith("step_") else None
    fields: dict[str, Any] = {"run_started": {"title": "up"}, "run_finished": {"result": "failed", "seconds": 1.0}}
    ended = {"status": status, "changes": changes} if kind == "step_finished" else {}
    return made.event(kind, of, time=1.0, **ended, **fields.get(kind, {}))


def record(root: Path, run: str, *events: Event, told: list[Event] | None = None) -> list[Event]:
    told = [] if told is None else told
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


def on(host: str, kind: str = "step_finished", status: Status | None = None, **fields: Any) -> Event:
    if kind == "undo_started":
        return made.event(kind, host=host, service="web")
    ended = {"status": status} if kind == "step_finished" else {}
    return made.event(kind, f"{host}/web/container", **ended, **fields)


FINISHED = event("run_finished")


def test_hosts_have_failed_where_anything_of_them_is_not_as_it_should_be() -> None:
    events = [
        *(on("lost", "step_started"), on("lost", status=Status.UNREACHABLE)),
        *(on("broken", status=Status.FAILED), on("waiting", status=Status.BLOCKED)),
        *(on("back", status=Status.CHANGED), on("back", "undo_started")),
        *(on("cut short", "step_started"), on("cut short", "step_progress", message="pulls")),
        *(on("good", "step_started"), on("good", status=Status.CHANGED), on("idle", status=Status.OK)),
        FINISHED,
    ]
    assert failed_hosts(events) == {"lost", "broken", "waiting", "back", "cut short"}


@pytest.mark.parametrize("tolerated", ["is_ignored", "is_rescued"])
def test_a_host_has_not_failed_by_a_failure_that_was_ignored_or_rescued(tolerated: str) -> None:
    events = [on("a", status=Status.FAILED, **{tolerated: True}), on("b", status=Status.FAILED), FINISHED]
    assert failed_hosts(events) == {"b"}


def test_a_run_goes_on_where_its_record_cannot_be_written_and_says_so_once(tmp_path: Path) -> None:
    (tmp_path / FOLDER.parent).write_text("a file where the folder should be")
    events = [event("step_finished", Status.CHANGED, MADE), event("step_finished", Status.CHANGED, MADE)]
    note, *told = record(tmp_path, "r1", *events)
    assert told == events
    assert isinstance(note, Note)
    assert note.message.startswith("there is no record of this run: .phlo/runs cannot be written to (")


def test_a_record_that_cannot_be_written_to_its_end_is_told_of_even_if_that_shows_only_then(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "r1.jsonl").symlink_to("/dev/full")
    shown: list[Event] = []
    events = [event("step_finished", Status.CHANGED, MADE), event("run_finished")]
    with pytest.raises(OperationError, match=r"r1\.jsonl: the record .* is not complete: No space left on device"):
        record(tmp_path, "r1", *events, told=shown)
    *told, note = shown
    assert [kind_of(one) for one in told] == ["step_finished", "run_finished"]
    assert isinstance(note, Note)
    assert "cannot be written to (No space left on device)" in note.message


def test_what_happened_is_on_the_disk_a_moment_later(tmp_path: Path) -> None:
    with recorded(tmp_path, "r1", lambda event: None) as emit:
        emit(event("step_finished", Status.CHANGED, MADE))
        deadline = time.monotonic() + 60
        while not (tmp_path / FOLDER / "r1.jsonl").stat().st_size:
            assert time.monotonic() < deadline, "the event is not on the disk"
            time.sleep(0.01)


def test_text_that_is_not_unicode_does_not_end_the_record(tmp_path: Path) -> None:
    told = replace(event("step_finished", Status.CHANGED, MADE), message="name \udcff")
    record(tmp_path, "r1", told, event("run_finished"))
    assert [kind_of(one) for one in read_run(tmp_path, "r1")] == ["step_finished", "run_finished"]


ON_A = {"step": "a/web/ready", "host": "a", "service": "web", "operation": "wait", "name": "ready"}
ON_B = {"step": "b/site/1 copy", "host": "b", "service": "", "operation": "copy", "name": "copy"}
RECORD = [
    {"v": 2, "kind": "run_started", "time": 1.5, "run": "r1", "title": "up of lake"},
    {"v": 2, "kind": "step_started", "time": 2, "run": "r1", **ON_A},
    {"v": 2, "kind": "step_progress", "time": 2, "run": "r1", **ON_A, "message": "pulls"},
    {
        "v": 2,
        "kind": "step_finished",
        "time": 3.5,
        "run": "r1",
        **ON_A,
        "status": "failed",
        "changes": [{"at": "container:x", "verb": "create", "causes": ["not found"], "is_counted": False}],
        "message": "does not start",
        "detail": ["line"],
        "seconds": 1.5,
    },
    {"v": 2, "kind": "undo_started", "time": 4, "run": "r1", "host": "a", "service": "web"},
    {"v": 2, "kind": "undo_finished", "time": 5, "run": "r1", "host": "a", "service": "web", "status": "rolled-back"},
    {"v": 2, "kind": "play_started", "time": 5, "run": "r1", "play": "site", "hosts": ["b"]},
    {"v": 2, "kind": "step_started", "time": 5, "run": "r1", **ON_B, "play": "site", "number": 1},
    {"v": 2, "kind": "run_finished", "time": 6, "run": "r1", "result": "rolled_back", "seconds": 4.5},
]


def write_record(root: Path, *lines: bytes) -> None:
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    (root / FOLDER / "r1.jsonl").write_bytes(b"".join(lines))


def write_events(root: Path, events: list[object]) -> None:
    write_record(root, *(f"{json.dumps(one)}\n".encode() for one in events))


def render(root: Path) -> frozenset[str]:
    """Everything that commands make of a record; the hosts that failed."""
    events = read_run(root, "r1")
    run = past_run("r1", events)
    plain = Style()
    assert history_text([run], plain)
    assert timeline_text("r1", events, plain, verbosity=2)
    assert json.dumps(run.as_json())
    failed_attempt("web", [("r1", events)])
    return failed_hosts(events)


def test_a_record_that_is_whole_is_shown(tmp_path: Path) -> None:
    write_events(tmp_path, list(RECORD))
    assert render(tmp_path) == {"a", "b"}


def test_a_value_of_another_type_in_a_record_is_an_error(tmp_path: Path) -> None:
    for changed in with_another_type(RECORD):
        if not isinstance(changed, list):
            continue
        write_events(tmp_path, changed)
        with suppress(ConfigError):
            assert render(tmp_path) == {"a", "b"}, changed


def test_a_record_without_one_of_its_keys_is_an_error_or_shows_the_same_failed_hosts(tmp_path: Path) -> None:
    for changed in without_a_key(RECORD):
        write_events(tmp_path, changed)
        with suppress(ConfigError):
            assert render(tmp_path) == {"a", "b"}, changed


@pytest.mark.parametrize("text", BROKEN_TEXTS)
def test_a_record_that_is_damaged_before_its_end_is_an_error(text: bytes, tmp_path: Path) -> None:
    whole = [f"{json.dumps(one)}\n".encode() for one in RECORD]
    write_record(tmp_path, *whole[:2], text + b"\n", *whole[2:])
    with pytest.raises(ConfigError, match=r"r1.jsonl:3: is damaged"):
        render(tmp_path)
    write_record(tmp_path, text)
    with pytest.raises(ConfigError, match=r"r1.jsonl(:1)?: (is damaged|holds no event)"):
        render(tmp_path)


@pytest.mark.parametrize("text", [text for text in BROKEN_TEXTS if b"\n" not in text])
def test_a_torn_end_is_left_out(text: bytes, tmp_path: Path) -> None:
    write_record(tmp_path, *(f"{json.dumps(one)}\n".encode() for one in RECORD[:2]), text)
    assert len(read_run(tmp_path, "r1")) == 2


def test_a_line_separator_of_unicode_in_a_message_does_not_end_the_line(tmp_path: Path) -> None:
    told = replace(event("step_finished", Status.CHANGED, MADE), message="one\u2028two\x85three")
    record(tmp_path, "r1", told)
    assert read_run(tmp_path, "r1") == [told]


def test_one_damaged_record_does_not_hide_the_others(tmp_path: Path) -> None:
    record(tmp_path, "r0", event("step_finished", Status.CHANGED, MADE))
    write_record(tmp_path, b"{\n")
    told: list[str] = []
    assert [run for run, _ in read_runs(tmp_path, ["r1", "r0"], told.append)] == ["r0"]
    assert [text.partition(" ")[0] for text in told] == [".phlo/runs/r1.jsonl:1:"]


def test_a_record_is_forced_to_the_disk_once_it_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forced = []

    def note(descriptor: int) -> None:
        forced.append(Path(f"/proc/self/fd/{descriptor}").resolve().read_text())

    monkeypatch.setattr("phlo.execute.history.os.fsync", note)
    record(tmp_path, "r1", event("run_started"), event("step_finished", Status.CHANGED, MADE), event("run_finished"))

    assert forced == [(tmp_path / FOLDER / "r1.jsonl").read_text()]
