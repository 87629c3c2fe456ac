"""`phlo services open`, with services that listen and a program for a browser."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from phlo.discovery import ServiceDiscovery
from tests.integration.conftest import Phlo

ROLE = """
name: shop
image: phlo/test-busybox:1
default: true
provides:
  http-route: {port: 8080, title: Shop, path: /welcome}
compose:
  command: [sh, -c, "httpd -f -p 8080 & httpd -f -p 80"]
  ports: ["127.0.0.1::80", "127.0.0.1::8080"]
  stop_signal: SIGKILL
"""

PROJECT = """
name: {name}
services:
  disabled: [{disabled}]
  silent:
    type: inline
    image: phlo/test-busybox:1
    command: [sleep, "600"]
    stop_signal: SIGKILL
  deaf:
    type: inline
    image: phlo/test-busybox:1
    command: [nc, -ll, -p, "9", -e, echo, "not HTTP"]
    ports: ["127.0.0.1::9"]
    stop_signal: SIGKILL
"""


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    (tmp_path / "roles" / "shop").mkdir(parents=True)
    (tmp_path / "roles" / "shop" / "service.yaml").write_text(ROLE)
    disabled = ", ".join(service.name for service in ServiceDiscovery().get_default_services())
    (tmp_path / "phlo.yaml").write_text(PROJECT.format(name=project, disabled=disabled))
    return tmp_path


@pytest.fixture
def browser(tmp_path: Path) -> tuple[str, Path]:
    """A program that writes down what it is to open, and the file that it writes into."""
    opened = tmp_path / "opened"
    script = tmp_path / "browser.py"
    script.write_text(f"import sys\nopen({str(opened)!r}, 'a').write(sys.argv[1] + '\\n')\n")
    return f"{sys.executable} {script} %s", opened


def test_the_page_that_a_service_names_is_opened_and_its_other_ports_are_told(
    phlo: Phlo, browser: tuple[str, Path]
) -> None:
    program, opened = browser
    missing = phlo("services", "open", "shop", code=1)
    assert "shop: is not running. Start it: `phlo up shop`." in missing.stderr
    phlo("up", "-q", "shop")
    pages = json.loads(phlo("services", "open", "shop", "--json").stdout)
    assert [(page["container_port"], page["title"]) for page in pages] == [(8080, "Shop"), (80, "")]

    said = phlo("services", "open", "shop", BROWSER=program)
    assert said.stdout == f"http://127.0.0.1:{pages[0]['port']}/welcome\n"
    assert f"Also: http://127.0.0.1:{pages[1]['port']}" in said.stderr
    assert opened.read_text() == said.stdout

    other = phlo("services", "open", "shop", "--print", "--port", "80", BROWSER=program)
    assert (other.stdout, other.stderr) == (f"{pages[1]['url']}\n", "")
    assert opened.read_text() == said.stdout  # --print opens nothing
    wrong = phlo("services", "open", "shop", "--port", "81", code=3)
    assert f"shop has no page at port 81. It has them at: {pages[0]['port']}, {pages[1]['port']}." in wrong.stderr


def test_without_a_display_the_address_is_printed(phlo: Phlo) -> None:
    phlo("up", "-q", "shop")
    said = phlo("services", "open", "shop", BROWSER="", DISPLAY="", WAYLAND_DISPLAY="")
    assert said.stdout.startswith("http://127.0.0.1:")
    assert "There is no display here" in said.stderr


def test_a_service_without_a_page_is_an_error_that_names_those_with_one(phlo: Phlo) -> None:
    phlo("up", "-q")
    silent = phlo("services", "open", "silent", code=3)
    assert "silent: publishes no port." in silent.stderr
    deaf = phlo("services", "open", "deaf", code=3)
    assert "deaf: has no page to open: nothing at its ports (9/tcp) speaks HTTP." in deaf.stderr
    assert "shop" in silent.stderr.partition("These have a page: ")[2]
    unknown = phlo("services", "open", "shpo", code=3)
    assert 'Did you mean "shop"?' in unknown.stderr
