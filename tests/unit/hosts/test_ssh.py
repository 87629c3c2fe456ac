"""The address of an SSH server, and the options that phlo always gives to ssh."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from phlo.errors import HostError, InventoryError
from phlo.hosts.ssh import Tunnel, ssh_address


@pytest.mark.parametrize(
    "url",
    [
        "ssh://-oProxyCommand=x",
        "ssh://-oProxyCommand=x@db",
        "ssh://ops@-oProxyCommand=x",
        "ssh://a;id@db",
        "ssh://ops@db$(id)",
        "ssh://db/run/a.sock:/x",
        "ssh://db/run/a b.sock",
        "ssh://ops:word@db",
        "ssh://db:0",
        "ssh://",
    ],
)
def test_what_ssh_could_read_as_something_else_is_no_address(url: str) -> None:
    with pytest.raises(InventoryError, match="not the address of an SSH server"):
        ssh_address(urlsplit(url), name="db")


@pytest.mark.parametrize(
    "url", ["ssh://ops@db:22/run/docker.sock", "ssh://[fd00::1]", "ssh://user@corp@db", "ssh://db"]
)
def test_ordinary_addresses_pass(url: str) -> None:
    assert ssh_address(urlsplit(url), name="db").host in ("db", "fd00::1")


def test_host_keys_are_checked_whatever_the_further_options_and_the_ssh_config_say(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "ssh"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/argv\nexit 1\n')
    program.chmod(0o755)
    address = ssh_address(urlsplit("ssh://db"), name="db", options=("-o", "StrictHostKeyChecking=no"))
    environ = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path)}
    with pytest.raises(HostError):
        Tunnel(address, "db", environ).connect(1.0)
    words = (tmp_path / "argv").read_text().splitlines()
    assert words.index("StrictHostKeyChecking=yes") < words.index("StrictHostKeyChecking=no")
    assert words[-2:] == ["--", "db"]
