"""phlo services list: the services of a project with their states; of a broken project the errors and what runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from phlo.cli import exits
from phlo.cli.services import UNKNOWN, live_on, live_ports, row_of, service_rows, service_state
from phlo.cli.shell import Shell
from phlo.cli.workspace import all_places, inventory_of_broken, locate, open_hosts, open_workspace, outline
from phlo.config.root import PROJECT_FILE, normalized_name
from phlo.errors import ConfigError, PhloError
from phlo.report.services import ServiceRow, services_data, services_table


def list_services(options: Any, shell: Shell) -> int:
    """List services with their state and ports."""
    try:
        workspace = open_workspace(options, shell)
        project = outline(workspace, options, shell)
    except ConfigError as error:
        return _list_broken(error, options, shell)
    hosts = open_hosts(workspace.inventory, all_places(project), shell.environ)
    live, unreachable = live_on(hosts, project.name, options, shell)
    rows = list(service_rows(project, live, unreachable=unreachable, is_all=options.all))
    if rows or options.json:
        _print(rows, options, shell)
    else:
        shell.tell("There are no services. `phlo plugin search` shows the packages that bring some.")
    return exits.OK


def _print(rows: list[ServiceRow], options: Any, shell: Shell) -> None:
    if options.json:
        shell.say_json(services_data(rows))
    else:
        shell.say(services_table(rows, shell.style(options)))


def _list_broken(error: ConfigError, options: Any, shell: Shell) -> int:
    """Report the error, then list the project's containers; with --all also the services of installed packages."""
    from phlo.discovery.catalog import NO_SERVICES
    from phlo.discovery.services import discover_services

    root, compose = locate(options, shell)
    code = exits.report_error(error, options, shell)
    known = (discover_services(root) if compose is None else NO_SERVICES).services
    name = options.project_name or _name_in(root / PROJECT_FILE if compose is None else compose.files[0], root)
    inventory = inventory_of_broken(options, shell)
    hosts = open_hosts(inventory, sorted(inventory.hosts), shell.environ)
    live, unreachable = live_on(hosts, name, options, shell)
    rows = []
    for service in sorted({*known, *(one.service for one in live)}):
        mine = [one for one in live if one.service == service]
        state = service_state(mine) if mine else UNKNOWN if unreachable else "Available"
        if service not in known:
            note = ", ".join(one.name for one in mine)
            rows.append(ServiceRow(service, "custom", state, live_ports(mine), note, mine[0].host))
        elif mine or options.all:
            rows.append(row_of(known[service], state, live_ports(mine), live=mine))
    more = ", and the installed services" if options.all else ""
    what = f"Its containers{more}:" if rows else "It has no containers."
    shell.tell(f'The project "{name}" cannot be planned until this is fixed. {what}')
    if rows or options.json:
        _print(rows, options, shell)
    return code


def _name_in(path: Path, root: Path) -> str:
    """The project's name as far as its file can be read, else that of its folder."""
    from phlo.yaml_source import CoreLoader, load_yaml

    try:
        data = load_yaml(path, label=path.name, loader=CoreLoader).data
    except PhloError:
        data = None
    given = data.get("name") if isinstance(data, dict) else None
    return normalized_name(given if isinstance(given, str) else root.resolve().name)
