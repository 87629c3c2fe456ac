"""What can run the services of a group of hosts instead of each host's own engine.

An orchestrator is a sub-package of phlo, which is loaded when an inventory names it (`orchestrator: NAME`). The
sub-package has a module for each stage that asks for it, and an operation `OPERATION` of it is called `NAME_OPERATION`:

    placement    where services may run, and what they cannot have there    see phlo.config.cluster_rules
    steps        the steps that bring services up, down, back               see phlo.plan.orchestrator
    operations   what these steps do, a module each
    managers     which host of a group is asked
    verbs        its commands
    words        what reports call its operations, and what its errors mean
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Name of the sub-package -> what users call it.
TITLES = {"swarm": "Swarm"}


def load(orchestrator: str, stage: str) -> Any:
    """The module of an orchestrator for a stage."""
    return import_module(f"phlo.{orchestrator}.{stage}")


def operation_parts(operation: str) -> tuple[str, str]:
    """The orchestrator of an operation ("" when it has none), and the operation's name there."""
    orchestrator, _, own = operation.partition("_")
    return (orchestrator, own) if own and orchestrator in TITLES else ("", operation)
