"""A running phlo-loki does what it promises."""

from __future__ import annotations

import time
from typing import Any

import httpx


def test_a_line_that_is_sent_is_found(role: Any) -> None:
    base = f"http://127.0.0.1:{role.port(3100)}/loki/api/v1"
    stream = {"stream": {"service": "role-test"}, "values": [[str(time.time_ns()), "hello"]]}
    assert httpx.post(f"{base}/push", json={"streams": [stream]}).status_code == 204
    found = httpx.get(f"{base}/query_range", params={"query": '{service="role-test"}'}).json()["data"]["result"]
    assert [line for one in found for _, line in one["values"]] == ["hello"]


def test_it_is_not_root(host: Any) -> None:
    assert host.file("/proc/1").user == "loki"
