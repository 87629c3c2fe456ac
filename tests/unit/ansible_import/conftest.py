"""A folder with a playbook, imported."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from phlo.config.project_file import load_project_file
from tests.unit.cli.test_main import Said, phlo_says

CONTAINER = "community.docker.docker_container"


class Ansible:
    """The files of a playbook, and the project that it becomes in `out`."""

    def __init__(self, root: Path, cache: Path) -> None:
        self.environ = {"XDG_CACHE_HOME": str(cache)}
        self.root = root / "ansible"
        self.out = root / "out"
        self.said = Said(0, "", "")

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text).lstrip("\n"))

    def run(self, *words: str) -> Said:
        self.said = phlo_says(["import", "ansible", "site.yml", *words], self.root, self.environ)
        return self.said

    def data(self, *words: str) -> dict[str, Any]:
        """The phlo.yaml that the playbook becomes."""
        said = self.run("-o", str(self.out), "--force", *words)
        assert said.code == 0, said.err
        found: dict[str, Any] = load_project_file(self.out / "phlo.yaml").document.data
        return found

    def tasks(self, *tasks: str, variables: str = "{}") -> dict[str, Any]:
        """The phlo.yaml of a play with some tasks."""
        lines = "".join(f"    - {task}\n" for task in tasks)
        self.write("site.yml", f"- hosts: all\n  vars: {variables}\n  tasks:\n{lines}")
        return self.data()

    def service(self, options: str, *, variables: str = "{}") -> dict[str, Any]:
        """The service of one container with these options."""
        found: dict[str, Any] = self.tasks(f"{CONTAINER}: {{name: web, image: web, {options}}}", variables=variables)
        service: dict[str, Any] = found["services"]["web"]
        assert (service.pop("type"), service.pop("image")) == ("inline", "web")
        return service

    def text(self, path: str) -> str:
        return (self.out / path).read_text()


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is remembered of the installed packages, which these tests do not change."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def ansible(tmp_path: Path, cache: Path) -> Ansible:
    (tmp_path / "ansible").mkdir()
    return Ansible(tmp_path, cache)
