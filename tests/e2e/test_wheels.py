"""The built wheels, installed into a clean environment far from the repository, work like the checkout."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Installed, Quickstart


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "phlo.yaml").write_text("name: from-wheels\nservices:\n  postgres:\n    port: 15432\n")
    return tmp_path


def test_phlo_comes_from_the_wheel(installed: Installed, project: Path) -> None:
    found = installed.run("python", "-c", "import phlo; print(phlo.__file__)", cwd=project).stdout
    assert Path(found.strip()).is_relative_to(installed.programs.parent)


def test_services_of_the_installed_packages_are_listed(installed: Installed, project: Path) -> None:
    listed = json.loads(installed.run("phlo", "services", "list", "--all", "--json", cwd=project).stdout)
    assert {"postgres", "seaweedfs", "phlo-api"} <= {service["name"] for service in listed}


def test_a_plan_can_be_made(installed: Installed, quickstart: Quickstart) -> None:
    text = installed.run("phlo", "plan", "--json", cwd=quickstart.folder).stdout
    assert f"{quickstart.name}-postgres-1" in text
    assert f"{quickstart.name}-hello-1" in text
    assert "hello-preview" not in text


def test_the_registry_is_inside(installed: Installed, project: Path) -> None:
    found = json.loads(installed.run("phlo", "plugin", "search", "--json", cwd=project).stdout)
    assert {entry["name"] for entry in found} >= {"phlo-postgres", "phlo-trino"}


def test_wheels_hold_roles_with_their_images_and_no_leftovers(wheels: Path) -> None:
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
        assert not [name for name in names if "__pycache__" in name or "_cache/" in name]
        if not wheel.name.startswith("phlo-"):
            assert any(name.endswith("/service.yaml") for name in names), wheel.name
            module = wheel.name.partition("-")[0]
            recipe = ROOT / "packages" / module.replace("_", "-") / "src" / module / "image" / "Dockerfile"
            assert (f"{module}/image/Dockerfile" in names) == recipe.is_file(), wheel.name
