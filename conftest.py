"""How `pytest -n 2` shares out the tests of this repository: see tests/support/schedule.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.support.schedule import ByUnit


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    from tests.support.schedule import in_order

    in_order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByUnit | None:
    from tests.support.schedule import ByUnit

    return ByUnit(config, log) if config.option.dist == "load" else None
