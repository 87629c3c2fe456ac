"""A running phlo-prometheus does what it promises."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import testinfra

TARGETS = "/etc/prometheus/targets.json"
# Nothing listens on port 9 of the container.
DEAD = {"targets": ["127.0.0.1:9"], "labels": {"service": "dead", "__metrics_path__": "/metrics"}}
RULES_TEST = """
rule_files: [/etc/prometheus/rules.yml]
evaluation_interval: 1s
tests:
  - interval: 1s
    input_series:
      - {series: 'up{service="db"}', values: '1 1 0 0 0 0 0'}
    alert_rule_test:
      - {eval_time: 3s, alertname: ServiceDown, exp_alerts: []}
      - eval_time: 6s
        alertname: ServiceDown
        exp_alerts:
          - exp_labels: {service: db, severity: critical}
            exp_annotations:
              summary: db does not answer
              description: " has returned no metrics for 2s."
"""


def api(role: Any, path: str, **query: str) -> Any:
    return httpx.get(f"http://127.0.0.1:{role.port(9090)}/api/v1/{path}", params=query).json()["data"]


def up(role: Any) -> dict[str, str]:
    return {one["metric"]["service"]: one["value"][1] for one in api(role, "query", query="up")["result"]}


def until(found: Callable[[], bool], *, seconds: float = 60) -> None:
    """Ask again until it is so; Prometheus tells nobody when it has scraped."""
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, f"it was not so within {seconds} seconds"
        time.sleep(0.2)


def docker(command: str) -> str:
    return str(testinfra.get_host("local://").check_output(f"docker {command}"))


@pytest.fixture
def dead(host: Any, role: Any, tmp_path: Any) -> Iterator[None]:
    """One more target, put there as phlo does it, which does not answer."""
    before = host.file(TARGETS).content_string
    file = tmp_path / "targets.json"
    for text in (json.dumps([*json.loads(before), DEAD]), before):
        file.write_text(text)
        docker(f"cp {file} {role.container}:{TARGETS}")
        if text != before:
            yield


def test_it_collects_the_metrics_of_the_services_that_give_some(role: Any) -> None:
    until(lambda: up(role).get("prometheus") == "1")


def test_a_target_that_comes_is_found_without_a_restart_and_its_silence_fires_the_rule(role: Any, dead: None) -> None:
    since = docker(f"inspect --format '{{{{.State.StartedAt}}}}' {role.container}")
    until(lambda: up(role).get("dead") == "0")
    until(lambda: firing(role) == {("ServiceDown", "dead")})
    assert docker(f"inspect --format '{{{{.State.StartedAt}}}}' {role.container}") == since


def firing(role: Any) -> set[tuple[str, str]]:
    return {
        (one["labels"]["alertname"], one["labels"]["service"])
        for one in api(role, "alerts")["alerts"]
        if one["state"] == "firing"
    }


def test_the_rule_waits_before_it_fires(host: Any) -> None:
    command = f"printf %s {shlex.quote(RULES_TEST)} > /tmp/rules_test.yml && promtool test rules /tmp/rules_test.yml"
    assert host.run(command).succeeded


def test_its_configuration_and_rules_are_sound(host: Any) -> None:
    assert host.run("promtool check config /etc/prometheus/prometheus.yml").succeeded


def test_metrics_outlive_a_restart(host: Any, role: Any) -> None:
    until(lambda: up(role).get("prometheus") == "1")
    before = time.time()
    docker(f"restart {role.container}")
    assert host.run("timeout 60 sh -c 'until promtool check ready --url=http://127.0.0.1:9090; do :; done'").succeeded
    assert api(role, "query", query="up", time=str(before))["result"]


def test_the_command_behind_the_action_prints_metrics(host: Any) -> None:
    assert host.check_output("promtool query instant http://127.0.0.1:9090 'vector(7)'").startswith("{} => 7")


def test_it_has_a_page(role: Any) -> None:
    page = httpx.get(f"http://127.0.0.1:{role.port(9090)}/", follow_redirects=True)
    assert page.status_code == 200
    assert "Prometheus" in page.text


def test_it_is_not_root(host: Any) -> None:
    assert host.file("/proc/1").user == "nobody"
