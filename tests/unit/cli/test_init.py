"""`phlo init`: a project that can be planned at once, with the services of a template or of one's choice."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from phlo import inventory
from phlo.cli.init_choice import EMPTY, templates
from phlo.cli.main import run
from phlo.cli.shell import Shell
from phlo.cli.starter_files import starter_files
from phlo.config.project import Project
from phlo.config.project_file import load_project_file
from phlo.config.resolve import resolve
from phlo.discovery.definition import ServiceDefinition
from phlo.discovery.parts import StarterFile
from phlo.discovery.services import discover_services
from phlo.plan import build
from tests.unit.cli.test_main import Said, phlo_says


class Terminal(io.StringIO):
    """Answers that a person types."""

    def isatty(self) -> bool:
        return True


def answering(words: list[str], cwd: Path, *answers: str) -> Said:
    out, err = io.StringIO(), io.StringIO()
    code = run(words, Shell(out, err, Terminal("".join(f"{one}\n" for one in answers)), {}, cwd))
    return Said(code, out.getvalue(), err.getvalue())


def planned(root: Path) -> Project:
    """The project, after a plan of it was built."""
    project = resolve(discover_services(root), inventory.load([], root=root), root=root, environ={})
    build(project)
    return project


def services_of(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = load_project_file(root / "phlo.yaml").document.data["services"]
    return found


@pytest.mark.parametrize(
    ("template", "files"),
    [
        ("light", ["README.md", "definitions.py", "test_definitions.py"]),
        ("lakehouse", ["README.md", "definitions.py", "test_definitions.py"]),
        ("empty", ["README.md"]),
    ],
)
def test_a_template_with_a_lake_has_a_first_pipeline_with_its_tests(
    template: str, files: list[str], tmp_path: Path
) -> None:
    said = phlo_says(["init", "lake", "--template", template], tmp_path)
    workflows = tmp_path / "lake" / "workflows"
    assert sorted(path.name for path in workflows.iterdir()) == files
    assert all(f"+ lake/workflows/{name}" in said.out for name in files)
    assert ("dagster.materialize" in (workflows / "README.md").read_text()) == (template != "empty")


def test_files_of_a_package_are_copied_to_a_new_project(tmp_path: Path) -> None:
    role, root = tmp_path / "role", tmp_path / "project"
    (role / "starter" / "sql").mkdir(parents=True)
    (role / "starter" / "a.py").write_text("a")
    (role / "starter" / "sql" / "b.sql").write_text("b")
    lake = ServiceDefinition(name="lake", provides={"s3": {}})
    runner = ServiceDefinition(
        name="runner",
        root=role,
        starter_files=(
            StarterFile(source="starter", dest="workflows", capabilities=("s3",)),
            StarterFile(source="starter/a.py", dest="first.py"),
        ),
    )
    definitions = {"lake": lake, "runner": runner}
    folder = {"workflows/a.py": b"a", "workflows/sql/b.sql": b"b"}
    assert starter_files(root, definitions, ["lake", "runner"]) == {**folder, "first.py": b"a"}
    assert starter_files(root, definitions, ["runner"]) == {"first.py": b"a"}
    assert starter_files(root, definitions, ["lake"]) == {}
    (root / "workflows").mkdir(parents=True)
    assert starter_files(root, definitions, ["lake", "runner"]) == {"first.py": b"a"}


@pytest.mark.parametrize("template", ["light", "lakehouse", "empty"])
def test_a_template_gives_a_project_that_can_be_planned(template: str, tmp_path: Path) -> None:
    said = phlo_says(["init", "lake", "--template", template], tmp_path)
    assert said.code == 0, said.err
    services = services_of(tmp_path / "lake")
    assert services["defaults"] is False
    assert set(services["enabled"]) <= {*planned(tmp_path / "lake").services}
    assert bool(services["enabled"]) == (template != "empty")


def test_the_lakehouse_names_the_provider_where_two_could_be_it(tmp_path: Path) -> None:
    phlo_says(["init", "lake", "--template", "lakehouse"], tmp_path)
    file = load_project_file(tmp_path / "lake" / "phlo.yaml")
    assert file.config.capabilities == {"iceberg-catalog": "nessie"}


def test_without_a_terminal_nothing_is_asked(tmp_path: Path) -> None:
    assert phlo_says(["init", "lake"], tmp_path).code == 0
    assert "duckdb" in services_of(tmp_path / "lake")["enabled"]


def test_yes_asks_nothing_on_a_terminal(tmp_path: Path) -> None:
    said = answering(["init", "lake", "--yes"], tmp_path, "empty")
    assert "Template" not in said.err
    assert "duckdb" in services_of(tmp_path / "lake")["enabled"]


def test_a_person_chooses_a_template_after_a_slip(tmp_path: Path) -> None:
    said = answering(["init", "lake"], tmp_path, "lakehose", "lakehouse")
    assert 'There is no template "lakehose". Did you mean "lakehouse"?' in said.err
    assert "trino" in services_of(tmp_path / "lake")["enabled"]


def test_a_person_chooses_services_and_gets_what_they_need(tmp_path: Path) -> None:
    said = answering(["init", "lake"], tmp_path, "choose", "superset dukdb", "superset, duckdb")
    assert said.code == 0, said.err
    assert "(needs sql)" in said.err
    assert 'There is no service "dukdb". Did you mean "duckdb"?' in said.err
    assert set(services_of(tmp_path / "lake")["enabled"]) == {"superset", "duckdb", "postgres", "seaweedfs"}
    assert "seaweedfs is added: duckdb needs iceberg-catalog and s3; minio and nessie could provide it" in said.out
    assert "superset-setup" in planned(tmp_path / "lake").services


def test_a_folder_with_a_compose_file_becomes_a_project_that_includes_it(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services:\n  web:\n    image: web:1\n")
    os.rename(tmp_path, tmp_path.with_name("shop"))
    root = tmp_path.with_name("shop")
    assert phlo_says(["init"], root).code == 0
    assert load_project_file(root / "phlo.yaml").document.data["include"] == ["compose.yaml"]
    assert list(planned(root).services) == ["web"]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("compose", "there is no Compose file in the project's folder"),
        ("ligth", 'there is no template "ligth". Did you mean "light"?'),
    ],
)
def test_a_template_that_cannot_be_used_writes_nothing(template: str, message: str, tmp_path: Path) -> None:
    said = phlo_says(["init", "lake", "--template", template], tmp_path)
    assert said.code == 3
    assert message in said.err
    assert list(tmp_path.iterdir()) == []


def test_existing_files_are_never_overwritten(tmp_path: Path) -> None:
    texts = {"phlo.yaml": "name: mine\n", "workflows/README.md": "mine\n", ".gitignore": "build/\n"}
    (tmp_path / "lake" / "workflows").mkdir(parents=True)
    for name, text in texts.items():
        (tmp_path / "lake" / name).write_text(text)
    said = phlo_says(["init", "lake", "--template", "light"], tmp_path)
    assert "lake/phlo.yaml  (exists, unchanged)" in said.out
    assert "The project mine is ready" in said.out
    assert (tmp_path / "lake" / "phlo.yaml").read_text() == texts["phlo.yaml"]
    assert (tmp_path / "lake" / "workflows/README.md").read_text() == texts["workflows/README.md"]
    assert (tmp_path / "lake" / ".gitignore").read_text().startswith("build/\n")


def test_enabling_one_more_service_keeps_the_comments(tmp_path: Path) -> None:
    phlo_says(["init", "lake", "--template", "light"], tmp_path)
    path = tmp_path / "lake" / "phlo.yaml"
    before = path.read_text().splitlines()
    assert phlo_says(["services", "enable", "superset"], tmp_path / "lake").code == 0
    after = path.read_text().splitlines()
    assert [line for line in after if line not in before] == ["    - superset"]
    assert len(after) == len(before) + 1
    assert after[after.index("    - superset") - 1].startswith("    - seaweedfs")


def test_templates_come_from_services_and_leave_out_those_with_a_successor() -> None:
    def one(name: str, *starters: str, successor: str | None = None) -> ServiceDefinition:
        return ServiceDefinition(name=name, starters=starters, succeeded_by=successor)

    def known(*services: ServiceDefinition) -> Mapping[str, tuple[str, ...]]:
        return templates({service.name: service for service in services}, has_compose=False)

    assert known() == {EMPTY: ()}
    assert known(one("a", "big"), one("b", "big", "light")) == {"light": ("b",), "big": ("a", "b"), EMPTY: ()}
    assert known(one("a", "light", successor="b"), one("b", "light")) == {"light": ("b",), EMPTY: ()}
    assert known(one("a", "light", successor="b")) == {"light": ("a",), EMPTY: ()}
