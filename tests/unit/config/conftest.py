from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from phlo.config.project import Project
from phlo.config.request import Machine, Request
from phlo.config.resolve import resolve
from phlo.discovery.catalog import Catalog
from phlo.discovery.role import read_role
from phlo.errors import PhloError
from phlo.inventory import Inventory


class Workplace:
    """A project's folder with roles to write into it, resolved as a command would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.roles: list[Path] = []
        self.made = 0

    def write(self, path: str, text: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text).lstrip())
        return target

    def phlo_yaml(self, text: str) -> None:
        self.write("phlo.yaml", text)

    def role(self, name: str, text: str = "", files: Mapping[str, str] | None = None) -> Path:
        """A package's role; its service.yaml starts with the name and, unless it says otherwise, an image."""
        folder = self.root.parent / "packages" / name
        folder.mkdir(parents=True)
        body = dedent(text).lstrip()
        image = "" if "image:" in body or "build:" in body else f"image: {name}:1\n"
        (folder / "service.yaml").write_text(f"name: {name}\n{image}{body}")
        for path, content in (files or {}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
        self.roles.append(folder)
        return folder

    def resolve(
        self,
        asked: Sequence[str] = (),
        *,
        environ: Mapping[str, str] | None = None,
        generate_secrets: bool = False,
        inventory: Inventory | None = None,
        extra: Mapping[str, str] | None = None,
        ask: Callable[[str], str] | None = None,
        **options: Any,
    ) -> Project:
        found = [
            definition
            for folder in self.roles
            for definition in read_role(folder, label=folder.name, kind="package", package=f"pkg-{folder.name}")
        ]
        catalog = Catalog(services={one.name: one for one in sorted(found, key=lambda one: one.name)})
        return resolve(
            catalog,
            inventory or Inventory(),
            root=self.root,
            environ=environ or {},
            request=Request(services=tuple(asked), generate_secrets=generate_secrets, **options),
            machine=Machine(make_secret=self.make_secret, ask=ask),
            extra=extra,
        )

    def make_secret(self) -> str:
        self.made += 1
        return f"generated-{self.made}"

    def errors(self, asked: Sequence[str] = (), **options: Any) -> list[str]:
        """What resolving complains about, one line each."""
        with pytest.raises(PhloError) as caught:
            self.resolve(asked, **options)
        return [str(error) for error in caught.value.each()]


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    root = tmp_path / "lake"
    root.mkdir()
    place = Workplace(root)
    place.phlo_yaml("name: lake\n")
    return place


@pytest.fixture
def error_of() -> Callable[[Callable[[], object]], str]:
    def run(action: Callable[[], object]) -> str:
        with pytest.raises(PhloError) as caught:
            action()
        return str(caught.value)

    return run
