"""From wheels to running services: install, override, start, verify, change, roll forward, take down."""

from __future__ import annotations

import socket
import subprocess

import pytest

from phlo.testing.role_project import free_ports
from tests.e2e.conftest import Installed, Quickstart


@pytest.fixture(scope="session")
def started(installed: Installed, quickstart: Quickstart) -> Quickstart:
    """The quickstart, brought up by the installed phlo."""
    installed.run("phlo", "run", "up", cwd=quickstart.folder, timeout_seconds=900)
    return quickstart


def test_its_own_tests_pass(started: Quickstart, installed: Installed) -> None:
    installed.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=started.folder)


def test_a_second_up_has_nothing_to_do(started: Quickstart, installed: Installed) -> None:
    for _ in range(3):
        assert "Nothing to do" in installed.run("phlo", "run", "up", cwd=started.folder).stderr


def test_a_moved_port_is_one_recreate_and_answers_there(started: Quickstart, installed: Installed) -> None:
    path = started.folder / "phlo.yaml"
    before, text = started.ports[8000], path.read_text()
    (after,) = free_ports(1)
    path.write_text(text.replace(f"127.0.0.1:{before}:8000", f"127.0.0.1:{after}:8000"))
    try:
        plan = installed.run("phlo", "plan", cwd=started.folder).stdout
        assert f"{before}" in plan
        assert f"{after}" in plan
        assert "recreate container" in plan
        installed.run("phlo", "run", "up", cwd=started.folder)
        socket.create_connection(("127.0.0.1", after), timeout=60).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", before), timeout=60)
    finally:
        path.write_text(text)
        installed.run("phlo", "run", "up", cwd=started.folder)


def test_no_secret_stands_where_everybody_can_read(started: Quickstart) -> None:
    state = started.folder / ".phlo"
    lines = (state / ".env.local").read_text().splitlines()
    secrets = [line.partition("=")[2].strip("\"'") for line in lines if "=" in line and not line.startswith("#")]
    assert secrets
    assert (state / ".env.local").stat().st_mode & 0o777 == 0o600
    others = [path for path in state.rglob("*") if path.is_file() and path.name != ".env.local"]
    shown = b"".join(path.read_bytes() for path in others)
    assert [secret for secret in secrets if secret.encode() in shown] == []
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert [secret for secret in secrets if secret in processes] == []


def test_down_leaves_nothing_but_the_data(started: Quickstart, installed: Installed) -> None:
    installed.run("phlo", "run", "down", cwd=started.folder)
    listed = ["docker", "ps", "--all", "--quiet", "--filter", f"label=phlo.project={started.name}"]
    assert subprocess.run(listed, capture_output=True, text=True, check=True).stdout == ""
    volumes = ["docker", "volume", "ls", "--quiet", "--filter", f"label=phlo.project={started.name}"]
    assert f"{started.name}_postgres-data" in subprocess.run(volumes, capture_output=True, text=True, check=True).stdout
