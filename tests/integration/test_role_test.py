"""`phlo test` and `phlo plugin create`, as the author of a package uses them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phlo.hosts.engine import Engine

STAGES = ["lint", "converge", "idempotence", "verify", "destroy"]

SERVICE = """
name: thing
description: A thing
image: phlo/test-busybox:1
compose:
  ports: ["8080:8080"]
  volumes: ["data:/data"]
  command: {command}
  healthcheck: {{test: ["CMD", "true"], interval: 1s}}
  stop_grace_period: 1s
"""
COMMAND = '[httpd, -f, -p, "8080"]'
TEST = "def test_it(role):\n    assert role.port(8080) != 8080\n"

Phlo = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def phlo(tmp_path: Path, tiny: str) -> Phlo:
    """Runs phlo in a folder of its own; the exit code must be as said."""

    def call(*words: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "phlo", *words],
            cwd=tmp_path,
            env={**os.environ, "NO_COLOR": "1", "TMPDIR": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return call


def write_role(folder: Path, *, service: str = SERVICE.format(command=COMMAND), test: str = TEST) -> None:
    (folder / "thing" / "tests").mkdir(parents=True)
    (folder / "thing" / "service.yaml").write_text(service)
    (folder / "thing" / "tests" / "test_thing.py").write_text(test)


def stages(told: str, sign: str = "✓") -> list[str]:
    return re.findall(rf"^{sign} \S+: ({'|'.join(STAGES)}) ", told, re.MULTILINE)


def left_of(told: str, engine: Engine) -> list[str]:
    """What the engine still has of a test's project."""
    (name,) = set(re.findall(r"phlo-test-[a-z-]+-[0-9a-f]{6}(?=[-_])", told))
    mine = {"label": [f"phlo.project={name}"]}
    found = engine.get("/containers/json", all=True, filters=mine) + engine.get("/networks", filters=mine)
    return [json.dumps(one) for one in [*found, *(engine.get("/volumes", filters=mine)["Volumes"] or ())]]


@pytest.fixture(autouse=True, scope="module")
def _no_image_is_left(engine: Engine) -> Iterator[None]:
    yield
    for image in engine.get("/images/json", filters={"reference": ["phlo/thing"]}):
        engine.delete(f"/images/{image['Id']}", force=True)


@pytest.mark.parametrize("kind", ["service", "operation"])
def test_a_created_package_passes_its_test_unedited(kind: str, phlo: Phlo, tmp_path: Path) -> None:
    phlo("plugin", "create", "thing", "--type", kind)
    told = phlo("test", "./phlo-thing").stderr
    assert stages(told) == (STAGES if kind == "service" else ["verify"])


def test_a_created_package_passes_its_test_once_it_is_installed(phlo: Phlo, tmp_path: Path) -> None:
    phlo("plugin", "create", "thing")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    installed = tmp_path / "installed"
    subprocess.run([*pip, "--target", str(installed), str(tmp_path / "phlo-thing")], check=True)
    assert stages(phlo("test", "phlo-thing", PYTHONPATH=str(installed)).stderr) == STAGES


def test_nothing_is_left_of_a_role_that_passed(phlo: Phlo, tmp_path: Path, engine: Engine) -> None:
    write_role(tmp_path)
    told = phlo("test", "./thing").stderr
    assert left_of(told, engine) == []
    assert [path.name for path in tmp_path.iterdir()] == ["thing"]


def test_a_conftest_around_the_role_has_no_part_in_its_test(phlo: Phlo, tmp_path: Path) -> None:
    write_role(tmp_path)
    (tmp_path / "conftest.py").write_text("raise RuntimeError('of another project')\n")
    assert stages(phlo("test", "./thing").stderr) == STAGES


FAILURES: dict[str, tuple[dict[str, str], str, str]] = {
    "no tests": ({"test": ""}, "verify", "pytest ended with status 5"),
    "a failing test": ({"test": "def test_it(role):\n    assert role.port(8080) == 1\n"}, "verify", "1 failed"),
    "a service that ends": ({"service": SERVICE.format(command='["false"]')}, "converge", "exit status 1"),
    "not ready": ({"service": SERVICE.format(command=COMMAND).replace('"true"', '"false"')}, "converge", "unhealthy"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_role_that_fails_is_told_at_its_stage_and_removed_all_the_same(
    case: str, phlo: Phlo, tmp_path: Path, engine: Engine
) -> None:
    files, stage, message = FAILURES[case]
    write_role(tmp_path, **files)
    told = phlo("test", "./thing", code=1).stderr
    assert stages(told, "✗") == [stage]
    assert stages(told) == [*STAGES[: STAGES.index(stage)], "destroy"]
    assert message in told
    assert left_of(told, engine) == []


def test_a_role_that_is_never_done_fails_at_idempotence(phlo: Phlo, tmp_path: Path, engine: Engine) -> None:
    secret = "compose:\n  environment: {NOW: '${NOW}'}"
    write_role(tmp_path, service=SERVICE.format(command=COMMAND).replace("compose:", secret))
    own = "secret_sources: {NOW: {command: [date, '+%N']}}\n"
    (tmp_path / "thing" / "tests" / "phlo.yaml").write_text(own)
    told = phlo("test", "./thing", code=1).stderr
    assert stages(told, "✗") == ["idempotence"]
    assert "a second run changed 1 thing" in told
    assert "environment.NOW changed" in told
    assert left_of(told, engine) == []


def test_what_lint_finds_starts_nothing(phlo: Phlo, tmp_path: Path) -> None:
    write_role(tmp_path, service="name: thing\nimage: phlo/test-busybox:latest\n")
    told = phlo("test", "./thing", code=1).stderr
    assert stages(told, "✗") == ["lint"]
    assert stages(told) == []
    assert told.count("✗ ") == 4


def test_what_is_kept_runs_on_until_it_is_taken_down(phlo: Phlo, tmp_path: Path, engine: Engine) -> None:
    write_role(tmp_path)
    told = phlo("test", "--keep", "./thing").stderr
    (folder,) = re.findall(r"phlo -C (\S+) ps", told)
    try:
        assert stages(told) == STAGES[:-1]
        assert json.loads(phlo("-C", folder, "ps", "--json").stdout)[0]["state"] == "running"
    finally:
        phlo("-C", folder, "down", "--volumes", "--yes")
    assert left_of(told, engine) == []


def test_ctrl_c_removes_what_was_started(phlo: Phlo, tmp_path: Path, engine: Engine) -> None:
    # A terminal sends it to phlo's process group; pytest, which phlo started, is in a group of its own.
    as_ctrl_c = "    os.kill(os.getppid(), signal.SIGINT)\n    time.sleep(600)\n"
    write_role(tmp_path, test=f"import os, signal, time\n\ndef test_it(role):\n{as_ctrl_c}")
    process = subprocess.Popen(
        [sys.executable, "-m", "phlo", "test", "./thing"],
        cwd=tmp_path,
        env={**os.environ, "NO_COLOR": "1", "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert stages(told, "✗") == ["verify"]
    assert stages(told)[-1] == "destroy"
    assert left_of(told, engine) == []
