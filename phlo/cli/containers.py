"""ps, logs and exec: what concerns the containers that are there, whatever the configuration says."""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.cli.workspace import all_places, known_by_name, open_hosts, open_workspace, resolve_project
from phlo.errors import ConfigError, OperationError, PackageError, PhloError, did_you_mean
from phlo.hosts.host import Host
from phlo.hosts.live import LiveContainer, live_containers
from phlo.report.style import PREFIX_COLOURS

_AGE = re.compile(r"(\d+)([smhd])")
_AGE_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_END = None


def ps(options: Any, shell: Shell) -> int:
    """List the project's containers."""
    project, hosts, _, known = _named(options, shell, fetch_secrets=False)
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
    shell.say(table(header, rows, shell.style(options)))
    return exits.OK


def logs(options: Any, shell: Shell) -> int:
    """Show what containers print; with --follow until Ctrl-C."""
    project, hosts, mask, known = _named(options, shell)
    found = containers_on(hosts, project, options.services, known=known)
    if not found:
        raise OperationError("there is no container to show the output of", fix="`phlo up` starts the services.")
    query = {"follow": options.follow, "tail": _tail(options.tail), "timestamps": options.timestamps or None}
    if options.since:
        query["since"] = _since(options.since)
    style = shell.style(options)
    names = {one.id: _short_name(one, found) for one in found}
    width = max(map(len, names.values()))
    colours = {one.id: PREFIX_COLOURS[index % len(PREFIX_COLOURS)] for index, one in enumerate(found)}
    try:
        for container, line in _lines_of(found, hosts, query):
            prefix = style(f"{names[container.id]:<{width}} |", colours[container.id]) + " " if len(found) > 1 else ""
            shell.say(prefix + mask(line))
            if options.follow:
                shell.out.flush()
    except KeyboardInterrupt:  # how --follow ends
        return exits.INTERRUPTED
    return exits.OK


def exec_in(options: Any, shell: Shell) -> int:
    """Run a command in a service's container; its exit code is the command's."""
    from phlo.hosts.terminal import run_attached

    if not options.command:
        raise ConfigError("says no command", where="phlo exec", fix="Write `phlo exec SERVICE COMMAND`.")
    project, hosts, _, known = _named(options, shell, fetch_secrets=False)
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

    known: the services that the project has; empty when that cannot be told.
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


class _Named(NamedTuple):
    """A project as far as its containers need it.

    mask:  takes secrets out of a text, as far as they are known.
    known: the names of its services; empty when phlo.yaml cannot be used.
    """

    name: str
    hosts: Mapping[str, Host]
    mask: Callable[[str], str]
    known: Collection[str] = ()


def _named(options: Any, shell: Shell, *, fetch_secrets: bool = True) -> _Named:
    """The project; one whose phlo.yaml cannot be used by its name alone."""
    try:
        workspace = open_workspace(options, shell)
        project = resolve_project(workspace, options, shell, fetch_secrets=fetch_secrets)
    except (ConfigError, PackageError) as error:
        return _Named(*known_by_name(options, shell, error)[:2], str)
    hosts = open_hosts(workspace.inventory, all_places(project), shell.environ)
    return _Named(project.name, hosts, project.masker(), {*project.services, *project.absent})


def _container_cells(one: LiveContainer) -> tuple[str, ...]:
    state = f"{one.state} ({one.health})" if one.health else one.state
    if one.exit_code is not None and one.state == "exited":
        state = f"exited ({one.exit_code})"
    ports = ", ".join(f"{f'{port.ip}:' if port.ip else ''}{port.published}->{port.target}" for port in one.ports)
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


def _short_name(one: LiveContainer, found: Collection[LiveContainer]) -> str:
    """The service, with instance and host where that is needed to tell containers apart."""
    name = one.service
    if sum(other.service == one.service and other.host == one.host for other in found) > 1:
        name += f"-{one.instance}"
    return f"{one.host} {name}" if len({other.host for other in found}) > 1 else name


def _lines_of(
    found: Collection[LiveContainer], hosts: Mapping[str, Host], query: Mapping[str, Any]
) -> Iterator[tuple[LiveContainer, str]]:
    """Lines of all containers: one container after the other, or as they come when they are followed."""
    if not query["follow"]:
        for one in found:
            for line in _lines(one, hosts[one.host], query):
                yield one, line
        return
    lines: queue.SimpleQueue[tuple[LiveContainer, str | PhloError | None]] = queue.SimpleQueue()
    for one in found:
        threading.Thread(target=_follow, args=(one, hosts[one.host], query, lines), daemon=True).start()
    left = len(found)
    while left:
        container, item = lines.get()
        if item is _END:
            left -= 1
        elif isinstance(item, PhloError):
            raise item
        else:
            yield container, item


def _follow(one: LiveContainer, host: Host, query: Mapping[str, Any], lines: queue.SimpleQueue[Any]) -> None:
    try:
        for line in _lines(one, host, query):
            lines.put((one, line))
    except PhloError as error:
        lines.put((one, error))
    lines.put((one, _END))


def _lines(one: LiveContainer, host: Host, query: Mapping[str, Any]) -> Iterator[str]:
    rest = b""
    for piece in host.engine.logs(one.id, **query):
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace").rstrip("\r")
    if rest:
        yield rest.decode(errors="replace")


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
