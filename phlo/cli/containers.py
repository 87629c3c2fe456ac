"""ps, logs and exec: what concerns the containers that are there, whatever the configuration says."""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from phlo.bounded import text_lines
from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.cli.workspace import (
    Workspace,
    all_places,
    known_by_name,
    open_hosts,
    open_workspace,
    outline,
    resolve_project,
)
from phlo.errors import ConfigError, OperationError, PackageError, did_you_mean
from phlo.hosts.host import Host
from phlo.hosts.live import LiveContainer, live_containers
from phlo.published import merged
from phlo.report.style import PREFIX_COLOURS
from phlo.stop_signals import exit_code_of, signal_of, take_from
from phlo.visible import visible

if TYPE_CHECKING:
    from phlo.config.project import Project

_AGE = re.compile(r"(\d+)([smhd])")
_AGE_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_END = None
# So many groups of lines, each of at most 64 KiB and a line, may wait to be printed.
MOST_WAITING = 16


def ps(options: Any, shell: Shell) -> int:
    """List the project's containers."""
    project, hosts, _, known = find_project(options, shell)
    found = containers_on(hosts, project, options.services, known=known)
    if options.json:
        shell.say_json([_container_data(one) for one in found])
        return exits.OK
    if not found:
        shell.tell(f"{project} has no containers. `phlo up` starts it.")
        return exits.OK
    from phlo.report.table import table

    several = len(hosts) > 1
    header = (*(("HOST",) if several else ()), "SERVICE", "CONTAINER", "STATE", "PORTS", "SINCE", "IMAGE")
    rows = [(*((one.host,) if several else ()), *_container_cells(one)) for one in found]
    wrapped, optional = ("PORTS", "IMAGE"), ("CONTAINER", "IMAGE", "SINCE")
    shell.say(table(header, rows, shell.style(options), wrapped=wrapped, optional=optional))
    return exits.OK


def logs(options: Any, shell: Shell) -> int:
    """Show what containers print; with --follow until Ctrl-C."""
    project, hosts, mask, known = find_project(options, shell, masks=True)
    found = containers_on(hosts, project, options.services, known=known)
    if not found:
        raise OperationError("there is no container to show the output of", fix="`phlo up` starts the services.")
    query = {"follow": options.follow, "tail": _tail(options.tail), "timestamps": options.timestamps or None}
    if options.since:
        query["since"] = _since(options.since)
    style = shell.style(options)
    names = {one.id: short_name(one, found) for one in found}
    width = max(map(len, names.values()))
    colours = {one.id: PREFIX_COLOURS[index % len(PREFIX_COLOURS)] for index, one in enumerate(found)}
    try:
        for container, lines in _lines_of(found, hosts, query):
            prefix = style(f"{names[container.id]:<{width}} |", colours[container.id]) + " " if len(found) > 1 else ""
            text = "".join(f"{prefix}{mask(line)}\n" for line in lines)
            if shell.out.isatty():
                text = visible(text, keeps_colours=True)
            shell.out.write(text)  # into a file or a pipe as the container wrote it, as `docker logs` does
            if options.follow:
                shell.out.flush()
    except KeyboardInterrupt as stopped:  # how --follow ends
        return exit_code_of(signal_of(stopped))
    return exits.OK


def exec_in(options: Any, shell: Shell) -> int:
    """Run a command in a service's container; its exit code is the command's."""
    from phlo.hosts.terminal import run_attached

    if not options.command:
        raise ConfigError("is given no command", where="phlo exec", fix="Write `phlo exec SERVICE COMMAND`.")
    project, hosts, _, known = find_project(options, shell)
    running = [one for one in containers_on(hosts, project, [options.service], known=known) if one.is_running]
    if not running:
        raise OperationError("has no running container", where=options.service, fix="Start it: `phlo up`.")
    container = running[0]
    shell.out.flush()
    return run_attached(
        hosts[container.host].engine,
        container.id,
        options.command,
        is_terminal=shell.input.isatty() and shell.out.isatty() and not options.no_tty,
        stdin=shell.input.buffer,
        stdout=shell.out.buffer,
        stderr=shell.err.buffer,
        user=options.user or "",
        working_dir=options.workdir or "",
    )


def containers_on(
    hosts: Mapping[str, Host], project: str, services: Collection[str] = (), *, known: Collection[str] = ()
) -> list[LiveContainer]:
    """The project's containers on all hosts. Raises ConfigError for a service that has none.

    known: the services that the project has; empty when that is unknown.
    """
    found = [one for host in hosts.values() for one in live_containers(host.engine, project, host=host.name)]
    there = {one.service for one in found}
    for name in services:
        if name not in there and name not in known and (known or there):
            raise ConfigError(f'there is no service "{name}"', fix=did_you_mean(name, {*known, *there}))
        if name not in there:
            fix = f"Start it: `phlo up {name}`." if known else "`phlo up` starts the services."
            raise ConfigError(f'the service "{name}" has no container', fix=fix)
    return [one for one in found if not services or one.service in services]


class FoundProject(NamedTuple):
    """A project as far as its containers need it.

    mask:  takes secrets out of a text, as far as they are known.
    known: the names of its services; empty when phlo.yaml cannot be used.
    """

    name: str
    hosts: Mapping[str, Host]
    mask: Callable[[str], str]
    known: Collection[str] = ()


def find_project(options: Any, shell: Shell, *, masks: bool = False) -> FoundProject:
    """The project; one whose phlo.yaml cannot be used by its name alone. masks: fetch the secrets, to mask them."""
    try:
        workspace = open_workspace(options, shell)
        project = outline(workspace, options, shell)
        if masks:
            project = _with_secrets(project, workspace, options, shell)
    except (ConfigError, PackageError) as error:
        return FoundProject(*known_by_name(options, shell, error)[:2], str)
    hosts = open_hosts(workspace.inventory, all_places(project), shell.environ)
    return FoundProject(project.name, hosts, project.masker(), {*project.services, *project.absent})


def _with_secrets(project: Project, workspace: Workspace, options: Any, shell: Shell) -> Project:
    """The project with its secrets; where these are not available it is as it was, and a warning says so."""
    try:
        return resolve_project(workspace, options, shell, asks=False)
    except ConfigError as error:
        sign = shell.style(options, err=True).sign("!")
        shell.tell(f"{sign} secrets that are not available here are not masked: {error}")
        return project


def _container_cells(one: LiveContainer) -> tuple[str, ...]:
    state = f"{one.state} ({one.health})" if one.health else one.state
    if one.exit_code is not None and one.state == "exited":
        state = f"exited ({one.exit_code})"
    ports = ", ".join(map(str, merged(port.text for port in one.ports)))
    return one.service, one.name, state, ports, one.since, one.image


def _container_data(one: LiveContainer) -> dict[str, Any]:
    return {
        "host": one.host,
        "service": one.service,
        "container": one.name,
        "id": one.id,
        "instance": one.instance,
        "state": one.state,
        "health": one.health,
        "exit_code": one.exit_code,
        "since": one.since,
        "image": one.image,
        "ports": [
            {"published": port.published, "target": port.target, "protocol": port.protocol, "ip": port.ip}
            for port in one.ports
        ],
    }


def short_name(one: LiveContainer, found: Collection[LiveContainer]) -> str:
    """The service, with instance and host where that is needed to tell containers apart."""
    name = one.service
    if sum(other.service == one.service and other.host == one.host for other in found) > 1:
        name += f"-{one.instance}"
    return f"{one.host} {name}" if len({other.host for other in found}) > 1 else name


def _lines_of(
    found: Collection[LiveContainer], hosts: Mapping[str, Host], query: Mapping[str, Any]
) -> Iterator[tuple[LiveContainer, list[str]]]:
    """Lines of all containers in groups: one container after the other, or as they arrive when they are followed."""
    if not query["follow"]:
        for one in found:
            for group in text_lines(hosts[one.host].engine.logs(one.id, **query)):
                yield one, group
        return
    # Bounded, so that a container that writes faster than phlo prints is read more slowly, and fills no memory.
    found_lines: queue.Queue[tuple[LiveContainer, list[str] | Exception | None]] = queue.Queue(MOST_WAITING)
    for one in found:
        threading.Thread(target=_follow, args=(one, hosts[one.host], query, found_lines), daemon=True).start()
    left = len(found)
    while left:
        container, item = take_from(found_lines)
        if item is _END:
            left -= 1
        elif isinstance(item, Exception):
            raise item
        else:
            yield container, item


def _follow(one: LiveContainer, host: Host, query: Mapping[str, Any], lines: queue.Queue[Any]) -> None:
    try:
        for group in text_lines(host.engine.logs(one.id, **query)):
            lines.put((one, group))
    except Exception as error:  # raised by anyone who waits for lines
        lines.put((one, error))
    lines.put((one, _END))


def _tail(text: str) -> int | str:
    if text == "all":
        return text
    if text.isdigit():
        return int(text)
    raise ConfigError(f'--tail: "{text}" is not a number of lines', where="phlo logs", fix="Write --tail 20, or all.")


def _since(text: str) -> int:
    """Seconds since the epoch for `10m`, `1h30m`, or a date and time."""
    parts = _AGE.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return int(time.time() - sum(int(number) * _AGE_SECONDS[unit] for number, unit in parts))
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        fix = "Write how long ago (10m, 2h) or when (2026-01-31T12:00:00)."
        raise ConfigError(f'--since: "{text}" is not a time', where="phlo logs", fix=fix) from None
