"""Where a service answers in a browser."""

from __future__ import annotations

import pytest

from phlo.report.pages import Page, reached_by


@pytest.mark.parametrize(
    ("address", "engine", "given", "expected"),
    [
        ("127.0.0.1", "unix:///var/run/docker.sock", None, "127.0.0.1"),
        ("", "unix:///var/run/docker.sock", None, "localhost"),
        ("0.0.0.0", "unix:///var/run/docker.sock", "lake.example", "lake.example"),
        ("10.1.2.3", "unix:///var/run/docker.sock", None, "10.1.2.3"),
        ("", "ssh://me@data-1:22", None, "data-1"),
        ("", "ssh://me@data-1:22", "10.0.0.4", "10.0.0.4"),
        ("127.0.0.1", "ssh://me@data-1", "10.0.0.4", None),
        ("::1", "tcp://data-1:2376", None, None),
        ("127.0.0.1", "tcp://localhost:2375", None, "127.0.0.1"),
    ],
)
def test_a_port_is_reached_by_what_it_is_bound_to_and_where_its_engine_is(
    address: str, engine: str, given: str | None, expected: str | None
) -> None:
    assert reached_by(address, engine=engine, given=given) == expected


@pytest.mark.parametrize(
    ("name", "scheme", "path", "expected"),
    [
        ("localhost", "https", "/ui/", "https://localhost:8443/ui/"),
        ("fd00::7", "http", "", "http://[fd00::7]:8443"),
        (None, None, "", "http://127.0.0.1:8443"),
    ],
)
def test_an_address_is_written_as_browsers_take_it(
    name: str | None, scheme: str | None, path: str, expected: str
) -> None:
    page = Page("web", "local", "Web", 443, 8443, scheme, name, path)
    assert page.url == expected
