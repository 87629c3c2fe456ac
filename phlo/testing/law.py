"""The law that every operation obeys: once applied, there is nothing left to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from phlo.frozen import replace
from phlo.hosts.host import Host
from phlo.operations import Operation, operation
from phlo.values import Change


def converge(what: str | Operation, args: Any, host: Host) -> tuple[Change, ...]:
    """Observe, decide, apply and tidy up once, as a run does whose gates all pass; the changes that were made.

    what: an operation's module, or the name of one of phlo's own.
    """
    module = _module(what)
    finish: list[Callable[[], None]] = []
    seen = module.observe(args, host.reader())
    changes = tuple(module.decide(args, seen))
    for change in changes:
        module.apply(change, args, seen, replace(host, on_finish=finish.append))
    for call in finish:
        call()
    return changes


def assert_converges(what: str | Operation, args: Any, host: Host) -> tuple[Change, ...]:
    """Apply the operation, then demand that a second look finds nothing to do. Returns the changes of the first."""
    changes = converge(what, args, host)
    module = _module(what)
    left = module.decide(args, module.observe(args, host.reader()))
    assert left == [], f"it did not converge; left to do: {left}"
    return changes


def _module(what: str | Operation) -> Operation:
    return operation(what) if isinstance(what, str) else what
