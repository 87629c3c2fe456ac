"""The local engine, for the tests of the app and its pages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing

import pytest

from phlo.hosts.connect import open_engine
from phlo.hosts.host import Host


@pytest.fixture(scope="module")
def engine_host() -> Iterator[Host]:
    with closing(open_engine(None, name="local", environ=os.environ)) as engine:
        yield Host(name="local", engine=engine)
