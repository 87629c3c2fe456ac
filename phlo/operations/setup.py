"""Look at a host for its facts: system, hardware, network, user and time, as Ansible names them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.facts_names import PREFIX
from phlo.operations.facts_network import network_facts
from phlo.operations.facts_script import look_for_facts
from phlo.operations.facts_system import hardware_facts, system_facts, time_facts, user_facts, virtual_facts
from phlo.operations.fields import injected
from phlo.operations.location import Location, host_location
from phlo.values import Change

IS_FOR_HOSTS = True
# Its facts have the precedence of facts, below the variables of a play.
IS_GATHERING = True
FACT_FOLDER = "/etc/ansible/facts.d"

Facts = Callable[[Mapping[str, str]], Iterator[tuple[str, Any]]]
_SUBSETS: Mapping[str, tuple[Facts, ...]] = {
    "min": (system_facts, user_facts, time_facts),
    "hardware": (hardware_facts,),
    "network": (network_facts,),
    "virtual": (virtual_facts,),
}
# Of other tools, which phlo does not ask; and what `min` has in any case.
_OTHERS = ("facter", "ohai")
_OF_MIN = ("date_time", "distribution", "env", "local", "pkg_mgr", "platform", "service_mgr", "user")


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """gather_subset: all, min, hardware, network, virtual; with a `!` before it, all but that.
    filter: patterns of names, with or without `ansible_`; only these facts.
    gather_timeout: without effect.
    fact_path: the folder of the host's own facts, files `NAME.fact` with JSON or INI, or programs that print it.
    """

    gather_subset: tuple[str, ...] = ("all",)
    filter: tuple[str, ...] = ()
    gather_timeout: int = 10
    fact_path: str = FACT_FOLDER
    root: Path = injected("root")

    def __post_init__(self) -> None:
        for word in self.words:
            name = word.removeprefix("!")
            if name not in ("all", *_SUBSETS, *_OTHERS, *_OF_MIN):
                raise ValueError(f'there is no subset "{name}" of facts; write all, {", ".join(_SUBSETS)}')

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(one.strip() for text in self.gather_subset for one in text.split(",") if one.strip())


def observe(args: Args, host: ReadHost) -> dict[str, Any]:
    """Look at the host."""
    return gather(host_location(host, args.root), args)


def gather(location: Location, args: Args) -> dict[str, Any]:
    """The facts of a host under their full names."""
    return facts_in(look_for_facts(location, args.fact_path), args)


def facts_in(found: Mapping[str, str], args: Args) -> dict[str, Any]:
    """The facts that are asked for, out of what the script found."""
    facts: dict[str, Any] = {}
    found = defaultdict(str, found)
    for subset in subsets(args.words):
        for make in _SUBSETS[subset]:
            facts.update({PREFIX + name: value for name, value in make(found)})
    if args.filter:
        facts = {name: value for name, value in facts.items() if _is_asked_for(name, args.filter)}
    return {**facts, "gather_subset": list(args.words), "module_setup": True}


def subsets(words: tuple[str, ...]) -> list[str]:
    """The subsets that words mean: those that are named, or all but those with a `!`."""
    without = {word[1:] for word in words if word.startswith("!")}
    named = {word for word in words if not word.startswith("!")}
    wanted = set(_SUBSETS) if "all" in named or not named else named & set(_SUBSETS)
    if "all" in without:
        wanted -= set(_SUBSETS) - named
    if "min" not in without:
        wanted |= {"min"}
    return [name for name in _SUBSETS if name in wanted - without]


def _is_asked_for(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) or fnmatchcase(name, PREFIX + pattern) for pattern in patterns)


def decide(args: Args, seen: dict[str, Any]) -> list[Change]:
    return []


def facts(args: Args, seen: dict[str, Any]) -> dict[str, Any]:
    """What `register` keeps: `ansible_facts`."""
    return {"ansible_facts": seen}


def apply(change: Change, args: Args, seen: dict[str, Any], host: Host) -> None:
    """Nothing: it only looks."""
