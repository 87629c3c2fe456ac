"""phlo inventory: the hosts, their groups, and whether they can be reached."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.cli.workspace import limit_hosts, load_inventory, open_hosts, root_or_here
from phlo.doctor.reach import Reached, reach
from phlo.errors import ConfigError, PhloError, did_you_mean
from phlo.inventory.hosts import Inventory
from phlo.report.inventory import graph_data, graph_text, list_data, list_text, show_data, show_text
from phlo.report.table import table

_GIGABYTE = 1e9
# As `phlo doctor` has them for this machine.
LEAST_FREE = 10 * _GIGABYTE
MOST_SECONDS_APART = 5.0


def list_hosts(options: Any, shell: Shell) -> int:
    """List hosts, how each is reached, its groups and services."""
    inventory, names = _opened(options, shell)
    if options.json:
        shell.say_json(list_data(inventory, names))
    else:
        shell.say(list_text(inventory, names, shell.style(options)))
    return exits.OK


def graph(options: Any, shell: Shell) -> int:
    """Draw groups and hosts as a tree."""
    inventory = load_inventory(options, shell, root_or_here(options, shell))
    if options.json:
        shell.say_json(graph_data(inventory))
    else:
        shell.say(graph_text(inventory, shell.style(options)))
    return exits.OK


def show(options: Any, shell: Shell) -> int:
    """Show one host, and its variables with where each was written."""
    root = root_or_here(options, shell)
    inventory = load_inventory(options, shell, root)
    if options.host not in inventory.hosts:
        fix = did_you_mean(options.host, inventory.hosts)
        raise ConfigError(f'there is no host "{options.host}"', where="phlo inventory show", fix=fix)
    is_secret = _secret_names(root)
    if options.json:
        shell.say_json(show_data(inventory, options.host, is_secret))
    else:
        shell.say(show_text(inventory, options.host, is_secret, shell.style(options)))
    return exits.OK


def check(options: Any, shell: Shell) -> int:
    """Reach every host, side by side, and tell what it says of itself."""
    inventory, names = _opened(options, shell)
    found = reach_hosts(inventory, names, shell, forks=options.forks)
    if options.json:
        shell.say_json([_data(name, found[name]) for name in names])
    else:
        style = shell.style(options)
        shell.say(table(_HEADER, [_row(name, found[name]) for name in names], style))
        for name in names:
            for warning in found[name].warnings:
                shell.tell(f"{shell.style(options, err=True).sign('!')} {name}: {warning}")
    for error in (one.error for one in found.values() if one.error):
        exits.report_error(error, options, shell)
    return exits.UNREACHABLE if any(one.error for one in found.values()) else exits.OK


class Answer(NamedTuple):
    """What came of one host: either of the two."""

    reached: Reached | None = None
    error: PhloError | None = None

    @property
    def warnings(self) -> list[str]:
        if self.reached is None:
            return []
        said = []
        free, apart = self.reached.free_bytes, self.reached.clock_seconds
        if free is not None and free < LEAST_FREE:
            said.append(
                f"{free / _GIGABYTE:.1f} GB are free where its engine keeps its data. "
                "Images of a whole platform take about 10 GB: `docker system df` there shows what uses the space."
            )
        if apart is not None and abs(apart) > MOST_SECONDS_APART:
            said.append(
                f"its clock is {abs(apart):.0f} s away from this machine's. "
                "Set both by NTP; certificates and signed requests fail otherwise."
            )
        return said


def reach_hosts(inventory: Inventory, names: Sequence[str], shell: Shell, *, forks: int) -> Mapping[str, Answer]:
    """Ask hosts side by side, `forks` at once."""
    from phlo.execute.worker_pool import WorkerPool

    found: dict[str, Answer] = {}

    def ask(name: str) -> None:
        try:
            host = open_hosts(inventory, (name,), shell.environ)[name]
            found[name] = Answer(reach(host.engine, time.time, is_local=host.is_local))
            host.engine.close()
        except PhloError as error:
            found[name] = Answer(error=error)

    with WorkerPool(forks) as workers:
        for rank, name in enumerate(names):
            workers.submit(rank, lambda name=name: ask(name))  # type: ignore[misc]
    return found


_HEADER = ("HOST", "STATE", "ENGINE", "API", "PLATFORM", "FREE", "CLOCK", "SWARM")


def _row(name: str, answer: Answer) -> tuple[str, ...]:
    one = answer.reached
    if one is None:
        return (name, "unreachable", *("",) * 6)
    free = "unknown" if one.free_bytes is None else f"{one.free_bytes / _GIGABYTE:.0f} GB"
    clock = "unknown" if one.clock_seconds is None else f"{round(one.clock_seconds, 1) + 0.0:+.1f} s"
    state = "warning" if answer.warnings else "ok"
    return name, state, f"Docker {one.version}", one.api, one.platform, free, clock, one.swarm


def _data(name: str, answer: Answer) -> dict[str, Any]:
    if answer.reached is not None:
        return {"name": name, "state": "ok", "warnings": answer.warnings, **answer.reached._asdict()}
    error = answer.error
    return {
        "name": name,
        "state": "unreachable",
        "cause": error.what if error else "",
        "fix": error.fix if error else "",
    }


def _opened(options: Any, shell: Shell) -> tuple[Inventory, tuple[str, ...]]:
    """The inventory, and the selected hosts; unused variable files are reported."""
    root = root_or_here(options, shell)
    inventory = load_inventory(options, shell, root)
    for sentence in inventory.unused:
        shell.tell(f"{shell.style(options, err=True).sign('!')} {sentence}")
    return inventory, limit_hosts(inventory, options.limit or "all", root)


def _secret_names(root: Path) -> Callable[[str], bool]:
    """What tells whether a role says of a variable that it is a secret."""
    from phlo.discovery.services import discover_services

    names = {
        name
        for definition in discover_services(root).services.values()
        for name, variable in definition.env_vars.items()
        if variable.secret
    }
    return names.__contains__
