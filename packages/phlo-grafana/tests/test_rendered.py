"""Grafana's rendered configuration, as far as it can be checked without its image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from phlo.testing.rendering import rendered_files

DATASOURCES = "/etc/grafana/provisioning/datasources/phlo.yaml"
DASHBOARD = "/etc/grafana/dashboards/services.json"


def panels(files: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(files[DASHBOARD])["panels"]
    return found


def test_the_stores_of_the_project_are_its_data_sources(tmp_path: Path) -> None:
    files = rendered_files("grafana", tmp_path, beside=["prometheus", "loki"])
    sources = yaml.safe_load(files[DATASOURCES])["datasources"]
    assert [(one["uid"], one["type"], one["url"]) for one in sources] == [
        ("figures", "prometheus", "http://prometheus:9090"),
        ("logs", "loki", "http://loki:3100"),
    ]


def test_without_a_store_of_logs_there_is_no_source_and_no_panel_for_them(tmp_path: Path) -> None:
    files = rendered_files("grafana", tmp_path, beside=["prometheus"])
    assert [one["uid"] for one in yaml.safe_load(files[DATASOURCES])["datasources"]] == ["figures"]
    assert {panel["datasource"]["uid"] for panel in panels(files)} == {"figures"}


def test_every_service_with_figures_has_a_panel(tmp_path: Path) -> None:
    files = rendered_files("grafana", tmp_path, beside=["prometheus", "loki"])
    titles = {panel["title"] for panel in panels(files)}
    assert {f"{name}: time to answer" for name in ("grafana", "loki", "prometheus")} <= titles
    assert "Logs" in titles


def test_panels_have_numbers_of_their_own_and_known_sources(tmp_path: Path) -> None:
    files = rendered_files("grafana", tmp_path, beside=["prometheus", "loki"])
    numbers = [panel["id"] for panel in panels(files)]
    sources = {one["uid"] for one in yaml.safe_load(files[DATASOURCES])["datasources"]}
    assert len(numbers) == len(set(numbers))
    assert {target["datasource"]["uid"] for panel in panels(files) for target in panel["targets"]} == sources


def test_its_password_is_a_generated_one_in_a_file(tmp_path: Path) -> None:
    files = rendered_files("grafana", tmp_path, beside=["prometheus"], env={"GRAFANA_PASSWORD": "s3cret"})
    assert files["/run/secrets/grafana_password"] == "s3cret\n"
