from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from phlo.config.merge import Part, merge_service, volume_target, without_replaced
from phlo.config.ports import moved_port
from phlo.errors import ConfigError
from phlo.values import Secret
from phlo.yaml_source import parse_yaml


def merged(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    parts = [Part(attributes=base, layer="service.yaml"), Part(attributes=override, layer="phlo.yaml")]
    return merge_service(parts).attributes


def test_service_override_merge() -> None:
    base = {
        "image": "app:1",
        "ports": ["3000:3000", "9000:9000"],
        "environment": {"KEEP": "1", "CHANGE": "old"},
        "volumes": ["data:/data", "cache:/cache"],
        "depends_on": {"db": {"condition": "service_healthy"}},
        "command": ["serve"],
        "healthcheck": {"test": ["CMD", "true"], "interval": "10s"},
        "labels": ["a=1", "b=2"],
    }
    override = {
        "ports": ["3005:3000"],
        "environment": ["CHANGE=new", "ADD=x"],
        "volumes": ["./data:/data/", "./more:/more"],
        "depends_on": ["query"],
        "command": "serve --fast",
        "healthcheck": {"interval": "2s"},
        "labels": {"b": "3"},
    }
    assert merged(base, override) == {
        "image": "app:1",
        "ports": ["3005:3000"],
        "environment": {"KEEP": "1", "CHANGE": "new", "ADD": "x"},
        "volumes": ["./data:/data/", "cache:/cache", "./more:/more"],
        "depends_on": ["query"],
        "command": "serve --fast",
        "healthcheck": {"test": ["CMD", "true"], "interval": "2s"},
        "labels": {"a": "1", "b": "3"},
    }


@pytest.mark.parametrize(
    ("attribute", "base", "override", "expected"),
    [
        ("user", "1000", "0", "0"),
        ("cap_drop", ["ALL"], ["NET_RAW"], ["NET_RAW"]),
        ("ports", ["1:1"], [], []),
        ("ports", ["1:1"], None, ["1:1"]),
        ("command", ["a"], None, None),
        ("environment", {"A": "1"}, {"A": None}, {"A": None}),
        ("environment", ["A=1", "B"], ["B=2"], {"A": "1", "B": "2"}),
        ("environment", None, {"A": "1"}, {"A": "1"}),
        ("sysctls", ["net.a=1"], {"net.b": 2}, {"net.a": "1", "net.b": 2}),
        ("depends_on", {"a": {}}, {"b": {"condition": "service_started"}}, {"b": {"condition": "service_started"}}),
        (
            "deploy",
            {"resources": {"limits": {"memory": "1g", "cpus": "1"}}},
            {"resources": {"limits": {"memory": "2g"}}},
            {"resources": {"limits": {"memory": "2g", "cpus": "1"}}},
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
        (
            "build",
            {"context": "/role", "args": {"A": "1"}},
            {"args": {"A": "2"}},
            {"context": "/role", "args": {"A": "2"}},
        ),
        ("build", {"context": "/role", "dockerfile": "X"}, {"context": "/mine"}, {"context": "/mine"}),
        ("networks", ["a"], {"b": None}, {"b": None}),
        ("networks", {"a": {"aliases": ["x"]}}, {"b": None}, {"a": {"aliases": ["x"]}, "b": None}),
        ("tmpfs", ["/a"], "/b", "/b"),
        (
            "volumes",
            ["a:/x:ro"],
            [{"type": "volume", "source": "b", "target": "/x"}],
            [{"type": "volume", "source": "b", "target": "/x"}],
        ),
        ("volumes", None, ["/anonymous"], ["/anonymous"]),
    ],
)
def test_an_attribute_merges_by_its_rule(attribute: str, base: Any, override: Any, expected: Any) -> None:
    assert merged({attribute: base}, {attribute: override})[attribute] == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("3000:3000", "8080:3000"),
        ("127.0.0.1:3000:3000", "127.0.0.1:8080:3000"),
        ("[::1]:3000:3000/udp", "[::1]:8080:3000/udp"),
        ("3000/udp", "8080:3000/udp"),
        (3000, "8080:3000"),
        ("127.0.0.1::3000", "127.0.0.1:8080:3000"),
        ("3000-3002:4000-4002", "8080-8082:4000-4002"),
        (
            {"target": 80, "published": "3000", "host_ip": "127.0.0.1"},
            {"target": 80, "published": "8080", "host_ip": "127.0.0.1"},
        ),
    ],
)
def test_port_moves_the_host_side_of_the_first_published_port(entry: Any, expected: Any) -> None:
    assert merged({"ports": [entry, "1:1"]}, {"port": 8080})["ports"] == [expected, "1:1"]


def test_port_moves_a_port_that_the_same_override_gives() -> None:
    assert merged({"ports": ["1:1"]}, {"ports": ["2:2"], "port": "8080"})["ports"] == ["8080:2"]


@pytest.mark.parametrize("port", [0, 65536, "x", "-1", ""])
def test_a_port_out_of_range_is_an_error(port: object) -> None:
    with pytest.raises(ConfigError, match=r"phlo\.yaml:1: should be a port from 1 to 65535"):
        moved_port("1:1", port, where="phlo.yaml:1")


def test_a_range_that_would_leave_the_ports_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"beyond port 65535\. Write a number up to 65533"):
        moved_port("1-3:1-3", 65534, where="")


def test_port_without_a_published_port_is_an_error() -> None:
    with pytest.raises(ConfigError, match="publishes no port"):
        merged({}, {"port": 8080})


def test_every_value_knows_where_it_was_written() -> None:
    role = parse_yaml(
        "image: a\ncompose:\n  environment:\n    - A=1\n    - B=2\n  ports: ['1:1', '2:2']\n  volumes: ['a:/a']\n",
        label="service.yaml",
    )
    mine = parse_yaml("environment:\n  B: 3\nport: 8080\nvolumes:\n  - b:/b\n  - c:/a\n", label="phlo.yaml")
    found = merge_service(
        [
            Part(
                attributes={**role.data["compose"], "image": "a"},
                layer="service.yaml",
                document=role,
                bases=(("compose",), ()),
            ),
            Part(attributes=mine.data, layer="phlo.yaml", document=mine),
        ]
    )
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


def test_a_pair_made_of_a_secret_keeps_its_value_hidden() -> None:
    assert merged({"environment": [Secret("A=hunter22")]}, {})["environment"] == {"A": Secret("hunter22")}


def test_an_environment_entry_that_is_no_text_is_an_error() -> None:
    with pytest.raises(ConfigError, match="should be NAME=value"):
        merged({"environment": [1]}, {})


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


@pytest.mark.parametrize(
    ("volume", "target"),
    [("/data", "/data"), ("a:/data", "/data"), ("a:/data:ro", "/data"), ("a:/data/", "/data"), ("a:/", "/"), (5, None)],
)
def test_the_target_of_a_volume_is_its_path_in_the_container(volume: object, target: str | None) -> None:
    assert volume_target(volume) == target
