"""The local engine, a platform on it, and a browser, for the tests of the app and its pages."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from phlo.hosts.connect import open_engine
from phlo.hosts.host import Host
from phlo.testing.browser import open_page

sys.path.insert(0, str(Path(__file__).parent))

from running_platform import WAIT_TIMEOUT_SECONDS, Platform, running


@pytest.fixture(scope="module")
def engine_host() -> Iterator[Host]:
    with closing(open_engine(None, name="local", environ=os.environ)) as engine:
        yield Host(name="local", engine=engine)


@pytest.fixture(scope="module")
def platform(engine_host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running(engine_host, tmp_path_factory.mktemp("platform")) as platform:
        yield platform


@pytest.fixture
def page() -> Iterator[Any]:
    with open_page(timeout_seconds=WAIT_TIMEOUT_SECONDS) as page:
        yield page
