"""A headless browser for tests that look at a service's pages: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from phlo.child_environment import child_environment
from phlo.errors import OperationError

if TYPE_CHECKING:
    from playwright.sync_api import Page

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_PACKAGE = "chromium"
_NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"
_ATTEMPTS = 20

T = TypeVar("T")


@contextmanager
def open_page(*, timeout_seconds: float = 120) -> Iterator[Page]:
    """A page of a browser of its own. timeout_seconds: how long each step of the test may wait."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root, and a small /dev/shm makes pages crash.
        arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=str(chromium()), args=arguments, timeout=120_000)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(timeout_seconds * 1000)
            page.goto = patient(page.goto)  # type: ignore[method-assign]
            yield page
        finally:
            browser.close()


def patient(goto: Callable[..., T]) -> Callable[..., T]:
    """`goto` that asks again when the browser gave a page up because the machine's networks changed.

    They do whenever a container starts or stops, which has nothing to do with the page.
    """
    from playwright.sync_api import Error

    def again(*arguments: Any, **options: Any) -> T:
        for _ in range(_ATTEMPTS):
            try:
                return goto(*arguments, **options)
            except Error as error:
                if _NETWORK_CHANGED not in error.message:
                    raise
        return goto(*arguments, **options)

    return again


def chromium() -> Path:
    """The browser's program; installed from Debian's packages where it is missing and this user may install it.

    Raises OperationError that says how to install it.
    """
    if found := _find():
        return found
    fix = f"Install it: apt-get install {_PACKAGE}."
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise OperationError("there is no Chromium to look at pages with", where="browser tests", fix=fix)
    environ = child_environment(more={"DEBIAN_FRONTEND": "noninteractive"})
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", _PACKAGE]):
        ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if ended.returncode:
            detail = (ended.stdout + ended.stderr).splitlines()[-10:]
            raise OperationError(f"`{' '.join(command)}` failed", where="browser tests", fix=fix, detail=detail)
    found = _find()
    if found is None:
        raise OperationError(f"the package {_PACKAGE} contains no browser", where="browser tests", fix=fix)
    return found


def _find() -> Path | None:
    paths = (shutil.which(name) for name in _PROGRAMS)
    return next((Path(path) for path in paths if path), None)
