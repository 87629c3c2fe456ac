"""The light lakehouse of the examples, spread over three hosts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.hosts.bed import Bed
from tests.support.unprotected import UNPROTECTED

ROOT = Path(__file__).parents[2]
GROUPS = {"storage-1": "data-1", "compute-1": "data-2", "edge-1": "data-3"}  # our names -> the bed's


class Lakehouse:
    """A copy of examples/github-stats on the hosts of a bed, and phlo in it."""

    def __init__(self, bed: Bed, folder: Path, project: str) -> None:
        self.folder = folder / "project"
        shutil.copytree(
            ROOT / "examples" / "github-stats",
            self.folder,
            ignore=shutil.ignore_patterns(".phlo", "__pycache__", "tests"),
        )
        path = self.folder / "phlo.yaml"
        path.write_text(re.sub(r"^name: .*$", f"name: {project}", path.read_text(), flags=re.MULTILINE))
        # Our inventory as it is shipped, with the addresses of the bed.
        hosts = {
            name: {"ansible_host": bed.host(other).address, "ansible_user": "root"} for name, other in GROUPS.items()
        }
        variables = {"ansible_ssh_common_args": f"-F {bed.ssh_config}"}
        (folder / "bed.yaml").write_text(yaml.safe_dump({"all": {"vars": variables, "hosts": hosts}}))
        self.inventory = ("-i", str(ROOT / "inventories" / "three-hosts.yaml"), "-i", str(folder / "bed.yaml"))
        # The hosts share this machine's file system, so the repository is there too.
        self.repository = folder / "repository"
        subprocess.run(["git", "clone", "--quiet", f"file://{ROOT}", str(self.repository)], check=True)

    def phlo(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "phlo", *words, *self.inventory],
            cwd=self.folder,
            env={**os.environ, "NO_COLOR": "1", "GITHUB_STATS_REPOSITORY": str(self.repository)},
            capture_output=True,
            text=True,
            timeout=900,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture
def lakehouse(bed: Bed, folder: Path, project: str) -> Iterator[Lakehouse]:
    lakehouse = Lakehouse(bed, folder, project)
    yield lakehouse
    lakehouse.phlo("down", "--volumes", "--yes", *UNPROTECTED, "-t", "0")


def test_it_runs_its_pipeline_and_counts_as_git_does(lakehouse: Lakehouse, bed: Bed, project: str) -> None:
    lakehouse.phlo("up")
    where = {host.name: set(bed.run(host.name, "docker", "ps", "--format", "{{.Names}}").split()) for host in bed.hosts}
    assert f"{project}-seaweedfs-1" in where["data-1"]
    assert f"{project}-duckdb-1" in where["data-2"]
    assert f"{project}-phlo-api-1" in where["data-3"]
    assert "Nothing to do" in lakehouse.phlo("up")

    lakehouse.phlo("run", "dagster.materialize")

    counted = lakehouse.phlo(
        "run", "duckdb.query", "--output", "json", "select count(*) as n from iceberg.stats.commits"
    )
    commits = subprocess.run(
        ["git", "-C", str(lakehouse.repository), "rev-list", "--count", "HEAD"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert re.search(rf'"n": {commits}\b', counted), counted
