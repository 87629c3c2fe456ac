from __future__ import annotations

from typing import Any

import pytest

from phlo.operations.wait import SETTLED_SECONDS, Args, Seen, decide

ARGS = Args(container="lake-web-1", service="web")
ONE_SHOT = Args(container="lake-load-1", service="load", is_one_shot=True)


def seen(status: str, *, code: int = 0, health: str | None = None, running_seconds: float = 60.0) -> Seen:
    state: dict[str, Any] = {"Status": status, "ExitCode": code}
    if health:
        state["Health"] = {"Status": health}
    return Seen(
        state=state,
        test=("CMD", "check") if health else None,
        restarts=0,
        running_seconds=running_seconds,
        restart_policy="no",
    )


@pytest.mark.parametrize(
    ("args", "found"),
    [
        (ARGS, seen("running", running_seconds=SETTLED_SECONDS)),
        (ARGS, seen("running", running_seconds=-5.0)),
        (ARGS, seen("running", health="healthy", running_seconds=0.0)),
        (ONE_SHOT, seen("exited", code=0)),
    ],
    ids=["running for a moment", "the engine's clock is ahead", "healthy at once", "a one-shot that ended well"],
)
def test_there_is_nothing_to_wait_for(args: Args, found: Seen) -> None:
    assert decide(args, found) == []


@pytest.mark.parametrize(
    ("args", "found", "reason"),
    [
        (ARGS, None, "not there yet"),
        (ARGS, seen("running", running_seconds=0.1), "just started"),
        (ARGS, seen("running", health="starting"), "health: starting"),
        (ARGS, seen("restarting", code=3), "restarting (exit status 3)"),
        (ONE_SHOT, seen("running"), "running, to end with status 0"),
        (ONE_SHOT, seen("running", running_seconds=0.1), "running, to end with status 0"),
        (ONE_SHOT, seen("exited", code=3), "exited, to end with status 0"),
    ],
)
def test_it_says_what_it_waits_for(args: Args, found: Seen | None, reason: str) -> None:
    (change,) = decide(args, found)

    assert change.causes == (reason,)
    assert not change.is_counted
