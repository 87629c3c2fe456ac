"""Check that conditions hold, and fail when one does not."""

from __future__ import annotations

from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.command_result import TaskFailedError
from phlo.operations.fields import expressions
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """that: the conditions, as expressions without braces.
    fail_msg: what to say when one does not hold.
    msg: the same as fail_msg.
    success_msg: what to say when all hold.
    quiet: say nothing when all hold.
    """

    that: tuple[Any, ...] = expressions()
    fail_msg: str = ""
    msg: str = ""
    success_msg: str = "All assertions passed"
    quiet: bool = False


def observe(args: Args, host: ReadHost) -> None:
    """Check the conditions; raises OperationError for the first that does not hold."""
    for text, holds in args.that:
        if not holds:
            said = args.fail_msg or args.msg
            facts = {"assertion": text, "evaluated_to": False, "msg": said or "Assertion failed"}
            raise TaskFailedError(said or f"the condition does not hold: {text}", facts=facts)


def decide(args: Args, seen: None) -> list[Change]:
    return []


def facts(args: Args, seen: None) -> dict[str, Any]:
    """What is said when all is well."""
    return {"msg": args.success_msg}


def message(args: Args) -> str:
    """What people see."""
    return "" if args.quiet else args.success_msg


def apply(change: Change, args: Args, seen: None, host: Host) -> None:
    """There is never anything to change."""
