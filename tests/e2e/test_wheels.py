"""The built wheels, installed into a clean environment far from the repository, work like the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTIONS = [ROOT, *sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))]


def run(*argv: object, cwd: Path = ROOT) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run([str(word) for word in argv], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("wheels")
    for distribution in DISTRIBUTIONS:
        run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, distribution)
    return sorted(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def programs(wheels: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a new environment with nothing but the locked packages and the wheels."""
    environment = tmp_path_factory.mktemp("clean") / "venv"
    uv = Path(sys.executable).with_name("uv")
    run(uv, "venv", "--quiet", "--python", sys.executable, environment)
    into = ("--quiet", "--python", environment / "bin" / "python")
    run(uv, "pip", "install", *into, "--require-hashes", "-r", "requirements.lock")
    run(uv, "pip", "install", *into, "--no-index", "--no-deps", *wheels)
    return environment / "bin"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "phlo.yaml").write_text("name: from-wheels\nservices:\n  postgres:\n    port: 15432\n")
    return tmp_path


def test_phlo_comes_from_the_wheel(programs: Path, project: Path) -> None:
    found = run(programs / "python", "-c", "import phlo; print(phlo.__file__)", cwd=project)

    assert Path(found.strip()).is_relative_to(programs.parent)


def test_services_of_the_installed_packages_are_listed(programs: Path, project: Path) -> None:
    listed = run(programs / "phlo", "services", "list", "--all", cwd=project)

    for name in ("postgres", "seaweedfs", "phlo-api"):
        assert name in listed


def test_a_plan_can_be_made(programs: Path, project: Path) -> None:
    plan = run(programs / "phlo", "plan", cwd=project)

    assert "postgres" in plan


def test_the_registry_is_inside(programs: Path, project: Path) -> None:
    found = json.loads(run(programs / "phlo", "plugin", "search", "--json", cwd=project))

    assert "phlo-postgres" in json.dumps(found)


def test_wheels_hold_roles_with_their_images_and_no_leftovers(wheels: list[Path]) -> None:
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
        assert not [name for name in names if "__pycache__" in name or "_cache/" in name]
        if not wheel.name.startswith("phlo-"):
            assert any(name.endswith("/service.yaml") for name in names), wheel.name
            assert any(name.endswith("/image/Dockerfile") for name in names), wheel.name
