from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Error

from phlo.testing.browser import patient

CHANGED = "Page.goto: net::ERR_NETWORK_CHANGED at http://127.0.0.1:1/"


def failing(messages: list[str]) -> tuple[list[str], Callable[..., str]]:
    asked: list[str] = []

    def goto(url: str, **options: str) -> str:
        asked.append(f"{url} {options}")
        if messages:
            raise Error(messages.pop(0))
        return "the page"

    return asked, goto


def test_a_page_is_asked_for_again_when_the_networks_changed() -> None:
    asked, goto = failing([CHANGED, CHANGED])

    assert patient(goto)("/x", wait_until="load") == "the page"
    assert asked == ["/x {'wait_until': 'load'}"] * 3


def test_networks_that_never_stop_changing_are_an_error() -> None:
    _, goto = failing([CHANGED] * 100)

    with pytest.raises(Error, match="ERR_NETWORK_CHANGED"):
        patient(goto)("/x")


def test_any_other_error_is_one_at_once() -> None:
    asked, goto = failing(["Page.goto: net::ERR_CONNECTION_REFUSED"])

    with pytest.raises(Error, match="REFUSED"):
        patient(goto)("/x")
    assert len(asked) == 1
