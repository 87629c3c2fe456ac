from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import pytest

from tests.bench.engine import BenchError, Engine, Seen, differences, machine_address, touched
from tests.bench.workload import MEMORY_BYTES, Workload, make_workload

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
WORKLOAD = make_workload("any", 2)


def as_asked(workload: Workload = WORKLOAD) -> list[Seen]:
    return [
        Seen(
            id=f"id-{service.name}",
            service=service.name,
            status="running",
            health="healthy" if workload.is_chain else None,
            started_at=START,
            environment={"PATH": "/bin", **service.environment},
            memory=MEMORY_BYTES,
            restart="unless-stopped",
            mounts=("/data",),
        )
        for service in workload.services
    ]


def test_containers_as_asked_for_have_no_differences() -> None:
    assert differences(WORKLOAD, as_asked()) == []


@pytest.mark.parametrize(
    ("change", "phrase"),
    [
        ({"memory": 0}, "s02: memory is 0 instead of 33554432"),
        ({"restart": "no"}, "s02: restart is 'no' instead of 'unless-stopped'"),
        ({"status": "exited"}, "s02: status is 'exited' instead of 'running'"),
        ({"mounts": ()}, "s02: mounts is () instead of ('/data',)"),
        ({"environment": {"SERVICE": "s02", "REVISION": "1"}}, "s02: GREETING is None instead of 'good morning'"),
    ],
)
def test_a_container_that_is_not_as_asked_for_is_named(change: dict[str, Any], phrase: str) -> None:
    first, second = as_asked()

    assert differences(WORKLOAD, [first, dataclasses.replace(second, **change)]) == [phrase]


def test_a_missing_container_is_named() -> None:
    assert differences(WORKLOAD, as_asked()[:1]) == ["1 containers instead of 2", "s02 is missing"]


@pytest.mark.parametrize(("health", "is_accepted"), [("starting", True), ("unhealthy", False), (None, False)])
def test_a_link_of_a_chain_has_a_health_check_that_does_not_fail(health: str | None, is_accepted: bool) -> None:
    chain = make_workload("any", 2, is_chain=True)
    first, second = as_asked(chain)

    assert (differences(chain, [dataclasses.replace(first, health=health), second]) == []) is is_accepted


def test_a_link_of_a_chain_that_started_too_early_is_named() -> None:
    chain = make_workload("any", 2, is_chain=True)
    first, second = as_asked(chain)
    early = dataclasses.replace(second, started_at=first.started_at - datetime.timedelta(seconds=1))

    assert differences(chain, [first, early]) == ["s02 started before s01, which it waits for"]


@pytest.mark.parametrize("change", [{"id": "other"}, {"started_at": START + datetime.timedelta(seconds=9)}])
def test_a_replaced_or_restarted_container_was_touched(change: dict[str, Any]) -> None:
    before = as_asked()

    assert touched(before, before) == []
    assert touched(before, [before[0], dataclasses.replace(before[1], **change)]) == ["s02"]


def test_a_remote_engine_is_refused() -> None:
    with pytest.raises(BenchError, match="tcp://elsewhere:2375"):
        Engine(machine_address({"DOCKER_HOST": "tcp://elsewhere:2375"}))
