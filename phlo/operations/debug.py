"""Show a message or the value of an expression."""

from __future__ import annotations

import json
from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import expression, injected, positional
from phlo.values import Change, mask_all

GREETING = "Hello world!"


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """msg: what to show; secrets in it are masked.
    var: an expression whose value is shown.
    verbosity: show it only with so many -v; else the task is skipped.
    """

    msg: Any = positional(GREETING)
    var: Any = expression()
    verbosity: int = 0
    run_verbosity: int = injected("verbosity")

    def __post_init__(self) -> None:
        if self.var is not None and self.msg != GREETING:
            raise ValueError("msg and var exclude each other")

    @property
    def is_shown(self) -> bool:
        return self.verbosity <= self.run_verbosity


def observe(args: Args, host: ReadHost) -> None:
    """Nothing on the host is looked at."""


def decide(args: Args, seen: None) -> list[Change]:
    return []


def facts(args: Args, seen: None) -> dict[str, Any]:
    """The message, or the value under its expression, of the type that it has."""
    if not args.is_shown:
        return {"skipped": True, "skip_reason": f"it is shown with -{'v' * args.verbosity}"}
    if args.var is not None:
        text, value = args.var
        return {text: value}
    return {"msg": args.msg}


def message(args: Args) -> str:
    """What people see."""
    if not args.is_shown:
        return ""
    if args.var is not None:
        text, value = args.var
        return f"{text}: {_shown(value)}"
    return _shown(args.msg)


def apply(change: Change, args: Args, seen: None, host: Host) -> None:
    """There is never anything to change."""


def _shown(value: Any) -> str:
    masked = mask_all(value)
    return masked if isinstance(masked, str) else json.dumps(masked, indent=2, ensure_ascii=False, default=str)
