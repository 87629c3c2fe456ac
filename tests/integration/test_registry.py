"""Pulling from a real registry on this machine: pulled once, followed, refused, and a base made from it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from phlo.errors import OperationError
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host
from phlo.image_source import ImageSource
from phlo.images.base import ensure_base
from phlo.images.base_recipe import read_base_recipe
from phlo.images.extend import extend
from phlo.images.pull import PullError, PullProblem, pull
from phlo.images.registries import Registries
from phlo.operations import image
from phlo.testing.law import assert_converges
from tests.integration.conftest import Phlo
from tests.support.docker_registry import PASSWORD, USER, registry_program, serving


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    return registry_program(tmp_path_factory.mktemp("docker-registry"))


@pytest.fixture(scope="module")
def registry(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(program, tmp_path_factory.mktemp("registry")) as address:
        yield address


def credentials(**fields: str) -> dict[str, str]:
    return {"X-Registry-Auth": base64.urlsafe_b64encode(json.dumps(fields).encode()).decode()}


def publish(engine: Engine, image_name: str, reference: str, **login: str) -> None:
    """Push an image of the engine under another name, and forget that name here."""
    repository, _, tag = reference.rpartition(":")
    engine.post(f"/images/{path_part(image_name)}/tag", repo=repository, tag=tag)
    messages = list(engine.post_stream(f"/images/{path_part(repository)}/push", headers=credentials(**login), tag=tag))
    assert not [message for message in messages if "error" in message]
    engine.delete(f"/images/{path_part(reference)}")


@pytest.fixture
def reference(registry: str, engine: Engine, tiny: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """An image that the registry has and the engine does not; removed afterwards."""
    reference = f"{registry}/{request.node.name.removeprefix('test_')}:1"
    publish(engine, tiny, reference)
    yield reference
    repository = reference.rpartition(":")[0]
    for found in engine.get("/images/json", filters={"reference": [repository]}):
        # By name: its id may be the tiny image's too. The last tag takes digests along.
        for name in (found.get("RepoTags") or []) + (found.get("RepoDigests") or []):
            if name.startswith(repository) and engine.get_or_none(f"/images/{path_part(name)}/json"):
                engine.delete(f"/images/{path_part(name)}", force=True)


def test_a_missing_image_is_pulled_once(reference: str, host: Host) -> None:
    changes = assert_converges("image", image.Args(source=ImageSource(reference=reference)), host)

    assert [(change.verb, change.causes) for change in changes] == [("pull", ("not on the host",))]


def test_a_pull_tells_how_far_it_is(reference: str, host: Host) -> None:
    lines: list[str] = []

    image.apply(
        image.decide(args := image.Args(source=ImageSource(reference=reference)), image.Seen(image=None))[0],
        args,
        image.Seen(image=None),
        replace(host, progress=lines.append),
    )

    assert lines[0] == f"pulling {reference}"


def test_pull_policy_always_follows_the_registry(reference: str, engine: Engine, tiny: str, host: Host) -> None:
    args = image.Args(source=ImageSource(reference=reference, pull_policy="always"))
    assert_converges("image", args, host)
    first = engine.get(f"/images/{path_part(reference)}/json")["Id"]
    repository, _, tag = reference.rpartition(":")
    container = engine.post("/containers/create", {"Image": tiny, "Labels": {"changed": "yes"}})["Id"]
    engine.post("/commit", container=container, repo=repository, tag="next")
    engine.delete(f"/containers/{container}")
    engine.post(f"/images/{path_part(repository)}:next/tag", repo=repository, tag=tag)
    list(engine.post_stream(f"/images/{path_part(repository)}/push", headers=credentials(), tag=tag))
    engine.delete(f"/images/{path_part(repository)}:next")
    engine.post(f"/images/{first}/tag", repo=repository, tag=tag)

    changes = assert_converges("image", args, host)

    assert [change.verb for change in changes] == ["pull"]
    assert engine.get(f"/images/{path_part(reference)}/json")["Id"] != first


def test_a_tag_that_is_not_there_is_named(registry: str, host: Host) -> None:
    with pytest.raises(PullError) as caught:
        pull(f"{registry}/nothing:9", host)

    assert caught.value.problem is PullProblem.MISSING
    assert f"{registry}/nothing:9" in caught.value.fix


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The project's folder."""
    return tmp_path


def test_outdated_lists_newer_tags_and_moved_ones(
    program: str,
    tmp_path: Path,
    engine: Engine,
    tiny: str,
    phlo: Phlo,
) -> None:
    with serving(program, tmp_path, has_login=True, has_tls=True) as address:
        login = {"username": USER, "password": PASSWORD, "serveraddress": address}
        for tag in ("1.2.0", "1.10.0", "1.11.0-rc1", "latest"):
            publish(engine, tiny, f"{address}/lake/thing:{tag}", **login)
        (tmp_path / "phlo.yaml").write_text(
            "name: lab\nservices:\n  defaults: false\n"
            f"  web: {{type: inline, image: '{address}/lake/thing:1.2.0'}}\n"
            f"registries: {{{address}/lake: {{username: {USER}, password: '${{R_PASSWORD}}'}}}}\n"
        )
        said = phlo("outdated", "--json", R_PASSWORD=PASSWORD, SSL_CERT_FILE=str(tmp_path / "cert.pem"))
        strange = phlo("outdated", "--json", R_PASSWORD=PASSWORD)

    reference = f"{address}/lake/thing:1.2.0"
    assert {"what": f"tag of {reference}", "current": "1.2.0", "newest": "1.10.0"} in json.loads(said.stdout)
    assert f"{address}: the tags of {address}/lake/thing cannot be listed" in strange.stderr
    assert "certificate" in strange.stderr


def test_a_registry_that_wants_a_login_is_served_by_docker_login(
    program: str,
    tmp_path: Path,
    engine: Engine,
    tiny: str,
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with serving(program, tmp_path, has_login=True) as address:
        reference = f"{address}/private:1"
        publish(engine, tiny, reference, username=USER, password=PASSWORD, serveraddress=address)

        with pytest.raises(PullError) as caught:
            pull(reference, host)
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        (tmp_path / "config.json").write_text(json.dumps({"auths": {address: {"auth": login}}}))
        pull(reference, host)

    assert caught.value.problem is PullProblem.DENIED
    assert "docker login" in caught.value.fix
    assert PASSWORD not in str(caught.value)
    engine.delete(f"/images/{path_part(reference)}")


def test_a_stored_login_that_cannot_be_read_is_named(
    tmp_path: Path, registry: str, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {registry: "nowhere"}}))

    with pytest.raises(OperationError, match="the stored login"):
        pull(f"{registry}/thing:1", host)


def test_a_base_can_be_made_from_a_registrys_debian(registry: str, engine: Engine, host: Host) -> None:
    plain = ensure_base("trixie", host, registries=Registries(), environ=os.environ)
    publish(engine, plain, f"{registry}/debian:trixie-slim")
    recipe = read_base_recipe("trixie")
    recipe = replace(recipe, environment={**recipe.environment, "MADE_FROM": "registry"})

    extend(f"{registry}/debian:trixie-slim", recipe, host, registries=Registries(), environ=os.environ)

    made = engine.get(f"/images/{path_part(recipe.tag)}/json")
    assert "MADE_FROM=registry" in made["Config"]["Env"]
    engine.delete(f"/images/{path_part(recipe.tag)}", force=True)
    engine.delete(f"/images/{path_part(registry)}/debian:trixie-slim", force=True)
