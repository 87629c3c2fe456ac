"""Hosts, groups and their variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phlo.inventory.hosts import Group, Host, Inventory, Variable
    from phlo.inventory.sources import load

__all__ = ["Group", "Host", "Inventory", "Variable", "load"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("phlo.inventory.sources" if name == "load" else "phlo.inventory.hosts"), name)
