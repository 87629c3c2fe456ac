"""Parts of a service, merged by phlo.yaml's rules and by Compose's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from phlo.compose import ComposeService, Part, parse_parts
from phlo.compose.model import EnvFile, Mount, Port
from phlo.compose.part import Rules
from phlo.config.containers import without_replaced
from phlo.errors import ConfigError
from phlo.yaml_source import CoreLoader, parse_yaml

ROLE, PROJECT = Path("/role"), Path("/project")


def merged(base: Mapping[str, Any], *over: Mapping[str, Any], rules: Rules = Rules.OVERRIDE, **given: Any) -> Any:
    parts = [Part(attributes=base, layer="service.yaml", root=ROLE, rules=rules)]
    parts += [Part(attributes=one, layer="phlo.yaml", root=PROJECT, label="phlo.yaml", rules=rules) for one in over]
    return parse_parts(parts, lookup={"D": "./data", "IP": "127.0.0.1"}.get, **given).service


def composed(*texts: str) -> ComposeService:
    """The service of Compose files, merged as Compose does."""
    parts = []
    for index, text in enumerate(texts):
        document = parse_yaml(text, label=f"{index}.yaml", loader=CoreLoader)
        root = Path(f"/{index}")
        parts.append(Part(attributes=document.data, layer="x", root=root, document=document, rules=Rules.COMPOSE))
    return parse_parts(parts, lookup={"D": "./data", "IP": "127.0.0.1"}.get).service


@pytest.mark.parametrize(
    ("attribute", "base", "override", "alone"),
    [
        ("user", "1000", "0", "0"),
        ("cap_drop", ["ALL"], ["NET_RAW"], ["NET_RAW"]),
        ("ports", ["1:1"], [], []),
        ("ports", ["1:1"], None, ["1:1"]),
        ("ports", ["1:1", "2:2"], ["3:1"], ["3:1"]),
        ("command", ["a"], None, None),
        ("command", ["a"], "b c", ["b", "c"]),
        ("environment", {"A": "1"}, {"A": None}, {"A": None}),
        ("environment", ["A=1", "B"], ["B=2"], {"A": "1", "B": "2"}),
        ("environment", None, {"A": "1"}, {"A": "1"}),
        ("labels", ["a=1", "b=2"], {"b": "3"}, {"a": "1", "b": "3"}),
        ("sysctls", ["net.core.somaxconn=1"], {"net.b": 2}, {"net.core.somaxconn": "1", "net.b": "2"}),
        ("depends_on", {"a": {}}, {"b": {"condition": "service_started"}}, {"b": {"condition": "service_started"}}),
        ("depends_on", {"a": {}}, ["b"], ["b"]),
        (
            "deploy",
            {"resources": {"limits": {"memory": "1g", "cpus": "1"}}},
            {"resources": {"limits": {"memory": "2g"}}},
            {"resources": {"limits": {"memory": "2g", "cpus": "1"}}},
        ),
        (
            "healthcheck",
            {"test": ["CMD", "true"], "interval": "10s"},
            {"interval": "2s", "timeout": None},
            {"test": ["CMD", "true"], "interval": "2s"},
        ),
        (
            "logging",
            {"driver": "json-file", "options": {"max-size": "1m"}},
            {"options": {"max-file": "2"}},
            {"driver": "json-file", "options": {"max-size": "1m", "max-file": "2"}},
        ),
        (
            "logging",
            {"driver": "json-file", "options": {"max-size": "1m"}},
            {"driver": "syslog"},
            {"driver": "syslog"},
        ),
        ("build", {"context": "/r", "args": {"A": "1"}}, {"args": {"A": "2"}}, {"context": "/r", "args": {"A": "2"}}),
        ("build", {"context": "/role", "dockerfile": "X"}, {"context": "/mine"}, {"context": "/mine"}),
        ("networks", {"a": {"aliases": ["x"]}}, {"b": None}, {"a": {"aliases": ["x"]}, "b": None}),
        ("networks", ["a"], ["b"], ["b"]),
        ("tmpfs", ["/a"], "/b", "/b"),
        ("volumes", ["a:/x:ro"], [{"type": "volume", "source": "b", "target": "/x"}], ["b:/x"]),
        ("volumes", None, ["/anonymous"], ["/anonymous"]),
        ("extra_hosts", ["a=10.0.0.1"], {"b": "10.0.0.2"}, ["a=10.0.0.1", "b=10.0.0.2"]),
        ("volumes", ["data:/data", "c:/c"], ["./d:/data/"], ["/project/d:/data", "c:/c"]),
    ],
)
def test_phlo_yaml_changes_a_role_by_the_rule_of_the_attribute(
    attribute: str, base: Any, override: Any, alone: Any
) -> None:
    assert merged({attribute: base}, {attribute: override}) == merged({attribute: alone})


@pytest.mark.parametrize(
    ("first", "second", "alone"),
    [
        ("ports: ['80:80']", "ports: ['80:80', '81:81']", "ports: ['80:80', '81:81']"),
        ("ports: ['127.0.0.1:80:80']", "ports: ['${IP}:80:80']", "ports: ['127.0.0.1:80:80']"),
        ("ports: ['80:80']", "ports: [{target: 80, published: '80'}]", "ports: ['80:80']"),
        ("ports: ['80:80']", "ports: !override ['81:80']", "ports: ['81:80']"),
        ("ports: ['80:80']", "ports: !reset []", "tty: false"),
        ("environment: {A: 1, B: 2}", "environment: {A: !reset null}", "environment: {B: 2}"),
        ("environment: [A=1, B=2]", "environment: {B: 3}", "environment: {A: 1, B: 3}"),
        ("volumes: ['/d:/srv/app/']", "volumes: ['/e:/srv/app']", "volumes: ['/e:/srv/app']"),
        ("volumes: ['/a:/x']", "volumes: ['${D:-./data}:/x']", "volumes: ['/1/data:/x']"),
        ("dns: 1.1.1.1", "dns: [8.8.8.8]", "dns: [1.1.1.1, 8.8.8.8]"),
        ("command: a", "command: [b]", "command: [b]"),
        ("healthcheck: {test: [CMD, a]}", "healthcheck: {test: [CMD, b]}", "healthcheck: {test: [CMD, b]}"),
        ("cap_add: [SYS_ADMIN]", "cap_add: [NET_ADMIN]", "cap_add: [SYS_ADMIN, NET_ADMIN]"),
        ("secrets: [{source: a, target: t}]", "secrets: [{source: b, target: t}]", "secrets: [{source: b, target: t}]"),
        ("secrets: [a]", "secrets: [b]", "secrets: [a, b]"),
        ("devices: ['/dev/a:/dev/x']", "devices: ['/dev/b:/dev/x:r']", "devices: ['/dev/b:/dev/x:r']"),
        ("depends_on: [a]", "depends_on: {b: {condition: service_healthy}}",
         "depends_on: {a: {condition: service_started}, b: {condition: service_healthy}}"),
        ("networks: [a]", "networks: {a: {aliases: [x]}, b: null}", "networks: {a: {aliases: [x]}, b: {}}"),
        ("extra_hosts: ['a=10.0.0.1']", "extra_hosts: ['a=10.0.0.2']", "extra_hosts: ['a=10.0.0.1', 'a=10.0.0.2']"),
        ("build: .", "build: {args: {A: 1}}", "build: {context: /0, args: {A: 1}}"),
    ],
)  # fmt: skip
def test_compose_files_merge_as_compose_merges_them(first: str, second: str, alone: str) -> None:
    assert composed(first, second) == composed(alone)


def test_a_relative_path_starts_at_the_folder_of_its_own_file() -> None:
    service = composed("volumes: ['./a:/a']\nenv_file: a.env", "volumes: ['${D:-x}:/b']\nenv_file: [b.env]")

    assert [mount.source for mount in service.volumes] == ["/0/a", "/1/data"]
    assert service.env_file == (EnvFile(path=Path("/0/a.env")), EnvFile(path=Path("/1/b.env")))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("3000:3000", Port(target=3000, published="8080")),
        ("127.0.0.1:3000:3000", Port(target=3000, published="8080", host_ip="127.0.0.1")),
        ("[::1]:3000:3000/udp", Port(target=3000, published="8080", host_ip="::1", protocol="udp")),
        ("3000/udp", Port(target=3000, published="8080", protocol="udp")),
        (3000, Port(target=3000, published="8080")),
        ("${IP}::3000", Port(target=3000, published="8080", host_ip="127.0.0.1")),
        (
            {"target": 80, "published": "3000", "host_ip": "${IP}"},
            Port(target=80, published="8080", host_ip="127.0.0.1"),
        ),
    ],
)
def test_port_moves_the_host_side_of_the_first_published_port(entry: Any, expected: Port) -> None:
    assert merged({"ports": [entry, "1:1"]}, {}, port=8080).ports == (expected, Port(target=1, published="1"))


def test_port_moves_a_range_as_a_whole() -> None:
    ports = merged({"ports": ["3000-3002:4000-4002", "1:1"]}, {}, port="8080").ports

    assert [(port.published, port.target) for port in ports] == [
        ("8080", 4000), ("8081", 4001), ("8082", 4002), ("1", 1)
    ]  # fmt: skip


def test_port_moves_a_port_that_the_same_override_gives() -> None:
    assert merged({"ports": ["1:1"]}, {"ports": ["2:2"]}, port="8080").ports == (Port(target=2, published="8080"),)


@pytest.mark.parametrize("port", [0, 65536, "x", "-1", ""])
def test_a_port_out_of_range_is_an_error(port: object) -> None:
    with pytest.raises(ConfigError, match=r"phlo\.yaml port: should be a port from 1 to 65535"):
        merged({"ports": ["1:1"]}, {}, port=port)


def test_a_range_that_would_leave_the_ports_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"beyond port 65535\. Write a number up to 65533"):
        merged({"ports": ["1-3:1-3"]}, {}, port=65534)


def test_port_without_a_published_port_is_an_error() -> None:
    with pytest.raises(ConfigError, match="publishes no port"):
        merged({}, {}, port=8080)


def test_every_value_has_the_position_where_it_was_written() -> None:
    role = parse_yaml(
        "image: a\ncompose:\n  environment:\n    - A=1\n    - B=2\n  ports: ['1:1', '2:2']\n  volumes: ['a:/a']\n",
        label="service.yaml",
    )
    mine = parse_yaml("environment:\n  B: 3\nport: 8080\nvolumes:\n  - b:/b\n  - c:/a\n", label="phlo.yaml")
    attributes = {key: value for key, value in mine.data.items() if key != "port"}
    parts = [
        Part(
            attributes={**role.data["compose"], "image": "a"},
            layer="service.yaml",
            root=ROLE,
            document=role,
            bases=(("compose",), ()),
        ),
        Part(attributes=attributes, layer="phlo.yaml", root=PROJECT, document=mine),
    ]
    found = parse_parts(parts, lookup=lambda name: None, port=8080).merged
    places = {
        ("image",): "service.yaml:1 image",
        ("environment", "A"): "service.yaml:4 compose.environment[0]",
        ("environment", "B"): "phlo.yaml:2 environment.B",
        ("ports", 0): "phlo.yaml:3 port",
        ("ports", 1): "service.yaml:6 compose.ports[1]",
        ("volumes", 0): "phlo.yaml:6 volumes[1]",
        ("volumes", 1): "phlo.yaml:5 volumes[0]",
    }
    assert {keys: found.where(*keys) for keys in places} == places
    assert str(found.sources()["environment.B"]) == "phlo.yaml:2"
    assert str(found.sources()["ports[0]"]) == "phlo.yaml:3"


def test_two_mounts_with_one_path_are_an_error_in_phlo_yaml_and_one_mount_to_compose() -> None:
    assert composed("volumes: ['a:/x', 'b:/x']").volumes == (Mount(type="volume", source="b", target="/x"),)
    with pytest.raises(ConfigError, match="two mounts have the path /x"):
        merged({"volumes": ["a:/x", "b:/x"]})


def test_what_is_replaced_needs_no_value_any_more() -> None:
    base = {
        "image": "${IMAGE:?}",
        "environment": {"A": "${A:?}", "B": "1"},
        "volumes": ["a:/a"],
        "healthcheck": {"test": "x", "interval": "${I:?}"},
        "depends_on": {"db": {}},
        "command": "${C:?}",
    }
    override = {
        "image": "mine",
        "environment": ["A=1"],
        "volumes": ["b:/a"],
        "healthcheck": {"interval": "1s"},
        "depends_on": ["x"],
        "command": None,
    }
    assert without_replaced(base, override) == {
        "environment": {"B": "1"},
        "volumes": ["a:/a"],
        "healthcheck": {"test": "x"},
        "command": "${C:?}",
    }
