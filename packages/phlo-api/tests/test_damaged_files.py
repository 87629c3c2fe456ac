"""Files that a crash or a full disk has damaged: the API starts, says so, and trusts nothing that it cannot read."""

from __future__ import annotations

import json
import resource
import signal
from pathlib import Path

import pytest
from phlo_api.server.audit import Audit
from phlo_api.server.context import Context
from phlo_api.server.problems import Refusal
from phlo_api.server.runs import Runs
from phlo_api.server.settings import Settings
from phlo_api.server.tokens import Identity, Tokens
from serving import OPERATOR, VIEWER, make_project, settings_of

from phlo.errors import ConfigError

WHO = Identity(name="operator", role="operator")
RUN = "20260131-120000-000000"
GARBAGE = [
    b"{",
    b"\x00" * 4096,
    b"\xff\xfe",
    b"[]",
    b"null",
    b'{"time": 1}',
    b"[" * 100_000,
    b'"\\ud800"',
    b"x" * 3_000_000,
]


@pytest.mark.parametrize("torn", GARBAGE)
def test_a_torn_line_of_the_audit_log_keeps_nobody_from_starting_and_is_noted(tmp_path: Path, torn: bytes) -> None:
    root = make_project(tmp_path)
    log = root / ".phlo" / "api" / "audit.jsonl"
    Audit(log).note(WHO, "up", "before", "done", run=RUN)
    with log.open("ab") as file:
        file.write(torn)
    context = Context(settings_of(root))
    context.audit.note(WHO, "up", "after", "done")
    assert [entry.target for entry in context.audit.latest(9)] == ["after", "audit.jsonl", "before"]
    assert "cut off" in context.audit.latest(9)[1].detail
    assert context.audit.starters() == {RUN: "operator"}
    assert "audit log" in context.notes()[0]
    context.close()
    assert len(Audit(log).latest(9)) == 3  # noted once


def test_an_entry_that_cannot_be_written_is_an_error_and_leaves_no_half_line(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.jsonl")
    audit.note(WHO, "up", "first", "done")
    size = (tmp_path / "audit.jsonl").stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, limits[1]))
    try:
        with pytest.raises(Refusal, match="audit log cannot be written"):
            audit.note(WHO, "up", "second", "done")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert (tmp_path / "audit.jsonl").stat().st_size == size
    audit.note(WHO, "up", "third", "done")
    assert [entry.target for entry in audit.latest(9)] == ["third", "first"]


@pytest.mark.parametrize("damage", GARBAGE)
def test_a_damaged_token_file_does_not_make_a_revoked_token_valid_again(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "tokens.json"
    tokens = Tokens(path)
    tokens.take({"viewer": VIEWER, "operator": OPERATOR})
    tokens.rotate("viewer")
    path.write_bytes(damage)
    for _ in range(2):  # and not by another start either
        again = Tokens(path)
        again.take({"viewer": VIEWER, "operator": OPERATOR})
        assert again.identify(VIEWER) is None
        assert again.identify(OPERATOR) is None
    again.take({"viewer": f"another-{VIEWER}", "operator": OPERATOR})
    fresh = again.identify(f"another-{VIEWER}")
    assert fresh is not None
    assert fresh.role == "viewer"


def test_a_role_that_is_edited_into_the_token_file_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    Tokens(path).take({"viewer": VIEWER, "operator": OPERATOR})
    data = json.loads(path.read_text())
    data["viewer"]["role"] = "operator"
    path.write_text(json.dumps(data))
    tokens = Tokens(path)
    assert tokens.identify(VIEWER) is None


def event(**more: object) -> bytes:
    return json.dumps({"v": 2, "time": 1.0, "run": RUN, **more}).encode()


NEVER_STARTED = {"step": "a/web/x", "host": "a", "service": "web", "operation": "wait", "name": "x"}
BAD_EVENTS = [
    *GARBAGE,
    b'{"kind": "step_finished"}',
    event(kind=3),
    event(kind="step_finished", status="glorious"),
    event(kind="step_finished", step="a", changes=[{}]),
    event(kind="run_finished", seconds="soon"),
    event(kind="note", message=["list"]),
    b'{"v": 2, "time": NaN, "run": "r", "kind": "note"}',
    b'{"v": 2, "time": 1e999, "run": "r", "kind": "note"}',
    b'{"v": 2,\r"time": 1.0, "run": "r", "kind": "note"}',
    event(kind="step_finished", step=None),
    event(kind="step_finished", **NEVER_STARTED, status="ok"),
    event(kind="step_finished", **{**NEVER_STARTED, "name": "other"}, status="ok"),
    event(kind="undo_finished"),
    event(kind="unheard_of", host="h"),
]


@pytest.mark.parametrize("bad", BAD_EVENTS)
def test_a_damaged_line_of_a_run_is_left_out_and_the_run_is_shown(tmp_path: Path, bad: bytes) -> None:
    root = make_project(tmp_path)
    lines = [event(kind="run_started", title="up"), bad, event(kind="run_finished", result="ok", seconds=1.0)]
    (root / ".phlo" / "runs" / f"{RUN}.jsonl").write_bytes(b"\n".join(lines) + b"\n" + bad)
    runs = Runs(root, {})
    assert [one.result for one in runs.list(limit=5, before=None)] == ["ok"]
    assert runs.detail(RUN, None).title == "up"
    assert all("\r" not in line for line in runs.lines(RUN))


@pytest.mark.parametrize("name", ["..", "../../phlo", "a/b", "", "-x", "٣" * 8, "a\n", "a\x00", "x" * 65])
def test_a_name_that_is_no_run_is_never_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refusal, match="no record"):
        Runs(make_project(tmp_path), {}).lines(name)


CONTROL = {"project": "lake", "home": "/home/ann", "variables": {"TZ": "UTC"}, "bases": {}}


@pytest.mark.parametrize(
    "content",
    [
        *GARBAGE,
        *(
            json.dumps({name: value for name, value in CONTROL.items() if name != key}).encode()
            for key in ("project", "home", "variables")
        ),
        *(
            json.dumps({**CONTROL, key: value}).encode()
            for key in ("project", "home", "variables")
            for value in (None, 7, [], {"a": 1}, {"A=B": "c"}, {"": "c"}, {"A": "b\0"}, "\0", ["x"])
        ),
        json.dumps({**CONTROL, "project": "-i/path"}).encode(),
        json.dumps({**CONTROL, "project": "../x"}).encode(),
    ],
)
def test_a_damaged_control_file_is_one_error(tmp_path: Path, content: bytes) -> None:
    control = tmp_path / "control.json"
    control.write_text(json.dumps(CONTROL))
    settings = Settings(root=tmp_path, state_folder=tmp_path, control=control)
    assert settings.resolving().project_name == "lake"
    control.write_bytes(content)
    with pytest.raises(ConfigError, match=r"control\.json: cannot be read"):
        settings.resolving()
