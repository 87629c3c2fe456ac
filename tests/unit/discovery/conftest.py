"""Fake installed distributions: a folder that holds packages and their metadata, as `site-packages` does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

SERVICE = "name: {name}\nimage: registry.test/{name}:1\n"


class Site:
    """A `site-packages` under construction; `path` is what discovery is given instead of `sys.path`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    @property
    def path(self) -> list[str]:
        return [str(self.folder)]

    def add(
        self,
        distribution: str,
        files: Mapping[str, str],
        *,
        entries: Mapping[str, str] | None = None,
        group: str = "phlo.plugins.services",
        at: Path | None = None,
    ) -> Path:
        """Install `distribution` with one package, whose folder this returns.

        files:   path in the package -> text.
        entries: entry points; None: the package itself.
        at:      where the package's folder is made; None: here, as a plain install does.
        """
        package = distribution.replace("-", "_")
        root = (at or self.folder) / package
        for name, text in {"__init__.py": "", **files}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        info = self.folder / f"{package}-1.2.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nSummary: All of {distribution}\n\nName: no\n"
        )
        lines = [f"{name} = {value}" for name, value in (entries or {package: package}).items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))
        return root

    def add_service(self, name: str) -> Path:
        """Install the package `phlo-NAME` with the one service NAME."""
        return self.add(f"phlo-{name}", {"service.yaml": SERVICE.format(name=name)})


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site-packages")


@pytest.fixture
def other_site(tmp_path: Path) -> Site:
    return Site(tmp_path / "other-site-packages")
