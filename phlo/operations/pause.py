"""Wait for a while, or until the user says to go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost, pause
from phlo.operations.fields import injected
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """seconds: how long; not waited for in check mode.
    minutes: the same in minutes.
    prompt: what to ask; the answer is `user_input`. Without a terminal nobody is asked.
    """

    seconds: float = 0.0
    minutes: float = 0.0
    prompt: str = ""
    ask: Callable[[str], str] | None = injected("ask")


def observe(args: Args, host: ReadHost) -> None:
    """Nothing on the host is looked at."""


def decide(args: Args, seen: None) -> list[Change]:
    what = f"{args.seconds + args.minutes * 60:g} s" if args.seconds or args.minutes else "until the user goes on"
    return [Change(at=f"pause:{what}", verb="wait", causes=("asked for",), is_counted=False)]


def apply(change: Change, args: Args, seen: None, host: Host) -> dict[str, Any]:
    """Wait, but not longer than until the user asks to stop."""
    answer = ""
    if args.ask is not None and (args.prompt or not (args.seconds or args.minutes)):
        answer = args.ask(args.prompt or "Press Enter to go on")
    pause(host, args.seconds + args.minutes * 60)
    return {"user_input": answer}
