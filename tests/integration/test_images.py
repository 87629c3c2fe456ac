"""Images on a real engine: bootstrapped, built, found again, and the errors a person meets."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from phlo.errors import OperationError
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host
from phlo.image_source import BuildRecipe, BuildSecret, BuildSettings, ImagePolicy, ImageSource
from phlo.images import content_tag, present
from phlo.images.apt_sources import Mirror
from phlo.images.base import ensure_base
from phlo.images.base_recipe import read_base_recipe
from phlo.images.bootstrap import bootstrap
from phlo.images.obtain import obtain
from phlo.images.registries import Registries
from phlo.operations import image
from phlo.testing.images import TINY
from phlo.testing.law import assert_converges, converge
from phlo.values import Secret
from tests.support.buildx import buildx_config

# A registry that answers to nobody: the reserved port 1 of this machine.
NOBODY = "127.0.0.1:1"


@pytest.fixture
def name(engine: Engine) -> Iterator[str]:
    """An image name nobody else has; images of that name are removed afterwards."""
    name = f"phlo/test-{uuid.uuid4().hex[:8]}"
    yield name
    for found in engine.get("/images/json", filters={"reference": [name]}):
        for tag in found["RepoTags"]:
            engine.delete(f"/images/{path_part(tag)}", force=True)
    remove_unfinished(engine)


def remove_unfinished(engine: Engine) -> None:
    """Remove what failed builds on the tiny image leave behind."""
    tiny = engine.get(f"/images/{path_part(TINY)}/json")["Id"]
    for found in engine.get("/images/json", filters={"dangling": ["true"]}):
        history = engine.get_or_none(f"/images/{found['Id']}/history") or []
        if any(layer["Id"] == tiny for layer in history):
            engine.delete(f"/images/{found['Id']}")


@pytest.fixture
def recipe(tmp_path: Path, tiny: str, name: str) -> BuildRecipe:
    (tmp_path / "Dockerfile").write_text(f"FROM {tiny}\nARG WORD\nCOPY a /a\nRUN echo said $WORD > /word\n")
    (tmp_path / "a").write_text("1")
    return BuildRecipe(name=f"{name}:1", context=tmp_path, args={"WORD": "x"})


@pytest.fixture
def lines(host: Host) -> list[str]:
    return []


@pytest.fixture
def told(host: Host, lines: list[str]) -> Host:
    """The host, writing what is under way into `lines`."""
    return replace(host, progress=lines.append, output=lines.append)


def test_a_built_image_is_found_by_its_content_tag_and_not_built_again(
    recipe: BuildRecipe, told: Host, lines: list[str]
) -> None:
    args = image.Args(source=ImageSource(reference=None, recipe=recipe))

    changes = assert_converges("image", args, told)

    assert [change.verb for change in changes] == ["build"]
    assert any(line.startswith("step 1/") for line in lines)
    seen = present(args.source, told.reader())
    assert seen is not None
    assert seen.reference == content_tag(recipe)


def test_an_image_is_built_as_its_settings_say(recipe: BuildRecipe, name: str, told: Host, lines: list[str]) -> None:
    settings = BuildSettings(
        labels={"team": Secret("lake")},
        tags=(f"{name}:latest", f"{name}:2"),
        no_cache=True,
        network="none",
        extra_hosts=("store:10.9.8.7",),
        shm_size=3 << 20,
        ulimits=({"Name": "nofile", "Soft": 77, "Hard": 77},),
        dockerfile_text=f"FROM {TINY}\nRUN grep -q 10.9.8.7 /etc/hosts && test $(ulimit -n) = 77 && df -k /dev/shm\n",
    )
    args = image.Args(source=ImageSource(reference=None, recipe=replace(recipe, settings=settings)))
    assert [change.verb for change in assert_converges("image", args, told)] == ["build"]
    assert any(" 3072 " in line for line in lines)
    found = {tag: told.engine.get(f"/images/{name}:{tag}/json") for tag in ("latest", "2")}
    assert found["latest"]["Id"] == found["2"]["Id"]
    assert found["latest"]["Config"]["Labels"]["team"] == "lake"


def test_buildkit_builds_with_a_secret_that_is_not_in_the_image(
    recipe: BuildRecipe, told: Host, lines: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    config = buildx_config(tmp_path_factory.mktemp("docker"))
    secret = BuildSecret(id="token", source="token", content=Secret("sesame-open"))
    dockerfile = (
        f"FROM {TINY}\nARG WORD\nRUN --mount=type=secret,id=token test $(cat /run/secrets/token) = sesame-open\n"
    )
    settings = BuildSettings(secrets=(secret,), labels={"team": "lake"}, dockerfile_text=dockerfile)
    kept: dict[str, str] = {}
    host = replace(told, keep_log=lambda name, text: kept.setdefault(name, text))

    source = ImageSource(reference=None, recipe=replace(recipe, settings=settings))
    environ = {**os.environ, "DOCKER_CONFIG": str(config)}
    seen = obtain(source, host, registries=Registries(), environ=environ).image

    found = told.engine.get(f"/images/{path_part(seen.reference)}/json")
    assert found["Config"]["Labels"]["team"] == "lake"
    assert any(line.startswith("[") and "RUN --mount=type=secret" in line for line in lines)
    assert "sesame-open" not in str((kept, lines))
    assert len(kept) == 1
    tar = b"".join(told.engine.get_bytes(f"/images/{path_part(seen.reference)}/get"))
    assert b"sesame-open" not in tar.replace(b"= sesame-open", b"")


def test_a_changed_file_is_built_and_the_cause_names_both_tags(recipe: BuildRecipe, host: Host) -> None:
    args = image.Args(source=ImageSource(reference=None, recipe=recipe))
    converge("image", args, host)
    before = content_tag(recipe)
    (recipe.context / "a").write_text("2")

    changes = assert_converges("image", args, host)

    assert [change.causes for change in changes] == [(f"recipe changed: {before} -> {content_tag(recipe)}",)]


def test_what_cannot_be_pulled_is_built(recipe: BuildRecipe, told: Host, lines: list[str]) -> None:
    source = ImageSource(reference=f"{NOBODY}/thing:1", recipe=recipe)

    seen = obtain(source, told, registries=Registries(), environ={}).image

    assert seen.reference == content_tag(recipe)
    assert "its registry is not reachable: building it instead" in lines


def test_two_services_that_want_one_image_at_once_build_it_once(
    recipe: BuildRecipe, told: Host, lines: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    source, both = ImageSource(reference=None, recipe=recipe), threading.Barrier(2)
    environ = {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}

    def want() -> None:
        both.wait()
        obtain(source, told, registries=Registries(), environ=environ)

    threads = [threading.Thread(target=want) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([line for line in lines if line.startswith("step 1/")]) == 1
    assert present(source, told.reader()) is not None


def test_a_plan_says_that_what_cannot_be_pulled_will_be_built(recipe: BuildRecipe, host: Host) -> None:
    args = image.Args(source=ImageSource(reference=f"{NOBODY}/thing:1", recipe=recipe))

    changes = assert_converges("image", args, host)

    assert [(change.verb, change.at) for change in changes] == [("build", f"image:{content_tag(recipe)}")]
    assert changes[0].causes[1] == "cannot be pulled: 127.0.0.1:1: its registry is not reachable"


def test_a_registry_that_cannot_be_reached_is_asked_once_in_a_run(host: Host) -> None:
    registries = Registries()
    for service in ("a", "b"):
        with pytest.raises(OperationError, match="its registry is not reachable"):
            obtain(ImageSource(reference=f"{NOBODY}/{service}:1"), host, registries=registries, environ={})
        assert registries.why_unreachable(host.name, NOBODY)
        registries.mark_unreachable(host.name, NOBODY, "remembered")

    with pytest.raises(OperationError, match="remembered"):
        obtain(ImageSource(reference=f"{NOBODY}/c:1"), host, registries=registries, environ={})


def test_when_nothing_works_the_error_tells_all_that_was_tried(recipe: BuildRecipe, host: Host) -> None:
    (recipe.context / "Dockerfile").write_text((recipe.context / "Dockerfile").read_text() + "RUN exit 7\n")
    source = ImageSource(reference=f"{NOBODY}/thing:1", recipe=recipe)

    with pytest.raises(OperationError, match="neither be pulled nor built") as caught:
        obtain(source, host, registries=Registries(), environ={})

    detail = "\n".join(caught.value.detail)
    assert f"cannot pull {NOBODY}/thing:1" in detail
    assert "(exit status 7)" in detail


def test_policy_pull_never_builds(recipe: BuildRecipe, host: Host) -> None:
    source = ImageSource(reference=f"{NOBODY}/thing:1", recipe=recipe, policy=ImagePolicy.PULL)

    with pytest.raises(OperationError, match="cannot pull"):
        obtain(source, host, registries=Registries(), environ={})

    assert present(replace(source, policy=ImagePolicy.BUILD), host.reader()) is None


def test_pull_policy_never_uses_only_what_is_there(tiny: str, host: Host) -> None:
    there = obtain(ImageSource(reference=tiny, pull_policy="never"), host, registries=Registries(), environ={}).image

    assert there.reference == tiny
    with pytest.raises(OperationError, match="pull_policy is never"):
        obtain(ImageSource(reference="phlo/none:1", pull_policy="never"), host, registries=Registries(), environ={})


def test_a_failed_step_is_shown_with_its_last_lines_and_without_secrets(
    recipe: BuildRecipe, told: Host, lines: list[str]
) -> None:
    dockerfile = recipe.context / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text() + "RUN echo nearly $WORD; exit 3\n")
    source = ImageSource(reference=None, recipe=replace(recipe, args={"WORD": Secret("sesame-open")}))

    with pytest.raises(OperationError) as caught:
        obtain(source, told, registries=Registries(), environ={})

    assert "could not be built at step 5/" in caught.value.what
    assert "nearly ***" in caught.value.detail
    assert "sesame-open" not in "\n".join([str(caught.value), *caught.value.detail, *lines])


def test_the_last_line_of_a_failed_step_is_shown_without_a_line_end_too(recipe: BuildRecipe, host: Host) -> None:
    dockerfile = recipe.context / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text() + "RUN echo first; printf last; exit 3\n")

    with pytest.raises(OperationError) as caught:
        obtain(ImageSource(reference=None, recipe=recipe), host, registries=Registries(), environ={})

    assert caught.value.detail[-2:] == ("first", "last")


def test_a_full_disk_is_named(recipe: BuildRecipe, host: Host) -> None:
    dockerfile = recipe.context / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text() + "RUN dd if=/dev/zero of=/dev/full bs=1 count=1\n")

    with pytest.raises(OperationError, match="disk is full") as caught:
        obtain(ImageSource(reference=None, recipe=recipe), host, registries=Registries(), environ={})

    assert "docker system df" in caught.value.fix


def test_an_image_of_another_platform_does_not_count(tiny: str, host: Host) -> None:
    architecture = host.engine.get("/version")["Arch"]
    other = "arm64" if architecture == "amd64" else "amd64"

    assert present(ImageSource(reference=tiny, platform=f"linux/{architecture}"), host.reader()) is not None
    assert present(ImageSource(reference=tiny, platform=f"linux/{other}"), host.reader()) is None


def test_a_base_is_made_once_however_many_ask_for_it(host: Host) -> None:
    tags: list[str] = []

    def ask() -> None:
        tags.append(ensure_base("trixie", host, registries=Registries(), environ=os.environ))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert tags == [tags[0]] * 3
    found = host.engine.get("/images/json", filters={"reference": [tags[0]]})
    assert len(found) == 1


def test_packages_install_over_tls_in_an_image_built_on_the_base(tmp_path: Path, name: str, host: Host) -> None:
    (tmp_path / "Dockerfile").write_text(
        "ARG BASE\nFROM ${BASE}\n"
        "RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv\n"
        "RUN python3 -m venv /venv && /venv/bin/pip install --no-cache-dir iniconfig==2.3.1\n"
    )
    source = ImageSource(reference=None, recipe=BuildRecipe(name=name, context=tmp_path))

    seen = obtain(source, host, registries=Registries()).image

    environment = dict(entry.split("=", 1) for entry in seen.config["Env"])
    assert environment["SSL_CERT_FILE"] == environment["PIP_CERT"] == "/etc/ssl/certs/ca-certificates.crt"
    assert environment["LANG"] == "C.UTF-8"


def test_a_bootstrap_that_fails_shows_why_and_leaves_no_image(host: Host) -> None:
    silent = Mirror(uri=f"http://{NOBODY}/debian", suite="trixie", components=("main",))
    recipe = replace(read_base_recipe("trixie"), mirrors=(silent,))

    with pytest.raises(OperationError, match="mmdebstrap failed") as caught:
        bootstrap(recipe, host)

    assert NOBODY in "\n".join(caught.value.detail)
    assert host.engine.get_or_none(f"/images/{path_part(recipe.tag)}/json") is None


def test_a_machine_without_debian_mirrors_says_so(host: Host) -> None:
    with pytest.raises(OperationError, match="name no Debian mirror") as caught:
        bootstrap(replace(read_base_recipe("trixie"), mirrors=()), host)

    assert caught.value.fix
