"""The engine calls behind a change, found by making the change in a rehearsal."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from phlo.errors import PhloError
from phlo.frozen import replace
from phlo.hosts.host import Host
from phlo.hosts.rehearsal import Rehearsal
from phlo.operations import Operation
from phlo.operations.hook import AroundStop
from phlo.values import Change

# Operations that change nothing but the engine, once their hooks are left out.
REHEARSED = ("container", "network", "volume", "absent", "power", "restart", "orphans", "rollback")


def with_calls(name: str, module: Operation, change: Change, args: Any, seen: Any, host: Host) -> Change:
    """A change with the engine calls that making it takes, in their order.

    Hooks are programs of the control machine and changes of their own; they are left out. The list ends at a call that
    the answer to another one decides about.
    """
    if name not in REHEARSED or getattr(args, "seed", None) is not None:
        return change
    engine, later = Rehearsal(host.engine), list[Callable[[], None]]()
    rehearsing = replace(
        host,
        engine=engine,
        run_id="RUN",
        on_undo=_ignore,
        on_finish=later.append,
        progress=_ignore,
        is_cancelled=lambda: True,  # so that nothing is waited for
    )
    left_out = {"around_stop": AroundStop(), "needs": None}
    plain = replace(args, **{key: value for key, value in left_out.items() if hasattr(args, key)})
    # What is there may change while the rehearsal reads it, and an answer may be missing that only a real change has.
    with suppress(PhloError, LookupError, TypeError):
        module.apply(change, plain, seen, rehearsing)
        for tidy in later:
            tidy()
    return replace(change, calls=tuple(engine.calls))


def _ignore(what: object) -> None:
    """Nothing is rolled back after a rehearsal, and nobody follows it."""
