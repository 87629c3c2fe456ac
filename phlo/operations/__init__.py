"""Idempotent operations: each a module with `Args`, `observe`, `decide` and `apply`.

    observe(args, host: ReadHost) -> Seen                 reads only
    decide(args, seen) -> list[Change]                    pure; nothing to do is []
    apply(change, args, seen, host: Host) -> None         makes one change; harmless when repeated

One law holds for all: observe, decide, apply, observe, decide -> [].
"""

from __future__ import annotations

import importlib
from typing import Any, Protocol

from phlo.errors import PlanError, did_you_mean
from phlo.hosts.host import Host, ReadHost
from phlo.values import Change

BUILT_IN = ("image", "network", "volume", "container", "file", "wait", "hook", "power", "absent", "orphans", "rollback")


class Operation(Protocol):
    """What a module of this package offers."""

    def observe(self, args: Any, host: ReadHost) -> Any: ...

    def decide(self, args: Any, seen: Any) -> list[Change]: ...

    def apply(self, change: Change, args: Any, seen: Any, host: Host) -> None: ...


def operation(name: str) -> Operation:
    """The operation called `name`; its module is imported when it is first asked for."""
    if name not in BUILT_IN:
        raise PlanError(f'there is no operation "{name}"', fix=did_you_mean(name, BUILT_IN))
    module: Any = importlib.import_module(f"phlo.operations.{name}")
    found: Operation = module
    return found
