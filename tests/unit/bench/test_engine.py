from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tests.bench.engine import BenchError, Engine, Seen, differences, touched
from tests.bench.workload import MEMORY_BYTES, Workload, make_workload

WORKLOAD = make_workload("any", 2)


def as_asked(workload: Workload = WORKLOAD) -> list[Seen]:
    return [
        Seen(
            id=f"id-{service.name}",
            service=service.name,
            status="running",
            health="healthy" if workload.is_chain else None,
            started_at="2026-01-01T00:00:00Z",
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


@pytest.mark.parametrize(("index", "is_accepted"), [(0, False), (1, True)])
def test_in_a_chain_only_the_last_service_may_be_less_than_healthy(index: int, is_accepted: bool) -> None:
    chain = make_workload("any", 2, is_chain=True)
    seen = as_asked(chain)
    seen[index] = dataclasses.replace(seen[index], health="starting")

    assert (differences(chain, seen) == []) is is_accepted


@pytest.mark.parametrize("change", [{"id": "other"}, {"started_at": "2026-01-01T00:00:09Z"}])
def test_a_replaced_or_restarted_container_was_touched(change: dict[str, str]) -> None:
    before = as_asked()

    assert touched(before, before) == []
    assert touched(before, [before[0], dataclasses.replace(before[1], **change)]) == ["s02"]  # type: ignore[arg-type]


def test_a_remote_engine_is_refused() -> None:
    with pytest.raises(BenchError, match="tcp://elsewhere:2375"):
        Engine({"DOCKER_HOST": "tcp://elsewhere:2375"})
