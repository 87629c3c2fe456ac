"""The pages in a browser, on a platform that runs: phlo-api as a process, its services made of the tiny image."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from phlo_observatory.tests.browsing import PAGES, Visitor, axe_script, built, docker

from phlo.hosts.host import Host
from phlo.testing.browser import open_page
from phlo.testing.images import tiny_image

pytestmark = [pytest.mark.integration, pytest.mark.browser]

OPERATOR, VIEWER = "an-operator-of-these-tests", "a-viewer-of-these-tests-too"
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


@dataclass(frozen=True)
class Platform:
    """A project that is up, with Observatory at an address."""

    folder: Path
    name: str
    address: str
    axe: str

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


@pytest.fixture(scope="module")
def platform(engine_host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("project")
    name, port, api, own = f"pages-{os.getpid()}", free_port(), free_port(), free_port()
    tiny_image(engine_host.engine)
    (folder / "phlo.yaml").write_text(PROJECT.format(name=name, port=port))
    settings = tmp_path_factory.mktemp("settings") / "settings.json"
    settings.write_text(json.dumps({"api_url": f"http://127.0.0.1:{api}", "session_key": "of these tests"}))
    settings.chmod(0o644)
    axe = axe_script(engine_host, settings.parent)
    image = built("observatory", engine_host)
    phlo(folder, "up")
    serve = [sys.executable, "-m", "phlo_api", "-C", str(folder), "--port", str(api)]
    serve += [word for action in ("up", "restart", "action", "rollback") for word in ("--allow", action)]
    tokens = {"PHLO_API_OPERATOR_TOKEN": OPERATOR, "PHLO_API_VIEWER_TOKEN": VIEWER}
    server = subprocess.Popen(serve, env={**os.environ, **tokens})
    container = f"{name}-observatory"
    try:
        run = ["run", "--detach", "--name", container, "--network", "host", "--read-only", "--cap-drop", "ALL"]
        run += ["--env", "HOST=127.0.0.1", "--env", f"PORT={own}"]
        docker(*run, "--volume", f"{settings}:/var/lib/observatory/settings.json:ro", image)
        wait_for(f"http://127.0.0.1:{api}/health")
        wait_for(f"http://127.0.0.1:{own}/health")
        yield Platform(folder=folder, name=name, address=f"http://127.0.0.1:{own}", axe=axe)
    finally:
        server.terminate()
        server.wait(30)
        subprocess.run(["docker", "rm", "--force", container], capture_output=True, check=False)
        phlo(folder, "down", "--volumes", "--yes")


@pytest.fixture
def page() -> Iterator[Any]:
    with open_page(timeout_seconds=WAIT_TIMEOUT_SECONDS) as page:
        yield page


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
def test_every_page_is_without_a_fault(platform: Platform, page: Any, theme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    visitor = platform.visitor(page)
    visitor.sign_in(OPERATOR)
    run = page.request.get(f"{platform.address}/api/v1/runs").json()[0]["id"]
    # Without a lake there is nothing to ask for data, which the page says; the browser notes the refusals.
    refused = "status of 404"
    for path in (*PAGES, "/services/web", f"/runs/{run}"):
        visitor.open(path)
        assert visitor.barriers() == [], path
        assert not visitor.is_too_wide(), path
        faults = [one for one in visitor.problems if not (path == "/data" and refused in one)]
        assert faults == [], path
        visitor.problems.clear()


def test_who_signs_in_gets_where_they_wanted(platform: Platform, page: Any) -> None:
    visitor = platform.visitor(page)
    visitor.sign_in(VIEWER, "/services/web")
    assert page.get_by_role("heading", level=1).inner_text() == "web"
    (cookie,) = [one for one in page.context.cookies() if one["name"] == "observatory_session"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert VIEWER not in cookie["value"]
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
    page.goto(f"{platform.address}/runs")
    page.wait_for_url("**/login?then=*")


def test_who_may_only_look_is_told_so(platform: Platform, page: Any) -> None:
    visitor = platform.visitor(page)
    visitor.sign_in(VIEWER, "/plan")
    assert page.get_by_role("button", name="Apply").is_disabled()
    page.get_by_text("This needs the role operator").wait_for()


def test_the_keyboard_finds_a_service(platform: Platform, page: Any) -> None:
    platform.visitor(page).sign_in(VIEWER)
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Page, service, run or theme").wait_for()
    page.keyboard.type("work")
    page.get_by_role("menuitem", name="worker").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/services/worker")


def test_the_log_and_the_environment_are_shown(platform: Platform, page: Any) -> None:
    platform.visitor(page).sign_in(VIEWER, "/services/web")
    page.get_by_role("tab", name="Logs").click()
    page.get_by_role("log").get_by_text("getting ready").wait_for()
    page.get_by_role("tab", name="Environment").click()
    row = page.get_by_role("row").filter(has_text="GREETING")
    row.get_by_text("hello").wait_for()
    assert "phlo.yaml" in row.inner_text()


def test_a_failed_health_check_is_shown_with_its_cause(platform: Platform, page: Any) -> None:
    platform.visitor(page).sign_in(VIEWER)
    docker("exec", f"{platform.name}-web-1", "rm", "/tmp/ready")
    try:
        page.get_by_text("1 service in trouble").wait_for()
        page.locator("main").get_by_role("link", name="web", exact=True).first.click()
        page.get_by_text("the disk is full").wait_for()
    finally:
        docker("exec", f"{platform.name}-web-1", "touch", "/tmp/ready")
