"""Lays the packages of tests/published into a folder, as an installer would."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

PUBLISHED = Path(__file__).resolve().parents[1] / "published"


def install_published(site: Path) -> Path:
    """Make `site` a folder for `sys.path` that has all of the packages with their metadata."""
    site.mkdir(parents=True)
    for file in sorted(PUBLISHED.glob("*/pyproject.toml")):
        project = tomllib.loads(file.read_text())["project"]
        shutil.copytree(file.parent / "src", site, dirs_exist_ok=True)
        info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {project['name']}\nSummary: {project['description']}\n\n"
        )
        lines = [f"[{group}]\n" + _lines(entries) for group, entries in project["entry-points"].items()]
        (info / "entry_points.txt").write_text("\n".join(lines))
    return site


def _lines(entries: dict[str, str]) -> str:
    return "".join(f"{name} = {value}\n" for name, value in entries.items())
