"""Going through Observatory's pages with a browser, and looking for what is wrong with them."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import TimeoutError as TooLate

from phlo.hosts.host import Host
from phlo.image_source import BuildRecipe
from phlo.images.base import ensure_base
from phlo.images.base_recipe import DEFAULT_SUITE
from phlo.images.build import build
from phlo.images.registries import Registries

IMAGE = Path(__file__).parents[1] / "image"
PAGES = ("/", "/services", "/graph", "/runs", "/plan", "/plugins", "/hosts", "/data", "/audit", "/settings")
_AXE = "/app/node_modules/axe-core/axe.min.js"
# Containers that come and go take connections with them, which has nothing to do with a page.
_NETWORK_CHANGED = "ERR_NETWORK_CHANGED"
_TRIES = 10
_SIGN_IN_MILLISECONDS = 20_000
_WAIT_TIMEOUT_SECONDS = 120
_LOOK_MILLISECONDS = 2_000


def built(target: str, host: Host) -> str:
    """The tag of a step of the image; all steps up to the service's own are there already where that was built."""
    recipe = BuildRecipe(name=f"phlo/observatory-{target}", context=IMAGE, target=target, base=DEFAULT_SUITE)
    base = ensure_base(DEFAULT_SUITE, host, registries=Registries(), environ=os.environ)
    # A step that fails is an OperationError with the last lines of what failed.
    return build(recipe, host, base=base, environ=os.environ)


def axe_script(host: Host, folder: Path) -> str:
    """The script that defines `axe` in a page, which finds what keeps people out: as it lies where the app is built."""
    container = docker("create", built("build", host)).strip()
    try:
        docker("cp", f"{container}:{_AXE}", str(folder / "axe.min.js"))
    finally:
        docker("rm", container)
    return (folder / "axe.min.js").read_text(encoding="utf-8")


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout


class Visitor:
    """A person with a browser. address: Observatory's. problems: what went wrong since the last look."""

    def __init__(self, page: Any, address: str, axe: str = "") -> None:
        self.page = page
        self.problems: list[str] = []
        self._address = address
        self._axe = axe
        self._network_changed = False
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on("request", self._watch)

    def sign_in(self, token: str, path: str = "/") -> None:
        """Go to a page without a session, sign in, and be there."""
        self.page.goto(f"{self._address}{path}")
        self.page.wait_for_url("**/login*")
        for tries in range(1, _TRIES + 1):
            # Each time: a page whose script came late has emptied the field.
            self.page.locator("input[name=token]").fill(token)
            self.page.get_by_role("button", name="Sign in").click()
            try:
                self.page.wait_for_url(f"{self._address}{path}", wait_until="commit", timeout=_SIGN_IN_MILLISECONDS)
                break
            except TooLate:
                # A connection that was taken away is said on the page, and one tries again.
                if tries == _TRIES:
                    raise
        self.page.locator("#main h1").first.wait_for()

    def open(self, path: str) -> None:
        """Open a page, and wait until it shows what it is about."""
        for _ in range(_TRIES):
            self._network_changed = False
            self.page.goto(f"{self._address}{path}")
            self._wait_for("#main h1", "visible")
            self._wait_for(".loading", "detached")
            if not self._network_changed:
                return

    def _wait_for(self, selector: str, state: Any) -> None:
        """Wait for a part of the page, but not for one that will not come as its script was taken away."""
        deadline = time.monotonic() + _WAIT_TIMEOUT_SECONDS
        while not self._network_changed:
            try:
                self.page.locator(selector).first.wait_for(state=state, timeout=_LOOK_MILLISECONDS)
                return
            except TooLate:
                if time.monotonic() > deadline:
                    raise

    def barriers(self) -> list[str]:
        """What keeps people out of the page that is open, as axe finds it."""
        self.page.evaluate(self._axe)
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert found["passes"], "axe looked at nothing"
        return [
            f"{one['impact']} {one['id']}: {[node['target'] for node in one['nodes']]}" for one in found["violations"]
        ]

    def is_too_wide(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))

    def _note(self, problem: str) -> None:
        if _NETWORK_CHANGED in problem:
            self._network_changed = True
        else:
            self.problems.append(problem)

    def _hear(self, message: Any) -> None:
        if message.type == "error":
            self._note(message.text)

    def _watch(self, request: Any) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.netloc != urlsplit(self._address).netloc:
            self._note(f"asked {request.url}")
