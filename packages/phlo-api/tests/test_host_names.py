"""No page reads what the API answers by giving a name of its own this machine's address."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from phlo_api.server.host_names import HostNames
from starlette.responses import PlainTextResponse

ALLOWED = "lake.example.com, .pages.example.com"


def status(host: str) -> int:
    async def ask() -> int:
        transport = httpx.ASGITransport(app=HostNames(PlainTextResponse("here"), ALLOWED))
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.get("http://localhost/", headers={"Host": host})).status_code

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "localhost:4000", "api.localhost", "phlo-api", "lake-phlo-api-1:4000", "10.1.2.3", "[::1]:4000",
        "lake.example.com", "LAKE.example.com:443", "api.pages.example.com",
    ],
)  # fmt: skip
def test_its_own_names_are_accepted(host: str) -> None:
    assert status(host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.lake.example.com",
        "pages.example.com", "evilpages.example.com",
    ],
)  # fmt: skip
def test_any_other_name_is_refused(host: str) -> None:
    assert status(host) == 421
