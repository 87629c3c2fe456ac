"""Data is deleted only by a command that says so, that names what it deletes, and that somebody agreed to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from phlo.hosts.engine import Engine
from tests.integration.conftest import Phlo, remove_project

ROLE = """
name: {name}
default: true
image: {image}
compose:
  command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
  volumes: {volumes}
  stop_grace_period: 1s
"""


@pytest.fixture
def name(engine: Engine, tiny: str) -> Iterator[str]:
    found = f"phlo-test-{uuid.uuid4().hex[:8]}"
    yield found
    remove_project(engine, found)


@pytest.fixture
def folder(tmp_path: Path, name: str) -> Path:
    return tmp_path


class Place:
    """A project with one role, `web`."""

    def __init__(self, folder: Path, name: str, phlo: Phlo, engine: Engine) -> None:
        self.folder, self.name, self.phlo, self.engine = folder, name, phlo, engine
        self.image = "phlo/test-busybox:1"

    def write(self, volumes: str = "[/keep]", *, web: str = "enabled: true", rest: str = "", role: str = "") -> None:
        (self.folder / "roles/web").mkdir(parents=True, exist_ok=True)
        text = ROLE.format(name="web", image=self.image, volumes=volumes)
        (self.folder / "roles/web/service.yaml").write_text(text + role)
        services = f"services: {{defaults: false, web: {{{web}}}}}"
        (self.folder / "phlo.yaml").write_text(f"name: {self.name}\n{services}\n{rest}")

    def put(self, path: str, instance: int = 1) -> None:
        container = f"{self.name}-web-{instance}"
        assert self.engine.exec(container, ["sh", "-c", f"echo kept > {path}"])[0] == 0

    def read(self, path: str, instance: int = 1) -> bytes:
        code, output = self.engine.exec(f"{self.name}-web-{instance}", ["cat", path])
        return output if code == 0 else b""

    def volumes(self) -> set[str]:
        found = self.engine.get("/volumes", filters={"label": [f"phlo.project={self.name}"]})["Volumes"] or ()
        return {volume["Name"] for volume in found}

    def containers(self) -> set[str]:
        found = self.engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={self.name}"]})
        return {entry["Names"][0].lstrip("/") for entry in found}


@pytest.fixture
def place(folder: Path, name: str, phlo: Phlo, engine: Engine) -> Place:
    found = Place(folder, name, phlo, engine)
    found.write()
    return found


# -- anonymous volumes ---------------------------------------------------------------------------------------


def test_the_next_up_finds_an_anonymous_volume_after_down(place: Place) -> None:
    place.phlo("up")
    place.put("/keep/file")
    place.phlo("down")
    assert place.containers() == set()
    place.phlo("up")
    assert place.read("/keep/file") == b"kept\n"
    assert "nothing" in place.phlo("up").stderr.lower() + place.phlo("up").stdout.lower()


@pytest.fixture
def image_with_volume(engine: Engine, tiny: str, name: str) -> Iterator[str]:
    """An image that declares VOLUME /of-image."""
    made = engine.post("/containers/create", {"Image": tiny}, name=f"{name}-image")["Id"]
    engine.post("/commit", {}, container=made, repo=name, tag="1", changes="VOLUME /of-image")
    engine.delete(f"/containers/{made}", force=True)
    yield f"{name}:1"
    remove_project(engine, name)
    engine.delete(f"/images/{name}:1", force=True)


def test_an_anonymous_volume_of_the_image_is_kept_too(place: Place, image_with_volume: str) -> None:
    place.image = image_with_volume
    place.write("[]")
    place.phlo("up")
    place.put("/of-image/file")
    place.phlo("down")
    place.phlo("up")
    assert place.read("/of-image/file") == b"kept\n"


def test_an_anonymous_volume_outlives_its_instance(place: Place) -> None:
    place.write(web="enabled: true, scale: 2")
    place.phlo("up")
    place.put("/keep/file", 2)
    place.write(web="enabled: true, scale: 1")
    place.phlo("up")
    assert f"{place.name}-web-2" not in place.containers()
    place.write(web="enabled: true, scale: 2")
    place.phlo("up")
    assert place.read("/keep/file", 2) == b"kept\n"


def test_an_anonymous_volume_outlives_a_change_to_a_folder(place: Place) -> None:
    (place.folder / "data").mkdir()
    place.phlo("up")
    place.put("/keep/file")
    place.write(f"['{place.folder}/data:/keep']")
    place.phlo("up")
    place.phlo("up", "--recreate")
    place.phlo("up", "--recreate")
    assert place.read("/keep/file") == b""
    place.write()
    place.phlo("up")
    assert place.read("/keep/file") == b"kept\n"


def test_an_anonymous_volume_outlives_a_container_that_was_removed_by_hand(place: Place, engine: Engine) -> None:
    place.phlo("up")
    place.put("/keep/file")
    engine.delete(f"/containers/{place.name}-web-1", force=True, v=True)
    place.phlo("up")
    assert place.read("/keep/file") == b"kept\n"


def test_an_anonymous_volume_of_a_service_that_is_gone_goes_with_prune_volumes_only(place: Place) -> None:
    place.phlo("up")
    volumes = place.volumes()
    assert len(volumes) == 1
    place.write(web="enabled: false")
    place.phlo("up", "--remove-orphans")
    place.phlo("prune")
    assert (place.containers(), place.volumes()) == (set(), volumes)
    assert next(iter(volumes)) in place.phlo("prune", "--volumes", "--preview").stderr
    assert place.volumes() == volumes
    place.phlo("prune", "--volumes", "--yes")
    assert place.volumes() == set()


def test_prune_keeps_the_anonymous_volume_of_a_service_that_is_down(place: Place) -> None:
    place.phlo("up")
    volumes = place.volumes()
    place.phlo("down")
    place.phlo("prune", "--volumes", "--yes")
    assert place.volumes() == volumes


def test_down_with_volumes_removes_anonymous_ones_and_names_them_before(place: Place) -> None:
    place.phlo("up")
    (volume,) = place.volumes()
    assert volume in place.phlo("down", "--volumes", "--check").stderr
    assert place.volumes() == {volume}
    place.phlo("down", "--volumes", "--yes")
    assert place.volumes() == set()


def test_down_with_volumes_removes_volumes_that_the_engine_named(place: Place, engine: Engine, tiny: str) -> None:
    """A container that another tool, or an earlier version, made for the project."""
    labels = {"phlo.project": place.name, "phlo.service": "web", "phlo.instance": "1"}
    body = {"Image": tiny, "Labels": labels, "Volumes": {"/data": {}}}
    made = engine.post("/containers/create", body, name=f"{place.name}-web-1")["Id"]
    (mount,) = engine.get(f"/containers/{made}/json")["Mounts"]
    assert mount["Name"] in place.phlo("down", "--volumes", "--check").stderr
    place.phlo("down", "--volumes", "--yes")
    assert engine.get_or_none(f"/volumes/{mount['Name']}") is None


def test_down_keeps_a_volume_that_the_engine_named(place: Place, engine: Engine, tiny: str) -> None:
    labels = {"phlo.project": place.name, "phlo.service": "web", "phlo.instance": "1"}
    body = {"Image": tiny, "Labels": labels, "Volumes": {"/data": {}}}
    made = engine.post("/containers/create", body, name=f"{place.name}-web-1")["Id"]
    (mount,) = engine.get(f"/containers/{made}/json")["Mounts"]
    try:
        place.phlo("down")
        assert engine.get_or_none(f"/volumes/{mount['Name']}") is not None
    finally:
        engine.delete(f"/volumes/{mount['Name']}")


def test_volumes_of_phlos_own_files_are_not_left_behind(place: Place, engine: Engine) -> None:
    place.write(
        "[]",
        web="enabled: true, read_only: true, configs: [{source: c, target: /c/x}]",
        rest="configs: {c: {content: a}}\n",
    )
    place.phlo("up")
    (mount,) = engine.get(f"/containers/{place.name}-web-1/json")["Mounts"]
    place.phlo("down")
    assert engine.get_or_none(f"/volumes/{mount['Name']}") is None


# -- consent -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["down", "prune"])
def test_volumes_are_not_deleted_where_nobody_can_be_asked(place: Place, command: str) -> None:
    place.write("['data:/data']")
    place.phlo("up")
    place.put("/data/file")
    if command == "prune":
        place.write(web="enabled: false")
    refused = place.phlo(command, "--volumes", code=3)
    assert f"{place.name}_data" in refused.stderr
    assert "Add --yes" in refused.stderr
    assert place.containers() == {f"{place.name}-web-1"}
    place.phlo(command, "--volumes", "--yes")
    assert place.volumes() == set()


# -- protected volumes ---------------------------------------------------------------------------------------


def protected(place: Place, **given: Any) -> None:
    place.write("['data:/data']", role="protect: [data]\n", **given)


def test_a_protected_volume_is_not_deleted_by_down(place: Place) -> None:
    protected(place)
    place.phlo("up")
    for words in (("--yes",), ("--check",)):
        refused = place.phlo("down", "--volumes", *words, code=1)
        assert "the volume data is protected" in refused.stderr
        assert "--unprotect data" in refused.stderr
    assert place.containers() == {f"{place.name}-web-1"}
    place.phlo("down", "--volumes", "--yes", "--unprotect", "data")
    assert place.volumes() == set()


def test_a_protected_volume_is_not_deleted_by_prune_after_its_service_is_gone(place: Place) -> None:
    protected(place)
    place.phlo("up")
    place.write(web="enabled: false")
    assert "the volume data is protected" in place.phlo("prune", "--volumes", "--yes", code=1).stderr
    assert place.volumes() == {f"{place.name}_data"}
    place.phlo("prune", "--volumes", "--yes", "--unprotect", "data")
    assert place.volumes() == set()


def test_a_protected_volume_is_not_deleted_by_the_projects_name_alone(place: Place) -> None:
    protected(place)
    place.phlo("up")
    (place.folder / "phlo.yaml").write_text("services: [")
    refused = place.phlo("down", "-p", place.name, "--volumes", "--yes", code=1)
    assert "the volume data is protected" in refused.stderr
    place.phlo("down", "-p", place.name, "--volumes", "--yes", "--unprotect", "data")
    assert place.volumes() == set()


def test_a_replacement_does_not_cut_a_service_off_from_a_protected_volume(place: Place) -> None:
    protected(place)
    place.phlo("up")
    place.put("/data/file")
    place.write("['other:/data']")
    for command in ("plan", "up"):
        refused = place.phlo(command, code=1)
        assert "the volume data is protected" in refused.stdout + refused.stderr
    assert place.read("/data/file") == b"kept\n"
    place.phlo("up", "--unprotect", "data")
    assert place.read("/data/file") == b""


def test_phlo_yaml_overrides_the_roles_protection(place: Place) -> None:
    protected(place, rest="volumes: {data: {protect: false}}\n")
    place.phlo("up")
    place.phlo("down", "--volumes", "--yes")
    assert place.volumes() == set()


def test_an_inventory_protects_a_volume_through_a_variable(place: Place) -> None:
    place.write("['data:/data']", rest="volumes: {data: {protect: '${KEEP_DATA:-false}'}}\n")
    (place.folder / "production.yaml").write_text("all: {vars: {KEEP_DATA: 'true'}, hosts: {local: {}}}\n")
    place.phlo("up", "-i", "production.yaml")
    refused = place.phlo("down", "-i", "production.yaml", "--volumes", "--yes", code=1)
    assert "the volume data is protected" in refused.stderr


def test_a_name_that_no_volume_has_is_reported(place: Place) -> None:
    protected(place)
    place.phlo("up")
    words = ("down", "--volumes", "--yes", "--unprotect", "data", "--unprotect", "dta")
    assert 'there is no volume "dta"' in place.phlo(*words, code=3).stderr
    assert place.containers() == {f"{place.name}-web-1"}


# -- orphans -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["", ", other: {type: inline, image: 'phlo/test-busybox:1', stop_grace_period: 1s}"])
def test_a_service_that_is_no_longer_enabled_is_an_orphan(place: Place, other: str) -> None:
    """Alone in the project, and beside another service."""
    place.write()
    file = place.folder / "phlo.yaml"
    file.write_text(f"name: {place.name}\nservices: {{defaults: false, enabled: [web]{other}}}\n")
    place.phlo("up")
    container = f"{place.name}-web-1"
    file.write_text(f"name: {place.name}\nservices: {{defaults: false{other}}}\n")
    assert container in place.phlo("plan").stdout
    place.phlo("up")
    assert container in place.containers()
    place.phlo("up", "--remove-orphans")
    assert container not in place.containers()


def test_a_service_that_was_started_by_name_is_no_orphan(place: Place) -> None:
    place.write()
    other = "other: {type: inline, image: 'phlo/test-busybox:1', stop_grace_period: 1s}"
    (place.folder / "phlo.yaml").write_text(f"name: {place.name}\nservices: {{defaults: false, {other}}}\n")
    place.phlo("up", "web")
    place.phlo("up", "--remove-orphans")
    place.phlo("prune")
    assert place.containers() == {f"{place.name}-web-1", f"{place.name}-other-1"}
