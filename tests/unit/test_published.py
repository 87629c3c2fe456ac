from __future__ import annotations

import pytest

from phlo.compose.model import Port
from phlo.hosts.live import LivePort
from phlo.published import Published, merged


@pytest.mark.parametrize(
    ("ports", "texts"),
    [
        ([Published("8080", "80")], ["8080->80"]),
        ([Published("53", "53", "udp")], ["53->53/udp"]),
        ([Published("8080", "80", ip="127.0.0.1")], ["127.0.0.1:8080->80"]),
        ([Published("8080", "80", ip="::1")], ["[::1]:8080->80"]),
        ([Published("", "80")], ["any->80"]),
        ([Published("", "80"), Published("", "81")], ["any->80", "any->81"]),
        ([Published("8000-8010", "80")], ["8000-8010->80"]),
        ([Published("8000-8010", "80"), Published("8011", "81")], ["8000-8010->80", "8011->81"]),
        ([Published("8001", "81"), Published("8000", "80"), Published("8002", "82")], ["8000-8002->80-82"]),
        ([Published("8000", "80"), Published("8001", "81", "udp")], ["8000->80", "8001->81/udp"]),
        ([Published("8000", "80"), Published("8001", "80")], ["8000->80", "8001->80"]),
        ([Published("8000", "80"), Published("8001", "81", ip="::1")], ["8000->80", "[::1]:8001->81"]),
        ([LivePort(published=53, target=53, protocol="udp", ip="::1").text], ["[::1]:53->53/udp"]),
        ([Port(target=53, published="8000-8010", protocol="udp").text], ["8000-8010->53/udp"]),
    ],
)
def test_ports_are_printed_in_one_form(ports: list[Published], texts: list[str]) -> None:
    assert list(map(str, merged(ports))) == texts
