"""phlo-api, served without a container, of a project on several hosts."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from phlo_api.server.app import create_app
from phlo_api.server.settings import Settings

from tests.hosts.bed import Bed
from tests.hosts.conftest import Phlo

Ask = Callable[..., httpx.Response]
TOKEN = "operator-" + "o" * 40
WAIT_TIMEOUT_SECONDS = 60
PROJECT = """
name: {name}
services:
  defaults: false
  web:
    type: inline
    image: {image}
    hosts: [data-1, data-2]
    command: [sh, -c, "echo hello; exec sleep infinity"]
    init: true
    stop_grace_period: 1s
  other:
    type: inline
    image: {image}
    hosts: [data-3]
    stop_grace_period: 1s
"""


@pytest.fixture
def api(phlo: Phlo, bed: Bed, folder: Path, project: str, tiny: str) -> Iterator[Ask]:
    """Sends a request: `api("GET", path, **request)`."""
    (folder / "phlo.yaml").write_text(PROJECT.format(name=project, image=tiny))
    phlo("up")
    settings = Settings(
        root=folder,
        state_folder=folder / ".phlo" / "api",
        environ=dict(os.environ),
        inventory=(str(bed.inventory),),
        actions=("restart",),
        tokens={"operator": TOKEN},
    )
    app = create_app(settings)

    async def send(method: str, path: str, request: dict[str, Any]) -> httpx.Response:
        base, headers = "http://127.0.0.1:4000/api/v1", {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base, headers=headers) as client:
            return await client.request(method, path, **request)

    yield lambda method, path, **request: asyncio.run(send(method, path, request))
    app.state.context.close()


def test_hosts_with_what_is_on_them_are_shown_and_a_service_is_restarted_where_it_is(api: Ask) -> None:
    hosts = {host["name"]: (host["reachable"], host["services"]) for host in api("GET", "hosts").json()}
    assert hosts == {"data-1": (True, ["web"]), "data-2": (True, ["web"]), "data-3": (True, ["other"])}
    assert api("GET", "plan").json()["has_changes"] is False
    printed = api("GET", "logs", params={"service": "web", "follow": False}).text
    lines = [json.loads(line[6:]) for line in printed.splitlines() if line.startswith('data: {"')]
    assert {line["host"] for line in lines if line.get("text") == "hello"} == {"data-1", "data-2"}

    run = api("POST", "services/web/restart").json()["run"]
    deadline = time.monotonic() + WAIT_TIMEOUT_SECONDS
    while (found := api("GET", f"runs/{run}").json())["result"] == "running":
        assert time.monotonic() < deadline, f"the run goes on: {found}"
        time.sleep(0.2)
    assert (found["result"], found["counts"]) == ("changed", {"restart": 2})
