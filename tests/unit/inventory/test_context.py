"""Contexts of docker's command line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from phlo.config.across_hosts import is_elsewhere
from phlo.errors import InventoryError
from phlo.inventory import Host, load
from phlo.inventory.context import context_endpoint


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
