"""Put the host into a group of the inventory of the run, for the plays that follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """key: the name of the group; spaces become dashes.
    parents: groups that the group is in.

    The inventory of the run is not part of any host, so that check mode changes it, too.
    """

    key: str
    parents: tuple[str, ...] = ()
    is_in_group: Callable[[str, list[str]], bool] = injected("is_in_group")

    def __post_init__(self) -> None:
        if not self.key.strip():
            raise ValueError("group_by needs key")


def observe(args: Args, host: ReadHost) -> None:
    """Nothing on the host is looked at."""


def decide(args: Args, seen: None) -> list[Change]:
    return []


def facts(args: Args, seen: None) -> dict[str, Any]:
    """The group that the run puts the host into, and whether the host is not in it yet."""
    group = args.key.replace(" ", "-")
    parents = [name.replace(" ", "-") for name in args.parents]
    change = Change(at=f"group:{group}", verb="add", causes=("for the tasks that follow",), is_counted=False)
    is_new = not args.is_in_group(group, parents)
    return {"add_group": group, "parent_groups": parents or ["all"], "changed": is_new, "changes": [change]}


def apply(change: Change, args: Args, seen: None, host: Host) -> None:
    """There is nothing to change on a host."""
