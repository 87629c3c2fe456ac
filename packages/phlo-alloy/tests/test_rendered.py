"""Alloy's rendered configuration, as far as it can be checked without its image."""

from __future__ import annotations

import re
from pathlib import Path

from phlo.testing.rendering import rendered_files


def config(folder: Path) -> str:
    (text,) = rendered_files("alloy", folder, beside=["loki"]).values()
    return text


def test_it_sends_lines_to_the_store_of_the_project(tmp_path: Path) -> None:
    assert 'url = "http://loki:3100/loki/api/v1/push"' in config(tmp_path)


def test_it_reads_the_containers_of_this_project_only(tmp_path: Path) -> None:
    assert 'values = ["phlo.project=rendered"]' in config(tmp_path)


def test_each_part_that_is_named_is_there(tmp_path: Path) -> None:
    text = config(tmp_path)
    parts = {f"{kind}.{name}" for kind, name in re.findall(r'^([a-z.]+) "(\w+)" \{', text, re.MULTILINE)}
    used = set(re.findall(r"= \[?([a-z]+(?:\.[a-z]+)*\.\w+)\.(?:targets|output|receiver)", text))
    assert used
    assert used <= parts
    assert text.count("{") == text.count("}")
