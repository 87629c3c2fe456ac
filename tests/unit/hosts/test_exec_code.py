"""The exit status of a command in a container is known once the command has ended."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.errors import OperationError
from phlo.hosts import engine as engine_module
from phlo.hosts.engine import CommandTimeoutError, Engine


def answering(monkeypatch: pytest.MonkeyPatch, *answers: dict[str, Any]) -> Engine:
    """An engine that gives these answers one after the other, the last one again and again."""
    left = list(answers)
    monkeypatch.setattr(Engine, "get", lambda self, path: left.pop(0) if len(left) > 1 else left[0])
    monkeypatch.setattr(engine_module, "EXEC_CODE_WITHIN_SECONDS", 0.05)

    def refuse(timeout_seconds: float | None) -> Any:
        raise AssertionError("no engine is asked")

    return Engine(refuse, name="local")


RUNNING = {"Running": True, "ExitCode": None}


def test_a_command_that_still_runs_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = answering(monkeypatch, RUNNING, RUNNING, {"Running": False, "ExitCode": 3})
    assert engine.exec_code("x") == 3


def test_waiting_for_it_has_the_time_out_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandTimeoutError):
        answering(monkeypatch, RUNNING).exec_code("x", 0.05)


def test_a_status_that_the_engine_never_tells_is_an_error_and_not_success(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OperationError, match="does not say how a command ended"):
        answering(monkeypatch, {"Running": False, "ExitCode": None}).exec_code("x")
