"""The example platforms: the pipeline runs through every wire, and every number is git's own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import ROOT, stand_beside

EXAMPLES = ROOT / "examples"
PROVIDERS = ("name", "capabilities", "env", "services")


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A copy of an example with ports and a name of its own, brought up."""

    folder: Path
    repository: Path

    def phlo(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "phlo", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=1500,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "NO_COLOR": "1", "GITHUB_STATS_REPOSITORY": str(self.repository)}

    def check_numbers(self) -> None:
        """Run the example's own tests."""
        tests = EXAMPLES / "github-stats" / "tests"
        argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tests), str(tests)]
        environment = {**self.environment, "EXAMPLE_PROJECT": str(self.folder)}
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr


Start = Callable[[str], Platform]


@pytest.fixture(scope="module")
def start(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Brings an example up, or gives the one that is; another is taken down first, so that there is memory for it."""
    running: list[Platform] = []

    def stop() -> None:
        while running:
            running.pop().phlo("down", "--volumes", "--yes", "-t", "0")

    def call(example: str) -> Platform:
        if running and running[-1].folder.name == example:
            return running[-1]
        stop()
        base = tmp_path_factory.mktemp("examples")
        for name in ("github-stats", "lakehouse"):
            ignored = shutil.ignore_patterns(".phlo", "__pycache__", "tests")
            shutil.copytree(EXAMPLES / name, base / name, ignore=ignored)
        platform = Platform(folder=base / example, repository=repository)
        stand_beside(platform.folder, platform.environment)
        running.append(platform)
        platform.phlo("up")
        platform.phlo("run", "dagster.materialize")
        return platform

    yield call
    stop()


def test_the_two_examples_differ_only_where_they_choose_providers() -> None:
    light, full = (
        yaml.safe_load((EXAMPLES / name / "phlo.yaml").read_text()) for name in ("github-stats", "lakehouse")
    )
    assert set(light) | set(full) <= set(PROVIDERS)
    assert light["capabilities"].keys() == full["capabilities"].keys()
    assert set(full["services"]["enabled"]) - set(light["services"]["enabled"]) == {"superset"}
    for project in (light, full):
        project["services"].pop("enabled")
    assert light["services"] == full["services"]
    assert full["env"].keys() == {"DAGSTER_WORKFLOWS"}
    assert "env" not in light


def test_the_light_platform_counts_as_git_does_also_after_a_second_run(start: Start) -> None:
    light = start("github-stats")
    light.check_numbers()
    assert "Nothing to do" in light.phlo("up")
    light.phlo("run", "dagster.materialize")
    light.check_numbers()


def test_a_password_that_a_service_has_in_another_is_changed_in_both(start: Start) -> None:
    light = start("github-stats")
    told = light.phlo("secrets", "rotate", "DAGSTER_DB_PASSWORD")
    assert re.search(r"Services that use it: .*\bdagster-daemon\b.*\bpostgres\.", told), told
    light.phlo("run", "dagster.materialize")
    assert "Nothing to do" in light.phlo("up")


def test_a_backup_brings_back_every_number_after_all_volumes_are_gone(start: Start, tmp_path: Path) -> None:
    light = start("github-stats")
    archive = tmp_path / "backup.tar"
    light.phlo("run", "backup", "--to", str(archive))
    light.phlo("down", "--volumes", "--yes", "-t", "0")
    light.phlo("run", "restore", "--from", str(archive), "--yes")
    light.check_numbers()


def test_the_full_platform_counts_as_git_does_and_swaps_its_store_in_one_line(start: Start) -> None:
    full = start("lakehouse")
    full.check_numbers()
    assert "Nothing to do" in full.phlo("up")
    commits = subprocess.run(
        ["git", "-C", str(full.repository), "rev-list", "--count", "HEAD"], capture_output=True, text=True, check=True
    ).stdout
    counted = full.phlo("run", "trino.query", "select count(*) as n from iceberg.stats.commits", "--output", "csv")
    assert f'"{commits.strip()}"' in counted

    # Tables stay with the store they are in, so the other one begins empty.
    full.phlo("down", "--volumes", "--yes", "-t", "0")
    path = full.folder / "phlo.yaml"
    text = path.read_text()
    assert text.count("s3: minio\n") == 1
    path.write_text(text.replace("s3: minio\n", "s3: seaweedfs\n"))
    full.phlo("up")
    full.phlo("run", "dagster.materialize")
    full.check_numbers()
