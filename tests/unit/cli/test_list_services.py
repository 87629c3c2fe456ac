"""`phlo services list` works for a project that cannot be resolved, and says what is wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from phlo.hosts.live import LiveContainer
from tests.unit.cli.test_main import phlo_says

BROKEN = {
    "an unknown service": ("name: lake\nservices: {enabled: [postgers]}\n", 'Did you mean "postgres"?'),
    "an unknown key": ("nmae: lake\n", 'Did you mean "name"?'),
    "a conflict": (
        "services: {defaults: false, enabled: [duckdb, trino, seaweedfs]}\n",
        '"query-engine" is provided by duckdb and by trino',
    ),
    "no YAML": ("name: lake\nservices: [\n# inventory\n", "is not valid YAML"),
}


LIVE = LiveContainer(
    id="c1",
    name="lake-web-1",
    host="local",
    service="web",
    instance=1,
    state="running",
    health=None,
    exit_code=None,
    since="Up 3 minutes",
    image="web:1",
)


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_it_says_what_is_broken_and_lists_what_is_installed(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "phlo.yaml").write_text(text)
    said = phlo_says(["services", "list", "--all", "--json"], tmp_path, dict(os.environ))
    assert said.code == 3
    assert message in said.err
    assert "cannot be planned until this is fixed" in said.err
    assert {"postgres", "duckdb"} <= {row["name"] for row in json.loads(said.out)}


def test_its_containers_are_listed_by_the_name_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "phlo.yaml").write_text("name: lake\nservices:\n  web: {type: inline}\n")
    asked = []

    def live(_: object, project: str, *, host: str) -> list[LiveContainer]:
        asked.append((project, host))
        return [LIVE]

    monkeypatch.setattr("phlo.cli.services.live_containers", live)
    said = phlo_says(["services", "list"], tmp_path, dict(os.environ))
    assert said.code == 3
    assert asked == [("lake", "local")]
    assert "lake-web-1" in said.out
    assert "postgres" not in said.out


def test_a_folder_without_a_project_is_an_error_as_before(tmp_path: Path) -> None:
    said = phlo_says(["services", "list"], tmp_path)
    assert said.code == 3
    assert "there is no phlo.yaml" in said.err
    assert "cannot be planned" not in said.err
