"""Contexts of docker's command line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from phlo.config.across_hosts import is_elsewhere
from phlo.errors import InventoryError
from phlo.inventory import Host, load
from phlo.inventory.context import active_endpoint, context_endpoint, context_inputs


def context(folder: Path, name: str, url: str) -> dict[str, str]:
    """Make a context; gives the environment that knows it."""
    meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": url}}}))
    return {"DOCKER_CONFIG": str(folder)}


def host(folder: Path, name: str, environ: dict[str, str]) -> Host:
    (folder / "hosts.yaml").write_text(f"all: {{hosts: {{a: {{docker_context: {name}}}}}}}\n")
    return load([folder / "hosts.yaml"], environ=environ).hosts["a"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [("ssh://ops@a", True), ("tcp://10.0.0.1:2376", True), ("unix:///run/user/1000/docker.sock", False)],
)
def test_a_host_behind_a_context_is_where_the_context_says(tmp_path: Path, url: str, expected: bool) -> None:
    found = host(tmp_path, "prod", context(tmp_path, "prod", url))
    assert (found.context_host, is_elsewhere(found)) == (url, expected)


def test_the_default_context_is_this_machine(tmp_path: Path) -> None:
    assert not is_elsewhere(host(tmp_path, "default", {"DOCKER_CONFIG": str(tmp_path)}))


def test_a_context_that_is_not_there_counts_as_another_machine_until_it_is_needed(tmp_path: Path) -> None:
    assert is_elsewhere(host(tmp_path, "gone", {"DOCKER_CONFIG": str(tmp_path)}))


def test_the_file_of_a_context_is_an_input(tmp_path: Path) -> None:
    environ = context(tmp_path, "prod", "unix:///a")
    (tmp_path / "hosts.yaml").write_text("all: {hosts: {a: {docker_context: prod}}}\n")
    assert next(tmp_path.glob("contexts/meta/*/meta.json")) in load([tmp_path / "hosts.yaml"], environ=environ).inputs


def test_a_context_of_docker_says_where_its_engine_is(tmp_path: Path) -> None:
    environ = context(tmp_path, "prod", "tcp://a:2376")
    key = hashlib.sha256(b"prod").hexdigest()
    (tmp_path / "contexts" / "tls" / key / "docker").mkdir(parents=True)
    found = context_endpoint("prod", host="a", environ=environ)
    assert found is not None
    assert found.docker_host == "tcp://a:2376"
    assert found.cert_path is not None
    assert found.cert_path.endswith(f"{key}/docker")
    assert context_endpoint("default", host="a", environ=environ) is None
    with pytest.raises(InventoryError, match='docker has no context "prd"') as caught:
        context_endpoint("prd", host="a", environ=environ)
    assert "prod" in caught.value.fix


def in_use(folder: Path, name: str) -> None:
    """What `docker context use` does."""
    (folder / "config.json").write_text(json.dumps({"currentContext": name, "auths": {}}))


def test_the_context_in_use_is_that_of_docker(tmp_path: Path) -> None:
    environ = context(tmp_path, "prod", "ssh://ops@a")
    context(tmp_path, "stage", "tcp://10.0.0.1:2376")
    assert active_endpoint(environ) is None
    in_use(tmp_path, "prod")
    found = active_endpoint(environ)
    assert found is not None
    assert found.docker_host == "ssh://ops@a"
    named = active_endpoint({**environ, "DOCKER_CONTEXT": "stage"})
    assert named is not None
    assert named.docker_host == "tcp://10.0.0.1:2376"
    assert active_endpoint({**environ, "DOCKER_CONTEXT": "default"}) is None
    assert active_endpoint({**environ, "DOCKER_HOST": "unix:///a", "DOCKER_CONTEXT": "stage"}) is None


def test_the_context_in_use_brings_its_tls_files(tmp_path: Path) -> None:
    environ = context(tmp_path, "prod", "tcp://10.0.0.1:2376")
    in_use(tmp_path, "prod")
    folder = tmp_path / "contexts" / "tls" / hashlib.sha256(b"prod").hexdigest() / "docker"
    folder.mkdir(parents=True)
    found = active_endpoint(environ)
    assert found is not None
    assert found.cert_path == str(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"currentContext": 1}', '{"currentContext": "default"}'])
def test_a_configuration_without_a_context_changes_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    assert active_endpoint({"DOCKER_CONFIG": str(tmp_path)}) is None


def test_a_context_in_use_that_is_gone_is_an_error_that_says_who_named_it(tmp_path: Path) -> None:
    environ = context(tmp_path, "prod", "ssh://ops@a")
    with pytest.raises(InventoryError, match='docker has no context "prd"') as caught:
        active_endpoint({**environ, "DOCKER_CONTEXT": "prd"})
    assert str(caught.value.where) == "DOCKER_CONTEXT"
    in_use(tmp_path, "gone")
    with pytest.raises(InventoryError) as caught:
        active_endpoint(environ)
    assert str(caught.value.where) == f"{tmp_path}/config.json currentContext"


def test_the_files_that_name_the_context_in_use_are_inputs(tmp_path: Path) -> None:
    environ = context(tmp_path, "prod", "unix:///a")
    assert context_inputs(environ) == (tmp_path / "config.json",)
    in_use(tmp_path, "prod")
    assert context_inputs(environ) == (tmp_path / "config.json", next(tmp_path.glob("contexts/meta/*/meta.json")))
