from __future__ import annotations

import hashlib
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from phlo.errors import HostError, InventoryError
from phlo.hosts.connect import open_engine
from phlo.hosts.context import context_endpoint
from phlo.hosts.ssh import ssh_address


@pytest.mark.parametrize(
    ("url", "destination"),
    [
        ("ssh://data-1", ("--", "data-1")),
        ("ssh://ops@data-1:2222", ("-l", "ops", "-p", "2222", "--", "data-1")),
        ("ssh://ops@[fd00::1]", ("-l", "ops", "--", "fd00::1")),
    ],
)
def test_an_address_becomes_arguments_of_ssh(url: str, destination: tuple[str, ...]) -> None:
    address = ssh_address(urlsplit(url), name="data-1")
    assert address.destination == destination
    assert address.socket == "/var/run/docker.sock"


def test_a_path_names_another_socket() -> None:
    assert ssh_address(urlsplit("ssh://a/run/user/1/docker.sock"), name="a").socket == "/run/user/1/docker.sock"


@pytest.mark.parametrize("url", ["ssh://", "ssh://a:port", "ssh://ops:hunter22@a", "ssh://-oProxyCommand=x"])
def test_what_is_no_address_is_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(InventoryError) as caught:
        open_engine(url, name="data-1", environ={})
    assert "is not the address of an SSH server" in str(caught.value)
    assert "hunter22" not in str(caught.value)


def test_an_ssh_that_is_not_installed_is_told(tmp_path: Path) -> None:
    engine = open_engine("ssh://a", name="a", environ={"PATH": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)})
    with pytest.raises(HostError, match="there is no program `ssh`"):
        engine.ping()


def test_tls_files_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match=r"the TLS files in .* cannot be used"):
        open_engine("tcp://a:2376", name="a", environ={}, cert_path=str(tmp_path))


def test_a_context_of_docker_says_where_its_engine_is(tmp_path: Path) -> None:
    key = hashlib.sha256(b"prod").hexdigest()
    meta = tmp_path / "contexts" / "meta" / key / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": "prod", "Endpoints": {"docker": {"Host": "tcp://a:2376"}}}))
    (tmp_path / "contexts" / "tls" / key / "docker").mkdir(parents=True)
    environ = {"DOCKER_CONFIG": str(tmp_path)}
    found = context_endpoint("prod", host="a", environ=environ)
    assert found is not None
    assert found.docker_host == "tcp://a:2376"
    assert found.cert_path is not None
    assert found.cert_path.endswith(f"{key}/docker")
    assert context_endpoint("default", host="a", environ=environ) is None
    with pytest.raises(InventoryError, match='docker has no context "prd"') as caught:
        context_endpoint("prd", host="a", environ=environ)
    assert "prod" in caught.value.fix
