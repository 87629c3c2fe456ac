"""What containers are read as: a service's state, and the options of `logs`."""

from __future__ import annotations

import time
from typing import Any

import pytest

from phlo.cli.containers import _since, _tail
from phlo.cli.services import service_state
from phlo.errors import ConfigError
from phlo.hosts.live import LiveContainer


def container(**given: Any) -> LiveContainer:
    plain = {"id": "a", "name": "lake-web-1", "host": "local", "service": "web", "instance": 1, "state": "running"}
    rest = {"health": None, "exit_code": None, "since": "", "image": "x"}
    return LiveContainer(**{**plain, **rest, **given})


@pytest.mark.parametrize(
    ("containers", "state"),
    [
        ([], "Down"),
        ([{}], "Running"),
        ([{"health": "healthy"}], "Running"),
        ([{"health": "starting"}], "Starting"),
        ([{"health": "unhealthy"}], "Unhealthy"),
        ([{"state": "exited", "exit_code": 0}], "Stopped"),
        ([{"state": "exited", "exit_code": 0, "is_one_shot": True}], "Done"),
        ([{"state": "exited", "exit_code": 2, "is_one_shot": True}], "Failed"),
        ([{"state": "restarting"}], "Restarting"),
        ([{"state": "paused"}], "Paused"),
        ([{"state": "exited", "exit_code": 0, "may_end": True}], "Done"),
        ([{"state": "exited", "exit_code": 143, "may_end": True}], "Stopped"),
        ([{"state": "exited", "exit_code": 143, "is_one_shot": True}], "Failed"),
        ([{}, {"state": "exited", "exit_code": 1}], "Failed"),
        ([{}, {"state": "exited", "exit_code": 137}], "Stopped"),
        ([{"state": "exited", "exit_code": None}], "Stopped"),
        ([{}, {"health": "unhealthy"}, {"health": "starting"}], "Unhealthy"),
    ],
)
def test_a_services_state_is_that_of_its_worst_container(containers: list[dict[str, Any]], state: str) -> None:
    assert service_state([container(**given) for given in containers]) == state


@pytest.mark.parametrize(("text", "seconds"), [("45s", 45), ("10m", 600), ("1h30m", 5400), ("2d", 172800)])
def test_since_takes_an_age(text: str, seconds: int) -> None:
    assert abs(time.time() - seconds - _since(text)) < 2


def test_since_takes_a_moment() -> None:
    assert _since("2026-01-31T12:00:00+00:00") == 1769860800


@pytest.mark.parametrize("text", ["", "10", "m", "10m ago", "yesterday"])
def test_since_refuses_what_is_no_time(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a time"):
        _since(text)


@pytest.mark.parametrize(("text", "lines"), [("all", "all"), ("0", 0), ("20", 20)])
def test_tail_takes_a_number_or_all(text: str, lines: int | str) -> None:
    assert _tail(text) == lines


@pytest.mark.parametrize("text", ["", "-1", "x"])
def test_tail_refuses_what_is_no_number(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a number of lines"):
        _tail(text)
