"""`phlo services enable`, `disable` and `add` leave a project that can be planned, or the file as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.config.project_file import load_project_file
from tests.unit.cli.test_main import Said, phlo_says

EMPTY = "name: lake\nservices:\n  # Only these.\n  defaults: false\n  enabled: []\n#env:\n#  A: b\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "phlo.yaml"
    file.write_text(EMPTY)
    return file


def services(path: Path, *words: str) -> Said:
    return phlo_says(["services", *words], path.parent)


def can_be_planned(path: Path) -> bool:
    return phlo_says(["config", "validate"], path.parent).code == 0


def test_several_services_are_enabled_with_the_providers_that_they_need(path: Path) -> None:
    said = services(path, "enable", "duckdb", "superset")
    assert said.code == 0, said.err
    config = load_project_file(path).config
    assert config.services.enabled == ["duckdb", "superset"]
    assert config.capabilities == {"iceberg-catalog": "seaweedfs", "s3": "seaweedfs"}
    assert "seaweedfs is added: duckdb needs iceberg-catalog and s3" in said.out
    assert path.read_text().startswith(EMPTY.replace("[]", "[duckdb, superset]"))
    assert can_be_planned(path)


def test_of_two_providers_the_one_that_was_there_stays_and_is_named(path: Path) -> None:
    services(path, "enable", "duckdb")
    said = services(path, "enable", "trino")
    assert "duckdb still provides query-engine, not trino" in said.out
    assert load_project_file(path).config.capabilities["query-engine"] == "duckdb"
    assert can_be_planned(path)


def test_a_change_that_breaks_the_project_is_refused_with_the_fix(path: Path) -> None:
    services(path, "enable", "duckdb")
    before = path.read_text()
    said = services(path, "disable", "seaweedfs")
    assert said.code == 3
    assert '"seaweedfs" should provide "s3" but is disabled' in said.err
    assert "phlo.yaml was not changed." in said.err
    assert path.read_text() == before


def test_a_service_with_a_dependency_that_does_not_exist_is_not_added(path: Path) -> None:
    said = services(path, "add", "api", "--image", "api:1", "--depends-on", "postgers")
    assert said.code == 3
    assert 'Did you mean "postgres"?' in said.err
    assert path.read_text() == EMPTY


def test_a_broken_project_can_still_be_changed(path: Path) -> None:
    path.write_text("services:\n  defaults: false\n  api: {type: inline, image: a, depends_on: [nothing]}\n")
    assert services(path, "enable", "postgres").code == 0
    assert services(path, "disable", "api").code == 0
    assert can_be_planned(path)


def test_an_unset_variable_does_not_prevent_a_change(path: Path) -> None:
    path.write_text(
        f"{EMPTY}services_:\n".replace("services_:\n", "") + "volumes:\n  data: {name: '${NAME:?set it}'}\n"
    )
    said = services(path, "enable", "postgres")
    assert said.code == 0, said.err


def test_a_service_of_a_package_that_is_not_installed_says_how_to_install_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from phlo.discovery import services as discovery
    from phlo.discovery.catalog import Catalog

    monkeypatch.setattr(discovery, "discover_services", lambda *_, **__: Catalog(services={}))
    said = services(path, "enable", "superset")
    assert said.code == 3
    assert 'the service "superset" belongs to the package phlo-superset, which is not installed' in said.err
    assert "Install it with `phlo plugin install phlo-superset`." in said.err


def test_nothing_is_written_for_what_is_enabled_already(path: Path) -> None:
    services(path, "enable", "postgres")
    before = path.stat().st_mtime_ns
    assert "postgres is enabled already" in services(path, "enable", "postgres").out
    assert path.stat().st_mtime_ns == before
