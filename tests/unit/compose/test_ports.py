from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from phlo.compose.model import ComposeService, Port

Parse = Callable[..., ComposeService]
ErrorsOf = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("3000", [Port(target=3000)]),
        (3000, [Port(target=3000)]),
        ("8080:80", [Port(target=80, published="8080")]),
        ("53:53/udp", [Port(target=53, published="53", protocol="udp")]),
        ("7:7/SCTP", [Port(target=7, published="7", protocol="sctp")]),
        ("127.0.0.1:8080:80", [Port(target=80, published="8080", host_ip="127.0.0.1")]),
        ("127.0.0.1::80", [Port(target=80, host_ip="127.0.0.1")]),
        ("[::1]:8080:80", [Port(target=80, published="8080", host_ip="::1")]),
        ("::1:8080:80", [Port(target=80, published="8080", host_ip="::1")]),
        ("0:80", [Port(target=80)]),
        (":80", [Port(target=80)]),
        ("8000-8010:80", [Port(target=80, published="8000-8010")]),
        ("8000-8001:80-81", [Port(target=80, published="8000"), Port(target=81, published="8001")]),
        ("80-81", [Port(target=80), Port(target=81)]),
        ({"target": 80}, [Port(target=80)]),
        ({"target": "80", "published": 8080, "mode": "host"}, [Port(target=80, published="8080", mode="host")]),
        (
            {"target": 80, "published": "8080-8090", "host_ip": "127.0.0.1", "protocol": "udp", "name": "web"},
            [Port(target=80, published="8080-8090", host_ip="127.0.0.1", protocol="udp", name="web")],
        ),
        ({"target": 80, "published": "", "app_protocol": "http"}, [Port(target=80, app_protocol="http")]),
    ],
)
def test_a_port_is_read_in_every_form(parse: Parse, written: Any, read: list[Port]) -> None:
    assert list(parse(ports=[written]).ports) == read


@pytest.mark.parametrize(
    ("written", "error"),
    [
        ("80a", 'should be HOST:CONTAINER, got "80a". Write a port from 1 to 65535, e.g. "3005:3000".'),
        ("70000:80", 'port 70000 is out of range in "70000:80". Write a port from 1 to 65535, e.g. "3005:3000".'),
        ("80:0", 'port 0 is out of range in "80:0". Write a port from 1 to 65535, e.g. "3005:3000".'),
        (
            180022,
            'should be HOST:CONTAINER, got "180022". Put it in quotes: YAML reads 8080:22 as a number to base 60.',
        ),
        ("80:80/tpc", 'should be one of tcp, udp, sctp, got "tpc". Did you mean "tcp"?'),
        (
            "a.b:80:80",
            'should be an IP address before the host port, got "a.b". For example "127.0.0.1:3005:3000".',
        ),
        (
            "80-82:90-91",
            "2 container ports cannot be published on 3 host ports. Make both ranges equally long.",
        ),
        ("80:90-91", "2 container ports cannot be published on 1 host ports. Make both ranges equally long."),
        ("9-8", 'should be a range from low to high, got "9-8".'),
        (True, "should be a text, got true. Put it in quotes."),
        ({"published": 80}, '"target" is missing.'),
    ],
)
def test_a_wrong_port_names_its_line_and_what_to_write(errors_of: ErrorsOf, written: Any, error: str) -> None:
    assert errors_of(ports=["1000", written]) == [f"phlo.yaml:7 services.web.ports[1]: {error}"]


def test_a_wrong_key_of_the_long_form_names_the_nearest(errors_of: ErrorsOf) -> None:
    assert errors_of(ports=[{"target": 80, "publishd": 90}]) == [
        'phlo.yaml:7 services.web.ports[0].publishd: "publishd" is not known here. Did you mean "published"?'
    ]


def test_ports_that_are_no_list_are_an_error(errors_of: ErrorsOf) -> None:
    assert errors_of(ports="80:80") == [
        'phlo.yaml:7 services.web.ports: should be a list, e.g. ["3005:3000"], got "80:80".'
    ]


def test_the_same_port_twice_is_one(parse: Parse) -> None:
    assert parse(ports=["80:80", {"target": 80, "published": 80}]).ports == (Port(target=80, published="80"),)


def test_one_host_port_for_two_container_ports_is_an_error(errors_of: ErrorsOf) -> None:
    assert errors_of(ports=["80:80", "80:90"]) == [
        (
            "phlo.yaml:7 services.web.ports[1]: host port 80 is published twice, for 80 and 90. "
            "Give one of them another host port."
        )
    ]


def test_one_host_port_for_two_protocols_is_fine(parse: Parse) -> None:
    assert len(parse(ports=["53:53/tcp", "53:53/udp", "127.0.0.1:54:53"]).ports) == 3


def test_exposed_ports_get_their_protocol(parse: Parse) -> None:
    assert parse(expose=[80, "90-91/udp", "80/tcp"]).expose == ("80/tcp", "90/udp", "91/udp")


@pytest.mark.parametrize("written", ["80:80", "a", "0", "80/http"])
def test_a_wrong_exposed_port_is_an_error(errors_of: ErrorsOf, written: str) -> None:
    assert errors_of(expose=[written])[0].startswith("phlo.yaml:7 services.web.expose[0]: ")
