"""Attacks on phlo that must fail, and hostile input, with the real thing on both sides."""

from __future__ import annotations

import pytest

from tests.integration.conftest import engine, host, project, tiny
from tests.support.beside import BUILD_SECONDS

__all__ = ["engine", "host", "project", "tiny"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "security" in item.path.parts:
            item.add_marker(pytest.mark.security)
        if item.path.name == "test_published_pages.py":
            item.add_marker(pytest.mark.timeout(BUILD_SECONDS))
