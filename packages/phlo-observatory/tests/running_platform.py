"""A platform that runs, for the tests of the app and its pages: phlo-api as a process, services of the tiny image."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from phlo_observatory.tests.browsing import Visitor, axe_script, built, docker

from phlo.hosts.host import Host
from phlo.testing.images import tiny_image

OPERATOR, VIEWER = "an-operator-of-these-tests", "a-viewer-of-these-tests-too"
ACTIONS = ("up", "restart", "stop", "action", "rollback")
WAIT_TIMEOUT_SECONDS = 120
PROJECT = """
name: {name}
services:
  defaults: false
  web:
    type: inline
    image: phlo/test-busybox:1
    command: [sh, -c, "echo getting ready; touch /tmp/ready; exec httpd -f -p 8080"]
    ports: ["127.0.0.1:{port}:8080"]
    environment: {{GREETING: hello}}
    init: true
    stop_grace_period: 1s
    healthcheck:
      test: [CMD, sh, -c, "test -f /tmp/ready || {{ echo the disk is full; exit 1; }}"]
      interval: 1s
      retries: 1
      start_period: 60s
  worker:
    type: inline
    image: phlo/test-busybox:1
    depends_on: [web]
    stop_grace_period: 1s
"""


class Api:
    """phlo-api as a process that a test can stop and start."""

    def __init__(self, folder: Path, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._command = [sys.executable, "-m", "phlo_api", "-C", str(folder), "--port", str(port)]
        self._command += [word for action in ACTIONS for word in ("--allow", action)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        tokens = {"PHLO_API_OPERATOR_TOKEN": OPERATOR, "PHLO_API_VIEWER_TOKEN": VIEWER}
        self._process = subprocess.Popen(self._command, env={**os.environ, **tokens})
        wait_for(f"{self.address}/health")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None


@dataclass(frozen=True)
class Platform:
    """A project that is up, with Observatory at an address."""

    folder: Path
    name: str
    address: str
    axe: str
    api: Api

    def visitor(self, page: Any) -> Visitor:
        return Visitor(page, self.address, self.axe)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def phlo(folder: Path, *words: str) -> None:
    command = [sys.executable, "-m", "phlo", "-C", str(folder), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def wait_for(address: str) -> httpx.Response:
    deadline = time.monotonic() + WAIT_TIMEOUT_SECONDS
    while True:
        try:
            return httpx.get(address, timeout=30)
        except httpx.TransportError:
            assert time.monotonic() < deadline, f"{address} does not answer"
            time.sleep(0.2)


@contextmanager
def running(engine_host: Host, folder: Path) -> Iterator[Platform]:
    """Bring a project up. folder: an empty one."""
    state = folder / "state"
    folder = folder / "project"
    state.mkdir()
    folder.mkdir()
    name, port, api_port, own = f"pages-{os.getpid()}", free_port(), free_port(), free_port()
    tiny_image(engine_host.engine)
    (folder / "phlo.yaml").write_text(PROJECT.format(name=name, port=port))
    settings = state / "settings.json"
    settings.write_text(json.dumps({"api_url": f"http://127.0.0.1:{api_port}", "session_key": "of these tests"}))
    settings.chmod(0o644)
    axe = axe_script(engine_host, state)
    image = built("observatory", engine_host)
    phlo(folder, "up")
    api = Api(folder, api_port)
    container = f"{name}-observatory"
    try:
        run = ["run", "--detach", "--name", container, "--network", "host", "--read-only", "--cap-drop", "ALL"]
        run += ["--env", "HOST=127.0.0.1", "--env", f"PORT={own}"]
        docker(*run, "--volume", f"{settings}:/var/lib/observatory/settings.json:ro", image)
        api.start()
        wait_for(f"http://127.0.0.1:{own}/health")
        yield Platform(folder=folder, name=name, address=f"http://127.0.0.1:{own}", axe=axe, api=api)
    finally:
        api.stop()
        subprocess.run(["docker", "rm", "--force", container], capture_output=True, check=False)
        phlo(folder, "down", "--volumes", "--yes")
