"""Set variables of the host for the tasks that follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import passthrough
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """variables: any names, each with its value; with `cacheable: true` they are in `ansible_facts`, too."""

    variables: Mapping[str, Any] = passthrough()

    def __post_init__(self) -> None:
        if not set(self.variables) - {"cacheable"}:
            raise ValueError("there is no variable to set")
        for name in self.variables:
            if not str(name).isidentifier():
                raise ValueError(f'"{name}" is not a variable\'s name: use letters, digits and _')


def observe(args: Args, host: ReadHost) -> None:
    """Nothing on the host is looked at."""


def decide(args: Args, seen: None) -> list[Change]:
    return []


def facts(args: Args, seen: None) -> dict[str, Any]:
    """The variables; a host keeps them until the run ends."""
    variables = dict(args.variables)
    cacheable = {"ansible_facts_cacheable": variables.pop("cacheable")} if "cacheable" in variables else {}
    return {"ansible_facts": variables, **cacheable}


def apply(change: Change, args: Args, seen: None, host: Host) -> None:
    """There is never anything to change."""
