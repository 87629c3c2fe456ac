"""The documentation as a site: what git has of pages and pictures, by mkdocs with its material theme."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SETTINGS = ROOT / "mkdocs.yml"
REQUIREMENTS = Path(__file__).with_name("site-requirements.txt")
# What pages show or lead to, all under the paths they have in the repository, so that their links hold.
_SHOWN = ("*.md", "docs/*.png", "docs/*.svg", "inventories/*.yaml")


def settings() -> Mapping[str, Any]:
    return dict(yaml.safe_load(SETTINGS.read_text(encoding="utf-8")))


def in_navigation(entries: Any) -> Iterator[str]:
    """The pages that a navigation leads to."""
    if isinstance(entries, str):
        yield entries
    elif isinstance(entries, Mapping):
        for entry in entries.values():
            yield from in_navigation(entry)
    else:
        for entry in entries:
            yield from in_navigation(entry)


def gather() -> None:
    """Put everything that the site is made of where mkdocs looks for it."""
    source = ROOT / settings()["docs_dir"]
    shutil.rmtree(source, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files", "--", *_SHOWN], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
