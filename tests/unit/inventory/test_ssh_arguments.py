"""Which arguments for `ssh` an inventory may give."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from phlo import inventory
from phlo.errors import InventoryError
from phlo.inventory.hosts import Host
from phlo.inventory.ssh_arguments import checked_arguments

CHECKS = "phlo always checks host keys"


def checked(text: str) -> tuple[str, ...]:
    return checked_arguments(text, key="ansible_ssh_common_args", host="db", where="hosts.yaml:1")


def load(tmp_path: Path, **variables: object) -> Host:
    path = tmp_path / "hosts.yaml"
    path.write_text(yaml.safe_dump({"all": {"hosts": {"db": variables}}}))
    return inventory.load([path], root=tmp_path).hosts["db"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-F 'my config'",
        "-4Cq",
        "-o ProxyJump=ops@gate:22,inner",
        "-J ops@gate.example.org",
        "-oConnectTimeout=5 -o 'ServerAliveInterval 10'",
        "-o ControlMaster=auto -o ControlPersist=60s",
        "-o StrictHostKeyChecking=yes -o UserKnownHostsFile=ci/known_hosts",
        "-o ProxyCommand='ssh -W %h:%p -q gate'",
        "-l ops -p 2222 -i keys/ci",
        "-o ForwardAgent=no -o IdentitiesOnly=yes",
    ],
)
def test_options_that_say_how_a_host_is_reached_pass(text: str) -> None:
    assert " ".join(checked(text)) == text.replace("'", "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("-o StrictHostKeyChecking=no", CHECKS),
        ("-oStrictHostKeyChecking=no", CHECKS),
        ("-qoStrictHostKeyChecking=no", CHECKS),
        ("-o 'stricthostkeychecking  accept-new'", CHECKS),
        ("-o 'StrictHostKeyChecking = \"off\"'", CHECKS),
        ("-o UserKnownHostsFile=/dev/null", "no host key can be checked"),
        ("-o 'GlobalKnownHostsFile none'", "no host key can be checked"),
        ("-o NoHostAuthenticationForLocalhost=yes", CHECKS),
        ("-o VerifyHostKeyDNS=yes", CHECKS),
        ("-o 'ProxyCommand=ssh -o StrictHostKeyChecking=no -W %h:%p gate'", CHECKS),
        ("-o 'ProxyCommand=ssh -o UserKnownHostsFile=/dev/null -W %h:%p gate'", CHECKS),
        ("-o 'KnownHostsCommand=/bin/cat keys'", "KnownHostsCommand"),
        ("-A", "has -A"),
        ("-o ForwardAgent=yes", "ForwardAgent=yes"),
        ("-X", "has -X"),
        ("-L 8080:localhost:80", "has -L"),
        ("-fN", "has -f"),
        ("-o 'LocalCommand=touch /tmp/x'", "LocalCommand"),
        ("-o PermitLocalCommand=yes", "PermitLocalCommand"),
        ("-o Tunnel=yes", "Tunnel"),
        ("-o nonsense", "not NAME=VALUE"),
        ("-o", "has no value"),
        ("evil.example.org", "would take for a host"),
        ("-q -- evil.example.org", "would take for a host"),
        ("-J -oProxyCommand=x", "has -J"),
        ("-o 'ProxyJump=gate;id'", "has ProxyJump"),
        ("-o 'Hostname=$(id)'", "has Hostname"),
        ("-l -x", "has -l"),
        ("-p 99999", "has -p"),
        ("-i -oProxyCommand=x", "has -i"),
    ],
)
def test_any_other_option_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(InventoryError, match=r"^hosts\.yaml:1: ansible_ssh_common_args of") as caught:
        checked(text)
    assert reason in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize("key", ["ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"])
@pytest.mark.parametrize("address", [{}, {"docker_host": "ssh://ops@db"}])
def test_every_variable_with_arguments_is_checked(tmp_path: Path, key: str, address: dict[str, str]) -> None:
    with pytest.raises(InventoryError, match=CHECKS):
        load(tmp_path, **{key: "-o StrictHostKeyChecking=no"}, **address)


@pytest.mark.parametrize("key", ["ansible_host_key_checking", "ansible_ssh_host_key_checking"])
@pytest.mark.parametrize("value", [False, "no", "False", 0])
def test_host_key_checking_cannot_be_switched_off(tmp_path: Path, key: str, value: object) -> None:
    with pytest.raises(InventoryError, match=CHECKS):
        load(tmp_path, **{key: value})
    assert load(tmp_path, **{key: True}).docker_host == "ssh://db"


@pytest.mark.parametrize(
    "variables",
    [
        {"ansible_host": "-oProxyCommand=touch /tmp/x"},
        {"ansible_host": "db/../../tmp/other.sock"},
        {"ansible_host": "ops@db"},
        {"ansible_host": "db\nevil"},
        {"ansible_host": "$(id)"},
        {"ansible_user": "-oProxyCommand=x"},
        {"ansible_user": "ops@evil/x"},
        {"ansible_user": "ops:word"},
        {"ansible_user": "`id`"},
        {"ansible_port": "22/x"},
        {"ansible_port": "-22"},
        {"ansible_port": 70000},
        {"ansible_ssh_private_key_file": "-oProxyCommand=x"},
        {"ansible_private_key_file": "-F/tmp/x"},
    ],
)
def test_a_value_that_is_not_a_name_is_refused(tmp_path: Path, variables: dict[str, object]) -> None:
    with pytest.raises(InventoryError, match=r"hosts\.yaml"):
        load(tmp_path, **variables)


def test_users_of_a_domain_are_names(tmp_path: Path) -> None:
    assert load(tmp_path, ansible_user="ops@corp.example").docker_host == "ssh://ops@corp.example@db"
