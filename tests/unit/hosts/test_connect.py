from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from phlo.errors import HostError, InventoryError
from phlo.hosts.connect import open_engine
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


@pytest.mark.parametrize("url", ["engine.sock", "tcp://[a", "tcp://a:port"])
def test_an_address_of_the_environment_is_refused_with_the_variables_name(url: str) -> None:
    with pytest.raises(InventoryError) as caught:
        open_engine(None, name="local", environ={"DOCKER_HOST": url})
    assert str(caught.value).startswith(f'DOCKER_HOST: "{url}" is not an address phlo can reach')


def test_an_ssh_that_is_not_installed_is_told(tmp_path: Path) -> None:
    engine = open_engine("ssh://a", name="a", environ={"PATH": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)})
    with pytest.raises(HostError, match="there is no program `ssh` here"):
        engine.ping()


def test_tls_files_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match=r"the TLS files in .* cannot be used"):
        open_engine("tcp://a:2376", name="a", environ={}, cert_path=str(tmp_path))
