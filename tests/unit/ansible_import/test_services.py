"""What the options of community.docker's modules are in phlo.yaml."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.ansible_import.container import RENAMED
from phlo.compose.attributes import ATTRIBUTES, Support
from tests.unit.ansible_import.conftest import CONTAINER, Ansible

OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("env: {A: 'x$y', N: 3}", {"environment": {"A": "x$$y", "N": 3}}),
    ("published_ports: ['80:80', '127.0.0.1:81:81']", {"ports": ["80:80", "127.0.0.1:81:81"]}),
    ("ports: ['80:80', '81'], default_host_ip: 10.0.0.1", {"ports": ["10.0.0.1:80:80", "81"]}),
    ("restart_policy: on-failure, restart_retries: 3", {"restart": "on-failure:3"}),
    ("restart_policy: always", {"restart": "always"}),
    ("log_driver: local, log_options: {max-size: 1m}", {"logging": {"driver": "local", "options": {"max-size": "1m"}}}),
    ("ulimits: ['nofile:1:2', 'nproc:5']", {"ulimits": {"nofile": {"soft": 1, "hard": 2}, "nproc": 5}}),
    ("stop_timeout: 7", {"stop_grace_period": "7s"}),
    ("network_mode: host", {"network_mode": "host"}),
    ("network_mode: front", {"networks": {"front": None}}),
    (
        "network_mode: front, networks: [{name: front, aliases: [w]}, {name: back, mac_address: '02:42:ac:11:00:02'}]",
        {"networks": {"front": {"aliases": ["w"]}, "back": {"mac_address": "02:42:ac:11:00:02"}}},
    ),
    (
        "mounts: [{source: data, target: /d, type: volume}, {target: /t, type: tmpfs, tmpfs_size: 1m}]",
        {
            "volumes": [
                {"type": "volume", "source": "data", "target": "/d"},
                {"type": "tmpfs", "target": "/t", "tmpfs": {"size": "1m"}},
            ]
        },
    ),
    ("pull: always", {"pull_policy": "always"}),
    ("pull: missing", {}),
    ("detach: false", {"one_shot": True}),
    ("healthcheck: {test: [CMD, x], interval: 5s}", {"healthcheck": {"test": ["CMD", "x"], "interval": "5s"}}),
    (
        "device_read_bps: [{path: /dev/a, rate: 1m}]",
        {"blkio_config": {"device_read_bps": [{"path": "/dev/a", "rate": "1m"}]}},
    ),
    ("device_requests: [{count: -1, capabilities: [[gpu]]}]", {"gpus": [{"count": "all", "capabilities": ["gpu"]}]}),
    (
        "memory: 1g, cpus: 0.5, capabilities: [NET_ADMIN], interactive: true",
        {"mem_limit": "1g", "cpus": 0.5, "cap_add": ["NET_ADMIN"], "stdin_open": True},
    ),
    ("recreate: true, comparisons: {'*': strict}, purge_networks: true", {}),
]


@pytest.mark.parametrize(("options", "expected"), OPTIONS, ids=[options for options, _ in OPTIONS])
def test_an_option_becomes_an_attribute(options: str, expected: dict[str, Any], ansible: Ansible) -> None:
    assert ansible.service(options) == expected
    assert ansible.said.err == ""


def test_every_attribute_that_an_option_becomes_is_one_that_phlo_honours() -> None:
    assert {name for name in RENAMED.values() if ATTRIBUTES[name].support is not Support.HONOURED} == set()


@pytest.mark.parametrize("option", ["kernel_memory: 1m", "auto_remove: true", "docker_host: tcp://a", "unknown: 1"])
def test_an_option_that_a_service_has_not_is_listed_with_its_line(option: str, ansible: Ansible) -> None:
    assert ansible.service(option) == {}
    name = option.partition(":")[0]
    assert f"site.yml:4 [0].tasks[0].{CONTAINER}.{name}: {name}: " in ansible.said.err


def test_a_value_that_phlo_refuses_is_listed_with_the_line_of_the_option(ansible: Ansible) -> None:
    assert ansible.service("published_ports: ['99999:1']") == {"ports": []}
    assert f"site.yml:4 [0].tasks[0].{CONTAINER}.published_ports[0]: " in ansible.said.err


def test_networks_and_volumes_keep_their_names(ansible: Ansible) -> None:
    data = ansible.tasks(
        "community.docker.docker_network: {name: front, driver: bridge, internal: true, scope: local,"
        " ipam_config: [{subnet: 10.9.0.0/24, iprange: 10.9.0.0/28}]}",
        "docker_volume: {volume_name: data, labels: {a: b}}",
        f"{CONTAINER}: {{name: web, image: web, volumes: ['data:/d', 'more:/m', '/srv:/s'], networks: [back]}}",
    )
    assert data["networks"] == {
        "front": {
            "name": "front",
            "driver": "bridge",
            "internal": True,
            "ipam": {"config": [{"subnet": "10.9.0.0/24", "ip_range": "10.9.0.0/28"}]},
        },
        "back": {"name": "back"},
    }
    assert data["volumes"] == {"data": {"name": "data", "labels": {"a": "b"}}, "more": {"name": "more"}}
    assert "docker_network.scope: scope: phlo.yaml has nothing like it. Left out." in ansible.said.err


def test_an_image_that_is_built_is_the_build_of_its_services(ansible: Ansible) -> None:
    data = ansible.tasks(
        "docker_image: {name: web, tag: '1', source: build, build: {path: ./src, args: {A: b}, nocache: true}}",
        f"{CONTAINER}: {{name: web, image: 'web:1'}}",
    )
    assert data["services"]["web"]["build"] == {"context": "./src", "args": {"A": "b"}, "no_cache": True}


def test_the_network_of_another_container_is_that_of_its_service(ansible: Ansible) -> None:
    data = ansible.tasks(
        f"{CONTAINER}: {{name: a, image: web}}", f"{CONTAINER}: {{name: b, image: web, network_mode: 'container:a'}}"
    )
    assert data["services"]["b"]["network_mode"] == "service:a"


def test_a_compose_project_is_included(ansible: Ansible) -> None:
    ansible.write("files/shop/compose.yaml", "services: {shop: {image: shop}}")
    data = ansible.tasks("community.docker.docker_compose_v2: {project_src: /opt/shop}")
    assert data["include"] == ["../ansible/files/shop/compose.yaml"]
    ansible.tasks("community.docker.docker_compose_v2: {project_src: /opt/other}")
    assert "its Compose files are not known here" in ansible.said.err


def test_a_container_that_is_removed_or_described_twice_is_listed(ansible: Ansible) -> None:
    data = ansible.tasks(
        f"{CONTAINER}: {{name: old, state: absent}}",
        f"{CONTAINER}: {{name: web, image: web}}",
        f"{CONTAINER}: {{name: web, image: web}}",
        f"{CONTAINER}: {{name: web, image: other}}",
    )
    assert data["services"]["web"]["image"] == "web"
    err = ansible.said.err
    assert 'site.yml:4 [0].tasks[0].community.docker.docker_container: removes "old"' in err
    assert 'site.yml:7 [0].tasks[3].community.docker.docker_container: the container "web" is described a second' in err
    assert "site.yml:6" not in err
