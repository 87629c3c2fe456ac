"""From a resolved project to ordered steps, without asking any host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.plan.graph import Plan, ordered

if TYPE_CHECKING:
    from phlo.plan.lifecycle import build_down, build_power
    from phlo.plan.options import Options
    from phlo.plan.up import build

__all__ = ["Options", "Plan", "build", "build_down", "build_power", "ordered"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for: `build` brings every operation along.
    import importlib

    modules = {"Options": "options", "build": "up", "build_down": "lifecycle", "build_power": "lifecycle"}
    if name in modules:
        return getattr(importlib.import_module(f"phlo.plan.{modules[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
