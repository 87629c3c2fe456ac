"""Loki's rendered configuration, as far as it can be checked without its image."""

from __future__ import annotations

from pathlib import Path

import yaml

from phlo.testing.rendering import rendered_files


def test_it_keeps_lines_on_its_own_disk_as_long_as_it_is_told(tmp_path: Path) -> None:
    (text,) = rendered_files("loki", tmp_path, env={"LOKI_RETENTION": "48h"}).values()
    config = yaml.safe_load(text)
    assert config["limits_config"]["retention_period"] == "48h"
    assert config["compactor"]["retention_enabled"] is True
    assert config["common"]["path_prefix"] == "/loki"


def test_it_sends_nothing_home(tmp_path: Path) -> None:
    (text,) = rendered_files("loki", tmp_path).values()
    assert yaml.safe_load(text)["analytics"] == {"reporting_enabled": False}
