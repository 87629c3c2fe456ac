"""Measures what the Overview costs a browser: `python packages/phlo-observatory/tests/budget.py ADDRESS TOKEN`.

Observatory runs at ADDRESS. The times are of this machine, as busy as it is; the sizes are of any.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from phlo.testing.browser import open_page

MOST_SCRIPT_BYTES = 150_000
IDLE_SECONDS = 60
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


def script_bytes(page: Any, address: str) -> int:
    """The bytes of script that the Overview loads, as they are transferred."""
    responses: list[Any] = []
    page.on("response", lambda one: responses.append(one))
    page.goto(address)
    page.get_by_role("heading", name="Recent runs").wait_for()
    page.wait_for_load_state("load")
    scripts = [one for one in responses if one.request.resource_type == "script"]
    assert scripts, "the page loads no script"
    return sum(one.request.sizes()["responseBodySize"] for one in scripts)


def idle_requests(page: Any, seconds: float) -> int:
    """The requests of a page that is left alone."""
    requests: list[Any] = []
    page.on("request", lambda one: requests.append(one))
    page.wait_for_timeout(seconds * 1000)
    return len(requests)


def main(address: str, token: str) -> None:
    with open_page() as page:
        page.goto(f"{address}/login")
        page.locator("input[name=token]").fill(token)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Recent runs").wait_for()
        context = page.context.browser.new_context(storage_state=page.context.storage_state())
        fresh = context.new_page()  # with an empty cache
        began = time.monotonic()
        size = script_bytes(fresh, address)
        usable = time.monotonic() - began
        first = fresh.evaluate(_PAINTED) / 1000
        fresh.wait_for_timeout(10_000)
        print(f"script                  {size / 1000:.0f} kB (at most {MOST_SCRIPT_BYTES / 1000:.0f} kB)")
        print(f"first content           {first:.1f} s")
        print(f"usable                  {usable:.1f} s")
        print(f"requests a minute, idle {idle_requests(fresh, IDLE_SECONDS)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
