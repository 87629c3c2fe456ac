"""`.ci/run`: the README's two commands in their order, and a platform that the tests leave alone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / ".ci" / "run"
CLOSING = "======= 12 passed, 1 skipped in 3.21s ======="
# The engine's answers; `state` has what `docker inspect` says of the containers.
DOCKER = """#!/bin/bash
case "$1 $*" in
ps*) cut -d ' ' -f 1 state ;;
inspect*Config.Image*) echo phlo/web:1 ;;
inspect*) while read -r name rest; do echo "/$name running id=$rest"; done < state ;;
image*) cat images ;;
volume*) echo "volume lake_data" ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder with stubs of make and docker, and the state of a platform with one container."""
    (tmp_path / "state").write_text("web c1 started=1 restarts=0\n")
    (tmp_path / "images").write_text("phlo/web:1 id=i1\n")
    (tmp_path / "docker").write_text(
        DOCKER.replace(" state", f" {tmp_path}/state").replace(" images", f" {tmp_path}/images")
    )
    (tmp_path / "docker").chmod(0o755)
    return tmp_path


def run(machine: Path, tests: str) -> subprocess.CompletedProcess[str]:
    """Run it where `make test` is a script."""
    make = machine / "make"
    make.write_text(f'#!/bin/bash\necho "$1" >> {machine}/asked\n[ "$1" = test ] || exit 0\n{tests}\n')
    make.chmod(0o755)
    environ = {**os.environ, "PATH": f"{machine}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run([RUN], env=environ, capture_output=True, text=True)


def test_it_runs_both_commands_and_ends_with_pytests_closing_line(machine: Path) -> None:
    done = run(machine, f"echo '{CLOSING}'; echo more")

    assert done.returncode == 0, done.stderr
    assert (machine / "asked").read_text() == "up\ntest\n"
    assert done.stdout.splitlines()[-2:] == ["ci: the platform of make up still runs, untouched: 1 containers", CLOSING]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("state", "web c2 started=1 restarts=0\n", id="another container"),
        pytest.param("state", "web c1 started=2 restarts=0\n", id="started again"),
        pytest.param("state", "web c1 started=1 restarts=1\n", id="restarted by the engine"),
        pytest.param("state", "", id="removed"),
        pytest.param("images", "No such image: phlo/web:1\n", id="its image removed"),
    ],
)
def test_tests_that_touch_the_platform_fail(name: str, text: str, machine: Path) -> None:
    done = run(machine, f"echo '{CLOSING}'; printf '{text}' > {machine}/{name}")

    assert done.returncode == 1
    assert "ci: the tests touched the platform" in done.stdout
    assert done.stdout.splitlines()[-1] == CLOSING


def test_failed_tests_are_its_exit_code(machine: Path) -> None:
    assert run(machine, "exit 2").returncode == 2


def test_a_platform_that_is_not_there_fails_before_the_tests(machine: Path) -> None:
    (machine / "state").write_text("")
    done = run(machine, "true")

    assert done.returncode == 1
    assert "no container of the project github-stats runs" in done.stderr
    assert (machine / "asked").read_text() == "up\n"
