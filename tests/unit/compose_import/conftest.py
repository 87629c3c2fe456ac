"""A folder with a Compose project, imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from phlo.compose.project_files import files_of
from phlo.compose_import.convert import Converted, convert
from phlo.compose_import.source import ComposeSource, read_source


class ComposeFolder:
    """The files of a Compose project, and what becomes of them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text).lstrip())
        return target

    def source(self, *names: str, environ: Mapping[str, str] | None = None) -> ComposeSource:
        files = [self.root / name for name in names or ("compose.yaml",)]
        return read_source(files_of(files, start=self.root, environ={}), environ=environ or {})

    def convert(self, *names: str, environ: Mapping[str, str] | None = None, to: str = "", **options: Any) -> Converted:
        return convert(self.source(*names, environ=environ), target=self.root / to, **options)

    def service(self, text: str, name: str = "web") -> dict[str, Any]:
        """The one service that `text` describes, as phlo.yaml has it."""
        self.write("compose.yaml", text)
        found: dict[str, Any] = self.convert().data["services"][name]
        return found

    def findings(self, *names: str) -> list[str]:
        return [f"{one.where}: {one.what}" for one in self.convert(*names).findings]


@pytest.fixture
def compose(tmp_path: Path) -> ComposeFolder:
    root = tmp_path / "shop"
    root.mkdir()
    return ComposeFolder(root)
