"""volumes list and ls: what the hosts hold for this project, and which projects they run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from phlo.cli import exits
from phlo.cli.containers import find_project
from phlo.cli.shell import Shell
from phlo.cli.workspace import load_inventory, open_hosts, root_or_here
from phlo.hosts.host import Host
from phlo.labels import LABEL_PROJECT, is_set_aside


def volumes(options: Any, shell: Shell) -> int:
    """List the project's volumes, and the services that have them mounted."""
    project, hosts, _, _ = find_project(options, shell)
    found = [entry for host in hosts.values() for entry in _volumes_on(host, project)]
    if options.json:
        shell.say_json(found)
        return exits.OK
    header = ("VOLUME", "DRIVER", "SERVICES")
    rows = [(one["host"], (one["volume"], one["driver"], ", ".join(one["services"]))) for one in found]
    _print_table(header, rows, hosts, options, shell)
    return exits.OK


def _volumes_on(host: Host, project: str) -> list[dict[str, Any]]:
    """The volumes with the project's label, and those that its containers have mounted besides."""
    label = {"label": [f"{LABEL_PROJECT}={project}"]}
    drivers = {entry["Name"]: entry["Driver"] for entry in host.engine.get("/volumes", filters=label)["Volumes"] or ()}
    users: dict[str, set[str]] = defaultdict(set)
    for container in host.engine.get("/containers/json", all=True, filters=label):
        for mount in container.get("Mounts") or ():
            if mount["Type"] == "volume":
                drivers.setdefault(mount["Name"], mount.get("Driver", ""))
                users[mount["Name"]].add(container["Labels"].get("phlo.service", ""))
    return [
        {"host": host.name, "volume": name, "driver": driver, "services": sorted(users[name])}
        for name, driver in sorted(drivers.items())
    ]


def ls(options: Any, shell: Shell) -> int:
    """List the projects on the hosts, and the state of their containers."""
    inventory = load_inventory(options, shell, root_or_here(options, shell))
    hosts = open_hosts(inventory, sorted(inventory.hosts), shell.environ)
    found = [entry for host in hosts.values() for entry in _projects_on(host)]
    if options.json:
        shell.say_json(found)
        return exits.OK
    if not found:
        shell.tell("There is no project on the hosts.")
        return exits.OK
    rows = [
        (one["host"], (one["project"], ", ".join(f"{state}({count})" for state, count in one["states"].items())))
        for one in found
    ]
    _print_table(("PROJECT", "CONTAINERS"), rows, hosts, options, shell)
    return exits.OK


def _projects_on(host: Host) -> list[dict[str, Any]]:
    states: dict[str, Counter[str]] = defaultdict(Counter)
    for container in host.engine.get("/containers/json", all=True, filters={"label": [LABEL_PROJECT]}):
        if not is_set_aside(container["Names"][0]):
            states[container["Labels"][LABEL_PROJECT]][container["State"]] += 1
    return [
        {"host": host.name, "project": name, "states": dict(sorted(counted.items()))}
        for name, counted in sorted(states.items())
    ]


def _print_table(
    header: tuple[str, ...],
    rows: Sequence[tuple[str, tuple[str, ...]]],
    hosts: Mapping[str, Host],
    options: Any,
    shell: Shell,
    *,
    optional: Sequence[str] = (),
) -> None:
    """Print rows, each with the host it is about; the host's column is left out when there is one host."""
    from phlo.report.table import table

    several = len(hosts) > 1
    lines = [((host, *cells) if several else cells) for host, cells in rows]
    header = ("HOST", *header) if several else header
    shell.say(table(header, lines, shell.style(options), optional=optional))
