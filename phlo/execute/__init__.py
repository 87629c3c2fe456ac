"""Run a plan on hosts.

run(plan, hosts, emit=..., run_id=...) -> Outcome     (scheduler.py)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phlo.execute.outcome import Outcome, StepResult
    from phlo.execute.scheduler import DEFAULT_FORKS, run
    from phlo.execute.undo_log import Rollback

__all__ = ["DEFAULT_FORKS", "Outcome", "Rollback", "StepResult", "run"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for, so that looking at an outcome does not load what makes one.
    if name in ("Outcome", "StepResult"):
        from phlo.execute import outcome

        return getattr(outcome, name)
    if name == "Rollback":
        from phlo.execute.undo_log import Rollback

        return Rollback
    if name in ("DEFAULT_FORKS", "run"):
        import importlib

        return getattr(importlib.import_module("phlo.execute.scheduler"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
