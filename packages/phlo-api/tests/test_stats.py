"""What services and hosts use: of all containers together, one hour back, in bounded memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from phlo_api.server.app import create_app
from phlo_api.server.stats import KEPT_SECONDS, MOST_SAMPLES, MOST_SERIES, History, HostFacts, Reading, reading
from serving import OPERATOR, asking, project_on_engine, until

from phlo.hosts.live import LiveContainer

HOSTS = {"local": HostFacts(cpus=2, memory=1000)}


def counted(at: float, cpu: float, *, container: str = "a", service: str = "web", **more: Any) -> Reading:
    own = {"memory": 100, "memory_limit": 500, "received": int(cpu * 1000), "sent": 0, "host": "local", **more}
    return Reading(container=container, service=service, at=at, cpu_seconds=cpu, **own)


def test_rates_are_those_between_two_samples_and_instances_count_together() -> None:
    history = History()
    history.take(10.0, [counted(10.0, 1.0), counted(10.0, 5.0, container="b")], HOSTS)
    history.take(20.0, [counted(20.0, 6.0), counted(20.0, 7.0, container="b")], HOSTS)
    found = history.stats(0.0)
    (web,), (host,) = found.services, found.hosts
    assert [one.cpu_cores for one in web.samples] == [None, 0.7]
    assert [one.received_per_second for one in web.samples] == [None, 700.0]
    assert (web.samples[1].memory_bytes, web.memory_limit_bytes) == (200, 1000)
    assert (host.cpus, host.memory_total_bytes, host.samples) == (2, 1000, web.samples)
    assert [one.time for one in history.stats(10.0).services[0].samples] == [20.0]
    assert found.now == 20.0


def test_a_container_that_was_restarted_counts_from_nothing_again() -> None:
    history = History()
    history.take(10.0, [counted(10.0, 100.0)], HOSTS)
    history.take(20.0, [counted(20.0, 1.0)], HOSTS)
    history.take(30.0, [counted(30.0, 2.0)], HOSTS)
    assert [one.cpu_cores for one in history.stats(0.0).services[0].samples] == [None, None, 0.1]


def test_one_container_without_a_limit_means_none_for_the_service() -> None:
    history = History()
    history.take(10.0, [counted(10.0, 1.0), counted(10.0, 1.0, container="b", memory_limit=None)], HOSTS)
    assert history.stats(0.0).services[0].memory_limit_bytes is None


def test_an_hour_is_kept_and_what_is_older_or_gone_is_forgotten() -> None:
    history = History()
    for number in range(3 * MOST_SAMPLES):
        at = 15.0 * number
        history.take(
            at,
            [counted(at, float(number), service="web"), *([counted(at, 1.0, service="old")] if number == 0 else [])],
            HOSTS,
        )
    found = history.stats(0.0)
    assert [one.service for one in found.services] == ["web"]
    assert len(found.services[0].samples) == MOST_SAMPLES
    assert found.now is not None
    assert found.services[0].samples[0].time > found.now - KEPT_SECONDS
    for number in range(3 * MOST_SERIES):
        history.take(at, [counted(at, 1.0, service=f"s{number}")], HOSTS)
    assert len(history._series) == MOST_SERIES


CONTAINER = LiveContainer(
    id="a" * 64, name="web-1", host="local", service="web", instance=1, state="running", health=None, exit_code=None,
    since="", image="",
)  # fmt: skip


@pytest.mark.parametrize(
    ("memory", "used", "limit"),
    [
        ({"usage": 100, "limit": 400, "stats": {"total_inactive_file": 30}}, 70, 400),
        ({"usage": 100, "limit": 400, "stats": {"inactive_file": 20}}, 80, 400),
        ({"usage": 100, "limit": 9223372036854771712}, 100, None),
        ({}, 0, None),
    ],
)
def test_both_versions_of_cgroups_are_read(memory: dict[str, Any], used: int, limit: int | None) -> None:
    data = {
        "cpu_stats": {"cpu_usage": {"total_usage": 2_500_000_000}},
        "memory_stats": memory,
        "networks": {"a": {"rx_bytes": 1, "tx_bytes": 2}, "b": {"rx_bytes": 10, "tx_bytes": 20}},
    }
    found = reading(CONTAINER, data, 5.0)
    assert (found.cpu_seconds, found.memory, found.memory_limit) == (2.5, used, limit)
    assert (found.received, found.sent) == (11, 22)


@pytest.mark.integration
def test_a_container_that_computes_is_seen_in_its_service_and_host(tmp_path: Path) -> None:
    services = """
        busy: {type: inline, image: IMAGE, command: [sh, -c, "while :; do :; done"], init: true, mem_limit: 64m}
    """
    with project_on_engine(tmp_path, services) as settings, asking(settings) as ask:
        body = {"plan": ask("/plan").json()["digest"]}
        ask("/actions/up", token=OPERATOR, method="POST", json=body).raise_for_status()
        until(lambda: ask("/services/busy").json()["status"] == "running", "it does not run")
        sampler = create_app(settings).state.context.sampler

        def is_busy() -> bool:
            sampler.round()
            found = sampler.history.stats(0.0)
            return bool(found.services and (found.services[0].samples[-1].cpu_cores or 0) > 0)

        until(is_busy, "no sample shows that it computes")
        found = sampler.history.stats(0.0)
        (busy,), (host,) = found.services, found.hosts
        assert (busy.service, busy.memory_limit_bytes) == ("busy", 64 << 20)
        assert busy.samples[-1].memory_bytes > 0
        assert (host.host, host.samples) == ("local", busy.samples)
        assert (host.cpus or 0) > 0
        assert ask("/stats").json()["services"] == []  # its own sampler is not started
