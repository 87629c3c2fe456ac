"""The full example platform: the same pipeline on other providers, and every number is git's own."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.reading import check_api, read_pages
from tests.support.beside import move_ports
from tests.support.platform import Platforms
from tests.support.unprotected import UNPROTECTED


def test_the_full_platform_counts_as_git_does_and_swaps_its_store_in_one_line(
    examples: Platforms, tmp_path: Path
) -> None:
    full = examples.get("lakehouse")
    read_pages("full", full, tmp_path)
    full.check_numbers()
    assert "Nothing to do" in full.phlo("up")
    counted = full.phlo("run", "trino.query", "select count(*) as n from iceberg.stats.commits", "--output", "csv")
    assert f'"{full.commits}"' in counted
    check_api(full)
    full.phlo("run", "nessie.branch", "create", "try")
    with full.api() as api:
        branches = api.get("/branches").json()
    assert {(one["name"], one["kind"], one["is_default"]) for one in branches} == {
        ("main", "branch", True),
        ("try", "branch", False),
    }

    # Tables stay with the store they are in, so the other one begins empty.
    full.phlo("down", "--volumes", "--yes", *UNPROTECTED, "-t", "0")
    path = full.folder / "phlo.yaml"
    text = path.read_text()
    assert text.count("s3: minio\n") == 1
    path.write_text(text.replace("s3: minio\n", "s3: seaweedfs\n"))
    move_ports(full.folder, full.environment)
    full.phlo("up", "dagster", "trino")  # with what they need; the pages have nothing to do with the store
    full.phlo("run", "dagster.materialize")
    full.check_numbers()
