"""Service packages in the published form come up as they are, on a real engine."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from phlo.discovery import ServiceDiscovery
from phlo.hosts.engine import Engine
from phlo.testing.role_project import free_ports
from tests.integration.conftest import Phlo
from tests.support.published import install_published


@pytest.fixture
def ports() -> dict[str, str]:
    names = ("WAREHOUSE_PORT", "BUCKET_PORT", "PIPELINE_PORT")
    return {name: str(port) for name, port in zip(names, free_ports(len(names)), strict=True)}


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the published packages installed, and no others taking part."""
    others = [service.name for service in ServiceDiscovery().get_default_services()]
    monkeypatch.setenv("PYTHONPATH", str(install_published(tmp_path / "site")))
    root = tmp_path / "lake"
    (root / "workflows").mkdir(parents=True)
    (root / "workflows" / "job.py").write_text("print('job')\n")
    (root / "phlo.yaml").write_text(f"name: {project}\nservices: {{disabled: {json.dumps(others)}}}\n")
    return root


def test_all_come_up_with_their_files_hooks_set_ups_and_secrets(
    phlo: Phlo, engine: Engine, project: str, folder: Path, ports: dict[str, str]
) -> None:
    phlo("run", "up", **ports)
    listed = engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={project}"]})
    states = {entry["Labels"]["phlo.service"]: entry["State"] for entry in listed}
    assert states == {
        "warehouse": "running",
        "warehouse-volume-setup": "exited",
        "bucket": "running",
        "bucket-setup": "exited",
        "query": "running",
        "pipeline": "running",
        "pipeline-daemon": "running",
    }
    assert (folder / ".phlo" / "hooks.log").read_text() == "pre_start\nmigrate lake\n"
    assert (folder / ".phlo" / "volumes" / "warehouse").stat().st_uid == 1000
    assert read(f"http://127.0.0.1:{ports['BUCKET_PORT']}/") == "<h1>buckets</h1>\n"
    assert read(f"http://127.0.0.1:{ports['PIPELINE_PORT']}/workflows/job.py") == "print('job')\n"
    assert phlo("exec", "query", "cat", "/etc/query/catalog/lake.properties", **ports).stdout == "connector.name=lake\n"
    environment = phlo("exec", "warehouse", "sh", "-c", "echo $DB_PASSWORD", **ports).stdout.strip()
    assert environment not in ("", "lake")
    assert "Nothing to do" in phlo("run", "up", **ports).stderr
    phlo("run", "down", "--volumes", "--yes", **ports)


def test_dev_mode_runs_on_the_packages_source(phlo: Phlo, folder: Path, ports: dict[str, str]) -> None:
    phlo("run", "up", "--dev", "pipeline", **ports)
    assert "name: pipeline" in phlo("exec", "pipeline", "cat", "/opt/phlo_pipeline/service.yaml", **ports).stdout
    assert phlo("exec", "pipeline", "sh", "-c", "echo $RELOAD", **ports).stdout == "true\n"
    assert "Nothing to do" in phlo("run", "up", "--dev", "pipeline", **ports).stderr
    phlo("run", "up", "pipeline", **ports)
    assert phlo("exec", "pipeline", "sh", "-c", "echo $RELOAD", **ports).stdout == "\n"
    phlo("run", "down", "--volumes", "--yes", **ports)


def read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310  a port of this machine
        return str(answer.read().decode())
