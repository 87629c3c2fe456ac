"""A newcomer's first hour: the README's platform from a fresh clone, then a port that is moved, in Observatory."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from phlo_observatory.tests.browsing import Visitor

from phlo.testing.browser import open_page
from phlo.testing.role_project import free_ports
from tests.e2e.conftest import Installed
from tests.support.beside import assert_no_default_port, stand_beside
from tests.support.unprotected import UNPROTECTED

# phlo-api and Observatory as the guide has them.
ALLOWED = "up restart action rollback"
WAIT_TIMEOUT_SECONDS = 120
SOMEBODY = 12345


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Somebody with a clone of this repository, phlo installed, and a browser. folder: their project's."""

    folder: Path
    installed: Installed
    page: Any

    def phlo(self, *words: str) -> str:
        return self.installed.run("phlo", *words, cwd=self.folder, timeout_seconds=1500).stdout

    def services(self) -> list[dict[str, Any]]:
        """Those that run."""
        return [one for one in json.loads(self.phlo("services", "list", "--json")) if one["state"] == "running"]

    def port(self, service: str) -> int:
        """The first that it has now."""
        return int(next(one["ports"][0] for one in self.services() if one["name"] == service))

    def edit(self, service: str = "", **settings: Any) -> None:
        """Write settings into phlo.yaml: of a service, or of the project."""
        path = self.folder / "phlo.yaml"
        data = yaml.safe_load(path.read_text())
        (data["services"][service] if service else data).update(settings)
        path.write_text(yaml.safe_dump(data, sort_keys=False))

    def press(self, name: str) -> None:
        """Press a button that asks whether one is sure, and say yes, once the run before has released its lock."""
        deadline = time.monotonic() + WAIT_TIMEOUT_SECONDS
        while "held by" in (status := self.phlo("deploy-lock", "status")):
            assert time.monotonic() < deadline, f"the run before still holds the deploy lock: {status}"
        self.page.get_by_role("button", name=name, exact=True).click()
        self.page.get_by_role("alertdialog").get_by_role("button", name=name, exact=True).click()


@pytest.fixture
def newcomer(installed: Installed, repository: Path, tmp_path: Path) -> Iterator[Newcomer]:
    """With the README's platform up, and actions allowed as the guide to Observatory says."""
    clone = tmp_path / "phlo"
    shutil.copytree(repository, clone, symlinks=True)
    folder = clone / "examples" / "github-stats"
    name = stand_beside(folder, os.environ)
    if os.geteuid() == 0:  # as with sudo: root brings up what is somebody else's
        subprocess.run(["chown", "--recursive", f"{SOMEBODY}:{SOMEBODY}", clone], check=True)
    with open_page(timeout_seconds=WAIT_TIMEOUT_SECONDS) as page:
        newcomer = Newcomer(folder=folder, installed=installed, page=page)
        try:
            newcomer.phlo("up")
            newcomer.edit(env={"PHLO_API_ACTIONS": ALLOWED})
            newcomer.phlo("up")
            yield newcomer
            assert_no_default_port(name)
        finally:
            newcomer.phlo("down", "--volumes", "--yes", *UNPROTECTED, "-t", "0", "--lock-timeout", "60")


def test_a_newcomer_sees_the_platform_moves_a_port_watches_it_and_takes_it_back(newcomer: Newcomer) -> None:
    page = newcomer.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    visitor = Visitor(page, f"http://127.0.0.1:{newcomer.port('observatory')}")
    visitor.sign_in(newcomer.phlo("secrets", "get", "PHLO_API_OPERATOR_TOKEN").strip())

    visitor.open("/services")
    rows = page.get_by_role("table", name="Services").get_by_role("row")
    for service in newcomer.services():
        row = rows.filter(has=page.locator(f"a[href='/services/{service['name']}']"))
        row.locator(".badge").get_by_text(re.compile("healthy|running")).wait_for()
    visitor.open("/plugins")
    shown = "\n".join(page.get_by_role("table", name="Installed plugins").get_by_role("row").all_inner_texts())
    installed = json.loads(newcomer.phlo("plugin", "list", "--json"))
    assert len(installed) > 15
    assert [plugin["name"] for plugin in installed if plugin["name"] not in shown] == []

    # The newest run replaced phlo-api, which would not live to put the old one back.
    visitor.open("/runs")
    page.locator("main a[href^='/runs/']").first.click()
    newcomer.press("Roll back")
    page.get_by_text("phlo-api and phlo-api-engine would be replaced").wait_for()

    before, (after,) = newcomer.port("dagster"), free_ports(1)
    newcomer.edit("dagster", ports=[f"127.0.0.1:{after}:3000"])
    visitor.open("/plan")
    page.get_by_text(f"published on 127.0.0.1:{after}, was 127.0.0.1:{before}").wait_for()
    newcomer.press("Apply")
    page.wait_for_url("**/runs/*")
    page.get_by_role("button", name=re.compile("^dagster container")).wait_for()
    page.locator(".tile").get_by_text("changed", exact=True).wait_for()
    assert [url for url in asked if url.endswith("/events")], "the run was not watched while it went on"
    assert (answers(after), answers(before)) == (True, False)

    newcomer.press("Roll back")
    page.get_by_role("heading", name="rollback").wait_for()
    page.locator(".tile").get_by_text("changed", exact=True).wait_for()
    assert (answers(after), answers(before)) == (False, True)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
    except ConnectionRefusedError:
        return False
    return True
