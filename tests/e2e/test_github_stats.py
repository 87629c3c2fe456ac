"""The light example platform: the pipeline runs through every wire, and every number is git's own."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tests.e2e.conftest import EXAMPLES
from tests.e2e.reading import check_api, read_pages
from tests.support.platform import Platforms
from tests.support.unprotected import UNPROTECTED

PROVIDERS = ("name", "capabilities", "env", "services")


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


def test_the_light_platform_of_the_pages_counts_as_git_does(examples: Platforms, tmp_path: Path) -> None:
    light = examples.get("github-stats")
    # They bring it up, run its pipeline, and compare every number with git's.
    read_pages("light", light, tmp_path)
    check_api(light)
    assert "Nothing to do" in light.phlo("up")


def test_a_password_that_a_service_has_in_another_is_changed_in_both_and_a_second_run_counts_the_same(
    examples: Platforms,
) -> None:
    light = examples.get("github-stats")
    told = light.phlo("secrets", "rotate", "DAGSTER_DB_PASSWORD")
    assert re.search(r"Services that use it: .*\bdagster-daemon\b.*\bpostgres\.", told), told
    light.phlo("run", "dagster.materialize")
    light.check_numbers()
    assert "Nothing to do" in light.phlo("up")


def test_a_backup_brings_back_every_number_after_all_volumes_are_gone(examples: Platforms, tmp_path: Path) -> None:
    light = examples.get("github-stats")
    archive = tmp_path / "backup.tar"
    light.phlo("run", "backup", "--to", str(archive))
    light.phlo("down", "--volumes", "--yes", *UNPROTECTED, "-t", "0")
    light.phlo("run", "restore", "--from", str(archive), "--yes")
    light.check_numbers()
