"""Add a host to the inventory of the run, for the plays that follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected, passthrough
from phlo.values import Change

_NAMES = ("name", "hostname", "host")
_GROUPS = ("groups", "group", "groupname")


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """variables: `name` of the host, `groups` as a list or a text with commas, and variables of the host.

    The inventory of the run is not part of any host, so that check mode adds the host, too.
    """

    variables: Mapping[str, Any] = passthrough()
    has_host: Callable[[str, list[str], Mapping[str, Any]], bool] = injected("has_host")

    def __post_init__(self) -> None:
        if not any(self.variables.get(name) for name in _NAMES):
            raise ValueError("add_host needs name")

    @property
    def host(self) -> str:
        return str(next(self.variables[name] for name in _NAMES if self.variables.get(name)))

    @property
    def groups(self) -> list[str]:
        given: Any = next((self.variables[name] for name in _GROUPS if self.variables.get(name)), [])
        parts = given.split(",") if isinstance(given, str) else given
        return [str(part).strip() for part in parts if str(part).strip()]

    @property
    def host_variables(self) -> dict[str, Any]:
        return {name: value for name, value in self.variables.items() if name not in (*_NAMES, *_GROUPS)}


def observe(args: Args, host: ReadHost) -> None:
    """Nothing on the host is looked at."""


def decide(args: Args, seen: None) -> list[Change]:
    return []


def facts(args: Args, seen: None) -> dict[str, Any]:
    """The host that the run takes into its inventory, and whether it, one of its groups or a variable is new."""
    is_new = not args.has_host(args.host, args.groups, args.host_variables)
    added = {"host_name": args.host, "groups": args.groups, "host_vars": args.host_variables}
    change = Change(at=f"host:{args.host}", verb="add", causes=("for the plays that follow",), is_counted=False)
    return {"add_host": added, "changed": is_new, "changes": [change]}


def apply(change: Change, args: Args, seen: None, host: Host) -> None:
    """There is nothing to change on a host."""
