"""The inventories that the repository brings along can be loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo import inventory

SHIPPED = sorted((Path(__file__).resolve().parents[3] / "inventories").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_inventory_has_hosts(path: Path) -> None:
    assert inventory.load([path], root=path.parent).hosts
