"""Images of recipes in a registry with TLS and a login: published, pulled by their tag, listed and pruned."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from phlo.events import Event
from phlo.execute import run
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host
from phlo.image_source import BuildRecipe, ImageRegistry, ImageSource
from phlo.images import content_tag
from phlo.operations import image
from phlo.plan.graph import Plan, ordered
from phlo.testing.law import assert_converges
from phlo.values import Secret, Step
from tests.integration.conftest import Phlo
from tests.support.docker_registry import PASSWORD, USER, registry_program, serving


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = registry_program(tmp_path_factory.mktemp("docker-registry"))
    with serving(program, tmp_path_factory.mktemp("registry"), has_login=True, has_tls=True) as address:
        yield address


@pytest.fixture
def name(engine: Engine, registry: str) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    yield name
    forget(engine, name)


def forget(engine: Engine, name: str) -> None:
    """Remove every tag with a name in it."""
    for found in engine.get("/images/json"):
        for tag in (*(found.get("RepoTags") or ()), *(found.get("RepoDigests") or ())):
            if name in tag and engine.get_or_none(f"/images/{path_part(tag)}/json"):
                engine.delete(f"/images/{path_part(tag)}", force=True)


@pytest.fixture
def folder(tmp_path: Path, project: str, name: str, tiny: str, registry: str) -> Path:
    """A project with a role whose image is built, and the registry."""
    role = tmp_path / "roles" / name
    (role / "image").mkdir(parents=True)
    (role / "image" / "Dockerfile").write_text(f"FROM {tiny}\nRUN echo {name} > /name\n")
    (role / "service.yaml").write_text(
        f"name: {name}\ndefault: true\nversion: '1'\ncompose: {{stop_grace_period: 1s}}\n"
    )
    (tmp_path / "phlo.yaml").write_text(
        f"name: {project}\nservices: {{defaults: false, enabled: [{name}]}}\n"
        f"registries: {{{registry}/lake: {{username: {USER}, password: '${{R_PASSWORD}}'}}}}\n"
    )
    return tmp_path


def test_what_one_machine_publishes_another_pulls_under_the_same_tag(
    folder: Path, phlo: Phlo, engine: Engine, registry: str, name: str, project: str
) -> None:
    def images(command: str, *words: str) -> list[dict[str, object]]:
        found = json.loads(phlo("images", command, "--json", *words, R_PASSWORD=PASSWORD).stdout)
        return list(found)

    first, again = images("publish"), images("publish")
    tag = str(first[0]["image"])
    assert [one["status"] for one in first] == ["built and pushed"]
    assert [one["reference"] for one in again] == [f"{registry}/lake/{tag}"]
    forget(engine, name)  # as on another machine

    said = phlo("up", "--output", "json", R_PASSWORD=PASSWORD).stdout

    assert '"pull"' in said
    assert '"build"' not in said
    listed = images("list")
    assert [(one["reference"], one["origin"], one["used_by"]) for one in listed if name in str(one["reference"])] == [
        (tag, f"pulled from {registry}/lake", [name])
    ]
    assert [one for one in images("prune") if name in str(one["reference"])] == []  # it is used

    dockerfile = folder / "roles" / name / "image" / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text() + "RUN echo more > /more\n")
    phlo("up", R_PASSWORD=PASSWORD)
    assert [one for one in images("prune") if name in str(one["reference"])] == []  # `phlo rollback` needs it
    phlo("up", "--recreate", R_PASSWORD=PASSWORD)
    assert [one["reference"] for one in images("prune", "--check") if name in str(one["reference"])] == [tag]
    assert [one["reference"] for one in images("prune") if name in str(one["reference"])] == [tag]
    assert engine.get_or_none(f"/images/{path_part(tag)}/json") is None


@pytest.fixture
def recipe(tmp_path: Path, tiny: str, name: str) -> BuildRecipe:
    (tmp_path / "Dockerfile").write_text(f"FROM {tiny}\nRUN echo {name} > /name\n")
    return BuildRecipe(name=f"phlo/{name}:1", context=tmp_path)


def test_a_pull_that_fails_is_a_cause_of_the_build(recipe: BuildRecipe, host: Host, registry: str) -> None:
    wrong = ImageRegistry(prefix=f"{registry}/lake", username=USER, password=Secret("wrong-password"))
    source = ImageSource(reference=None, recipe=recipe, registries=(wrong,))
    step = Step(host="local", service="", name="image", operation="image", args=image.Args(source=source))
    events: list[Event] = []

    outcome = run(
        Plan(title="up", project="p", steps=ordered([step])), {"local": host}, emit=events.append, run_id="test"
    )

    (change,) = outcome.steps[step.id].changes
    assert (change.verb, change.at) == ("build", f"image:{content_tag(recipe)}")
    assert "its registry has no such repository, or does not let this user pull from it" in " ".join(change.causes)
    assert "wrong-password" not in str(events)


def test_a_mirror_is_asked_before_the_registry_itself(
    engine: Engine, host: Host, registry: str, tiny: str, name: str
) -> None:
    from phlo.images.push import push

    mirror = ImageRegistry(prefix=f"{registry}/hub", mirrors="docker.io", username=USER, password=Secret(PASSWORD))
    push(tiny, f"{registry}/hub/library/{name}:1", host, [mirror])
    engine.delete(f"/images/{path_part(f'{registry}/hub/library/{name}:1')}")

    changes = assert_converges(
        "image", image.Args(source=ImageSource(reference=f"{name}:1", registries=(mirror,))), host
    )

    assert [change.verb for change in changes] == ["pull"]
    assert engine.get(f"/images/{name}:1/json")["Id"]
