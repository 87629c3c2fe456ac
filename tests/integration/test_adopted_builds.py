"""A container of Docker Compose whose image was built is adopted when the image has the name that the service gives."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phlo.hosts.engine import Engine

Phlo = Callable[..., "subprocess.CompletedProcess[str]"]

SERVICE = "{{build: ./b, init: true, network_mode: none, stop_grace_period: 1s{more}}}"
LABELS = {"com.docker.compose.container-number": "1", "com.docker.compose.oneoff": "False"}


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    (tmp_path / "b").mkdir()
    (tmp_path / "b/Dockerfile").write_text(f"FROM {tiny}\nCOPY file /file\n")
    (tmp_path / "b/file").write_text("content\n")
    unnamed, named = SERVICE.format(more=""), SERVICE.format(more=f", image: '{project}-web:1'")
    (tmp_path / "compose.yaml").write_text(f"name: {project}\nservices:\n  unnamed: {unnamed}\n  named: {named}\n")
    return tmp_path


@pytest.fixture
def running(folder: Path, project: str, tiny: str, engine: Engine) -> Iterator[dict[str, str]]:
    """Service -> the id of its container, as Compose makes them."""
    images = {"unnamed": f"{project}-unnamed:latest", "named": f"{project}-web:1"}
    found = {}
    for service, image in images.items():
        holder = engine.post("/containers/create", {"Image": tiny})["Id"]
        name, _, tag = image.partition(":")
        engine.post("/commit", {}, container=holder, repo=name, tag=tag)
        engine.delete(f"/containers/{holder}", v=True)
        mine = {"com.docker.compose.project": project, "com.docker.compose.service": service}
        body = {
            "Image": image,
            "Labels": {**LABELS, **mine},
            "StopTimeout": 1,
            "HostConfig": {"Init": True, "NetworkMode": "none"},
        }
        found[service] = str(engine.post("/containers/create", body, name=f"{project}-{service}-1")["Id"])
        engine.post(f"/containers/{found[service]}/start")
    yield found
    listed = engine.get("/images/json")
    tags = [tag for one in listed for tag in one.get("RepoTags") or () if tag.startswith(project)]
    for entry in engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={project}"]}):
        engine.delete(f"/containers/{entry['Id']}", force=True)
    for tag in tags:
        engine.delete(f"/images/{tag}", force=True)


def test_only_the_container_whose_image_phlo_names_itself_is_recreated(
    running: dict[str, str], project: str, engine: Engine, phlo: Phlo
) -> None:
    planned = phlo("plan").stdout
    assert planned.count("adopt container") == 1, planned
    assert "phlo builds the image itself" in planned

    phlo("up")

    now = {service: engine.get(f"/containers/{project}-{service}-1/json")["Id"] for service in running}
    assert now["named"] == running["named"]
    assert now["unnamed"] != running["unnamed"]
    phlo("plan", "--detailed-exitcode")
