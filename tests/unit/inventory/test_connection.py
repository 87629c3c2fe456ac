from __future__ import annotations

from pathlib import Path

import pytest

from phlo import inventory
from phlo.errors import InventoryError
from phlo.inventory.hosts import Host


def host(tmp_path: Path, text: str, name: str = "db") -> Host:
    path = tmp_path / "hosts.yaml"
    path.write_text(text)
    return inventory.load([path], root=tmp_path).hosts[name]


@pytest.mark.parametrize(
    ("variables", "docker_host"),
    [
        ("{}", "ssh://db"),
        ("{ansible_host: 10.0.0.1}", "ssh://10.0.0.1"),
        ("{ansible_host: 10.0.0.1, ansible_user: ops, ansible_port: 2222}", "ssh://ops@10.0.0.1:2222"),
        ("{ansible_host: 'fd00::1'}", "ssh://[fd00::1]"),
        ("{ansible_connection: ssh}", "ssh://db"),
        ("{ansible_connection: local}", None),
        ("{docker_host: 'unix:///run/d.sock', ansible_host: 10.0.0.1}", "unix:///run/d.sock"),
    ],
)
def test_ansibles_variables_say_where_a_host_is(tmp_path: Path, variables: str, docker_host: str | None) -> None:
    assert host(tmp_path, f"all: {{hosts: {{db: {variables}}}}}").docker_host == docker_host


@pytest.mark.parametrize("name", ["local", "localhost"])
def test_some_names_are_this_machine(tmp_path: Path, name: str) -> None:
    assert host(tmp_path, f"all: {{hosts: {{{name}: }}}}", name).docker_host is None


def test_a_group_can_say_how_its_hosts_are_reached(tmp_path: Path) -> None:
    text = """
all:
  vars: {ansible_user: ops, ansible_ssh_common_args: "-F 'my config'"}
  children:
    storage:
      vars: {ansible_user: store, ansible_ssh_private_key_file: ~/.ssh/store}
      hosts: {db: }
"""
    found = host(tmp_path, text)
    assert found.docker_host == "ssh://store@db"
    assert found.ssh_options == ("-F", "my config", "-i", "~/.ssh/store")


def test_a_context_is_kept_for_when_it_is_needed(tmp_path: Path) -> None:
    found = host(tmp_path, "all: {hosts: {db: {docker_context: prod}}}")
    assert (found.docker_host, found.docker_context) == (None, "prod")


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            "{docker_host: 'ssh://a', docker_context: b}",
            'hosts.yaml:1: "db" has a docker_host and a docker_context. Keep one of the two.',
        ),
        (
            "{docker_host: 'https://ops:hunter22@a'}",
            'hosts.yaml:1: "https://***@a" is not an address phlo can reach a Docker engine by. Write unix:///path',
        ),
        ("{docker_host: 'https://[a'}", 'hosts.yaml:1: "https://[a" is not an address'),
        ("{docker_host: engine.sock}", 'hosts.yaml:1: "engine.sock" is not an address'),
        ("{ansible_connection: winrm}", 'hosts.yaml:1: "db" is connected to by "winrm".'),
        ('{ansible_ssh_common_args: "-o \'x"}', 'hosts.yaml:1: ansible_ssh_common_args of "db" is not a command line'),
    ],
)
def test_what_cannot_be_is_an_error(tmp_path: Path, variables: str, message: str) -> None:
    with pytest.raises(InventoryError) as caught:
        host(tmp_path, f"all: {{hosts: {{db: {variables}}}}}")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ("{ansible_host: '{{ inventory_hostname }}.example.org'}", "ssh://db.example.org"),
        ("{ansible_host: '{{ zone }}.{{site}}', zone: '{{ site }}', site: a}", "ssh://a.a"),
        ("{docker_host: 'ssh://{{ who }}@x:{{ port }}', who: ops, port: 2222}", "ssh://ops@x:2222"),
    ],
)
def test_names_of_variables_are_filled_in(tmp_path: Path, variables: str, url: str) -> None:
    assert host(tmp_path, f"all: {{hosts: {{db: {variables}}}}}").docker_host == url


@pytest.mark.parametrize("template", ["{{ none }}", "{{ a | lower }}", "{% if a %}b{% endif %}", "{{ ansible_host }}"])
def test_any_other_template_is_an_error_with_its_line(tmp_path: Path, template: str) -> None:
    with pytest.raises(InventoryError) as caught:
        host(tmp_path, f"all: {{hosts: {{db: {{ansible_host: '{template}'}}}}}}")
    assert str(caught.value).startswith(
        'hosts.yaml:1: ansible_host of "db" is a template that phlo cannot fill in here'
    )
