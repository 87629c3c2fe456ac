"""A running phlo-alloy does what it promises."""

from __future__ import annotations

from typing import Any


def test_its_settings_are_sound(host: Any) -> None:
    assert host.run("alloy fmt --test /etc/alloy/config.alloy").succeeded


def test_it_has_found_the_containers_of_the_project(host: Any, role: Any) -> None:
    ask = "exec 3<>/dev/tcp/127.0.0.1/12345; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
    figures = host.check_output(f'bash -c "{ask}"')
    assert "loki_source_docker_target_entries_total" in figures
