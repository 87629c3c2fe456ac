"""An anonymous volume that is dropped recreates its container once; the next `up` does nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phlo.hosts.engine import Engine

Phlo = Callable[..., "subprocess.CompletedProcess[str]"]

BASE = "  web: {{image: '{tiny}', init: true, stop_grace_period: 1s{more}}}"
RESET = "services: {web: {volumes: !reset null}}\n"
OVERRIDE = "services: {web: {volumes: !override ['/y']}}\n"
# What the service has before, what it has after, and the override file that comes with that.
DROPPED = {
    "out of the file": (", volumes: [/x]", "", ""),
    "one of two": (", volumes: [/x, /y]", ", volumes: [/y]", ""),
    "for another": (", volumes: [/x]", ", volumes: [/y]", ""),
    "by !reset": (", volumes: [/x]", ", volumes: [/x]", RESET),
    "by !override": (", volumes: [/x]", ", volumes: [/x]", OVERRIDE),
    "in long form": (", volumes: [{type: volume, target: /x}]", "", ""),
    "for a tmpfs": (", volumes: [/x]", ", tmpfs: [/x]", ""),
    "for a named one": (", volumes: [/x]", ", volumes: ['data:/x']", ""),
    "for a bind": (", volumes: [/x]", ", volumes: ['.:/x']", ""),
    "with a slash at its end": (", volumes: [/x/]", ", volumes: [/y/]", ""),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, project: str, web: str, override: str = "") -> None:
    (folder / "compose.yaml").write_text(f"name: {project}\nservices:\n{web}\nvolumes: {{data: }}\n")
    (folder / "compose.override.yaml").write_text(override or "services: {}\n")


def container(engine: Engine, project: str) -> str:
    return str(engine.get(f"/containers/{project}-web-1/json")["Id"])


def assert_settled(engine: Engine, project: str, phlo: Phlo) -> None:
    before = container(engine, project)
    phlo("plan", "--detailed-exitcode")
    phlo("up")
    assert container(engine, project) == before


@pytest.mark.parametrize(("before", "after", "override"), DROPPED.values(), ids=DROPPED)
def test_a_volume_that_the_file_drops_recreates_once(
    before: str, after: str, override: str, folder: Path, project: str, tiny: str, engine: Engine, phlo: Phlo
) -> None:
    write(folder, project, BASE.format(tiny=tiny, more=before))
    phlo("up")
    first = container(engine, project)

    write(folder, project, BASE.format(tiny=tiny, more=after), override)
    assert "mounts./x" in phlo("up").stderr

    assert container(engine, project) != first
    assert_settled(engine, project, phlo)


@pytest.fixture
def images(tiny: str, project: str, engine: Engine) -> Iterator[tuple[str, str]]:
    """Two images; only the first declares a VOLUME."""
    made = []
    for tag, changes in (("with", ["VOLUME /x"]), ("without", ["LABEL other=yes"])):
        holder = engine.post("/containers/create", {"Image": tiny})["Id"]
        engine.post("/commit", {}, container=holder, repo=project, tag=tag, changes="\n".join(changes))
        engine.delete(f"/containers/{holder}", v=True)
        made.append(f"{project}:{tag}")
    yield made[0], made[1]
    for name in made:
        engine.delete(f"/images/{name}", force=True)


@pytest.mark.parametrize("more", ["", ", volumes: [/y]"])
@pytest.mark.parametrize("is_dropped", [True, False], ids=["dropped", "new"])
def test_a_volume_that_the_next_image_does_not_declare_recreates_once(
    more: str,
    is_dropped: bool,
    images: tuple[str, str],
    folder: Path,
    project: str,
    engine: Engine,
    phlo: Phlo,
) -> None:
    before, after = images if is_dropped else (images[1], images[0])
    write(folder, project, BASE.format(tiny=before, more=more))
    phlo("up")

    write(folder, project, BASE.format(tiny=after, more=more))
    assert "image: " in phlo("up").stderr

    targets = {mount["Destination"] for mount in engine.get(f"/containers/{project}-web-1/json")["Mounts"]}
    assert ("/x" in targets) == (not is_dropped)
    assert_settled(engine, project, phlo)
