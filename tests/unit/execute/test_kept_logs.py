"""The whole log of a failed container is kept beside the run's record, and forgotten with it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from phlo.events import RunStarted, StepFinished, StepId
from phlo.execute import history
from phlo.execute.history import FOLDER, recorded
from phlo.execute.kept_logs import log_keeper
from phlo.values import Secret, Status


def test_a_log_is_kept_masked_and_for_the_user_alone(tmp_path: Path) -> None:
    path = log_keeper(tmp_path, "run-1", [Secret("hunter22")])("lake-web-1", "line 1\npassword hunter22\n")
    assert path == ".phlo/runs/run-1.lake-web-1.log"
    assert (tmp_path / path).read_text() == "line 1\npassword ***\n"
    assert stat.S_IMODE((tmp_path / path).stat().st_mode) == 0o600


def test_a_log_that_cannot_be_written_is_not_named(tmp_path: Path) -> None:
    (tmp_path / ".phlo").write_text("a file")
    assert log_keeper(tmp_path, "run-1", [])("lake-web-1", "text") == ""


def test_logs_are_forgotten_with_their_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "KEPT_RUNS", 1)
    for run in ("run-1", "run-2"):
        log_keeper(tmp_path, run, [])("lake-web-1", "text")
        step = StepId(host="local", service="web", operation="wait", name="wait")
        with recorded(tmp_path, run, lambda event: None) as take:
            take(RunStarted(time=1.0, run=run, title="up"))
            take(StepFinished(time=1.0, run=run, step=step, status=Status.FAILED))
    assert sorted(path.name for path in (tmp_path / FOLDER).iterdir()) == ["run-2.jsonl", "run-2.lake-web-1.log"]
