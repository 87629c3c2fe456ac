"""The example platforms: the pipeline runs through every wire, and every number is git's own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml

from tests.e2e.conftest import ROOT, stand_beside
from tests.support.pages import read_page, runs

MOMENT = "timestamp '2026-01-31 01:02:03.123456'"
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

    @property
    def commits(self) -> int:
        """As git counts them."""
        argv = ["git", "-C", str(self.repository), "rev-list", "--count", "HEAD"]
        return int(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)

    def api(self) -> httpx.Client:
        """phlo-api, in its container, for an operator."""
        services = json.loads(self.phlo("services", "list", "--json"))
        port = next(service["ports"][0] for service in services if service["name"] == "phlo-api")
        token = self.phlo("secrets", "get", "PHLO_API_OPERATOR_TOKEN").strip()
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1/data", headers=headers, timeout=120)

    def check_api(self) -> None:
        """phlo-api tells of the lake what is in it."""
        with self.api() as api:
            tables = [f"{one['namespace']}.{one['name']}" for one in api.get("/tables").json()]
            commits = api.get("/tables/stats/commits").json()
            counted = api.post("/query", json={"sql": "select count(*) as n from iceberg.stats.commits;"}).json()
            some = api.post("/query", json={"sql": "select * from iceberg.stats.commits", "limit": 3}).json()
            exact = api.post("/query", json={"sql": f"select {2**63 - 1} as most, {MOMENT} as moment"}).json()
            wrong = api.post("/query", json={"sql": "select * from iceberg.stats.nowhere"})
            missing = api.get("/tables/stats/nowhere")
        assert {"stats.commits", "stats.changes"} <= set(tables)
        assert commits["columns"][0] == {"name": "sha", "type": "string", "required": True, "doc": None}
        current = next(one for one in commits["snapshots"] if one["is_current"])
        assert current["summary"]["total-records"] == str(self.commits)
        assert (counted["columns"][0]["name"], counted["rows"]) == ("n", [[self.commits]])
        assert (len(some["rows"]), some["truncated"]) == (3, True)
        # A browser would round the one, and Trino cuts the other for who doesn't ask it not to.
        (row,) = exact["rows"]
        assert row[0] == str(2**63 - 1)
        assert "01:02:03.123456" in row[1]
        assert (wrong.status_code, missing.status_code) == (400, 404)
        assert "nowhere" in wrong.json()["detail"]
        assert "nowhere" in missing.json()["detail"]

    def check_numbers(self) -> None:
        """Run the example's own tests."""
        tests = EXAMPLES / "github-stats" / "tests"
        argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tests), str(tests)]
        environment = {**self.environment, "EXAMPLE_PROJECT": str(self.folder)}
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr


Start = Callable[..., Platform]


@pytest.fixture(scope="module")
def start(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Brings an example up and runs its pipeline, unless told not to, or gives the one that is.

    Another is taken down first, so that there is memory for it.
    """
    running: list[Platform] = []

    def stop() -> None:
        while running:
            running.pop().phlo("down", "--volumes", "--yes", "-t", "0")

    def call(example: str, *, is_filled: bool = True) -> Platform:
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
        if is_filled:
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


def read_pages(place: str, platform: Platform, folder: Path) -> None:
    """Carry out the pages of the documentation that are about a platform; their runs of the pipeline come first."""
    for run in sorted(runs(place), key=lambda run: not run.page.startswith("examples/")):
        (reader := folder / run.page.replace("/", "-")).mkdir()
        environ = {**platform.environment, "EXAMPLE_PROJECT": str(platform.folder), "PLATFORM": str(platform.folder)}
        read_page(run, reader, environ)


def test_the_light_platform_counts_as_git_does_also_after_a_second_run(start: Start, tmp_path: Path) -> None:
    light = start("github-stats")
    light.check_numbers()
    light.check_api()
    assert "Nothing to do" in light.phlo("up")
    read_pages("light", light, tmp_path)


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


def test_the_full_platform_counts_as_git_does_and_swaps_its_store_in_one_line(start: Start, tmp_path: Path) -> None:
    full = start("lakehouse", is_filled=False)
    read_pages("full", full, tmp_path)
    full.check_numbers()
    assert "Nothing to do" in full.phlo("up")
    counted = full.phlo("run", "trino.query", "select count(*) as n from iceberg.stats.commits", "--output", "csv")
    assert f'"{full.commits}"' in counted
    full.check_api()
    full.phlo("run", "nessie.branch", "create", "try")
    with full.api() as api:
        branches = api.get("/branches").json()
    assert {(one["name"], one["kind"], one["is_default"]) for one in branches} == {
        ("main", "branch", True),
        ("try", "branch", False),
    }

    # Tables stay with the store they are in, so the other one begins empty.
    full.phlo("down", "--volumes", "--yes", "-t", "0")
    path = full.folder / "phlo.yaml"
    text = path.read_text()
    assert text.count("s3: minio\n") == 1
    path.write_text(text.replace("s3: minio\n", "s3: seaweedfs\n"))
    full.phlo("up")
    full.phlo("run", "dagster.materialize")
    full.check_numbers()
