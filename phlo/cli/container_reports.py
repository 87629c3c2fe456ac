"""top, stats, port and events: what the engine reports about the containers of a project."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.containers import containers_on, find_project, short_name
from phlo.cli.shell import Shell
from phlo.errors import ConfigError, OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host
from phlo.hosts.live import LiveContainer
from phlo.labels import LABEL_PROJECT, LABEL_SERVICE
from phlo.published import address_text
from phlo.stop_signals import exit_code_of, signal_of, take_from

if TYPE_CHECKING:
    from rich.table import Table

REFRESH_SECONDS = 2.0
MOST_AT_ONCE = 32
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STATS_HEADER = ("CONTAINER", "CPU", "MEMORY", "LIMIT", "NET IN", "NET OUT", "DISK READ", "DISK WRITE", "PIDS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a container uses at one moment; sizes in bytes.

    cpu_percent: of one core: 200 is two whole cores. memory: without the file cache, as `docker stats` counts it.
    """

    cpu_percent: float
    memory: int
    memory_limit: int
    received: int
    sent: int
    disk_read: int
    disk_written: int
    processes: int


def top(options: Any, shell: Shell) -> int:
    """List the processes in the containers of services."""
    project, hosts, _, known = find_project(options, shell)
    found = [one for one in containers_on(hosts, project, options.services, known=known) if one.is_running]
    processes = {one: hosts[one.host].engine.get(f"/containers/{one.id}/top") for one in found}
    if options.json:
        shell.say_json(
            [
                {"host": one.host, "service": one.service, "container": one.name, **_processes_data(answer)}
                for one, answer in processes.items()
            ]
        )
        return exits.OK
    if not found:
        shell.tell("No container is running.")
        return exits.OK
    from phlo.report.table import table

    for one, answer in processes.items():
        shell.say(short_name(one, found))
        shell.say(table(answer["Titles"], answer["Processes"] or [], shell.style(options)))
        shell.say("")
    return exits.OK


def _processes_data(answer: Mapping[str, Any]) -> dict[str, Any]:
    titles = [str(title).lower() for title in answer["Titles"]]
    return {"processes": [dict(zip(titles, row, strict=False)) for row in answer["Processes"] or ()]}


def stats(options: Any, shell: Shell) -> int:
    """Show what the containers use of CPU, memory, network and disk; with --follow until Ctrl-C."""
    project, hosts, _, known = find_project(options, shell)

    def look() -> list[tuple[LiveContainer, Usage]]:
        found = [one for one in containers_on(hosts, project, options.services, known=known) if one.is_running]
        return list(zip(found, _side_by_side([_reader_of(one, hosts) for one in found]), strict=True))

    if options.json:
        shell.say_json([_usage_data(one, usage) for one, usage in look()])
        return exits.OK
    if not options.follow:
        from phlo.report.table import table

        found = look()
        rows = [_usage_cells(one, usage, [each for each, _ in found]) for one, usage in found]
        shell.say(table(_STATS_HEADER, rows, shell.style(options)))
        return exits.OK
    return _follow_stats(look, options, shell)


def _follow_stats(look: Callable[[], list[tuple[LiveContainer, Usage]]], options: Any, shell: Shell) -> int:
    """Redraw the table every REFRESH_SECONDS until Ctrl-C; gives the exit code."""
    from rich.live import Live

    from phlo.report.drawing import console_for

    try:
        with Live(console=console_for(shell.out, shell.style(options)), auto_refresh=False) as live:
            while True:
                live.update(_live_table(look()), refresh=True)
                time.sleep(REFRESH_SECONDS)
    except KeyboardInterrupt as stopped:
        return exit_code_of(signal_of(stopped))


def _live_table(found: Sequence[tuple[LiveContainer, Usage]]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(*_STATS_HEADER, box=box.SIMPLE_HEAD)
    for one, usage in found:
        table.add_row(*_usage_cells(one, usage, [each for each, _ in found]))
    return table


def _reader_of(one: LiveContainer, hosts: Mapping[str, Host]) -> Callable[[], Usage]:
    engine = hosts[one.host].engine
    return lambda: usage_of(engine.get(f"/containers/{one.id}/stats", stream=False))


def _side_by_side(calls: Sequence[Callable[[], Usage]]) -> list[Usage]:
    """Make the calls at once: the engine takes a second for each. Raises what the first that failed has raised."""
    from concurrent.futures import ThreadPoolExecutor

    if not calls:
        return []
    with ThreadPoolExecutor(max_workers=min(len(calls), MOST_AT_ONCE)) as pool:
        return list(pool.map(lambda call: call(), calls))


def usage_of(answer: Mapping[str, Any]) -> Usage:
    """Read the engine's statistics of a container.

    Source: Engine API, "Get container stats based on resource usage", which gives the formulas.
    """
    cpu, before = answer.get("cpu_stats") or {}, answer.get("precpu_stats") or {}
    used = _number(cpu, "cpu_usage", "total_usage") - _number(before, "cpu_usage", "total_usage")
    passed = _number(cpu, "system_cpu_usage") - _number(before, "system_cpu_usage")
    cores = _number(cpu, "online_cpus") or len((cpu.get("cpu_usage") or {}).get("percpu_usage") or ()) or 1
    memory = answer.get("memory_stats") or {}
    cache = _number(memory, "stats", "total_inactive_file") or _number(memory, "stats", "inactive_file")
    networks = (answer.get("networks") or {}).values()
    disk = (answer.get("blkio_stats") or {}).get("io_service_bytes_recursive") or ()
    return Usage(
        cpu_percent=used / passed * cores * 100 if passed > 0 and used > 0 else 0.0,
        memory=max(_number(memory, "usage") - cache, 0),
        memory_limit=_number(memory, "limit"),
        received=sum(_number(each, "rx_bytes") for each in networks),
        sent=sum(_number(each, "tx_bytes") for each in networks),
        disk_read=sum(entry["value"] for entry in disk if entry["op"].lower() == "read"),
        disk_written=sum(entry["value"] for entry in disk if entry["op"].lower() == "write"),
        processes=_number(answer, "pids_stats", "current"),
    )


def _number(data: Mapping[str, Any], *keys: str) -> int:
    """The number at `keys`; 0 where the engine leaves it out, as for a container that ends just now."""
    value: Any = data
    for key in keys:
        value = (value or {}).get(key)
    return int(value or 0)


def _usage_cells(one: LiveContainer, usage: Usage, found: Sequence[LiveContainer]) -> tuple[str, ...]:
    sizes = (usage.memory, usage.memory_limit, usage.received, usage.sent, usage.disk_read, usage.disk_written)
    return short_name(one, found), f"{usage.cpu_percent:.1f}%", *map(bytes_text, sizes), str(usage.processes)


def _usage_data(one: LiveContainer, usage: Usage) -> dict[str, Any]:
    return {
        "host": one.host,
        "service": one.service,
        "container": one.name,
        "cpu_percent": round(usage.cpu_percent, 2),
        "memory_bytes": usage.memory,
        "memory_limit_bytes": usage.memory_limit,
        "network_received_bytes": usage.received,
        "network_sent_bytes": usage.sent,
        "disk_read_bytes": usage.disk_read,
        "disk_written_bytes": usage.disk_written,
        "processes": usage.processes,
    }


def bytes_text(count: float) -> str:
    """A size with its unit, e.g. `12.5MiB`."""
    units = iter(_UNITS)
    unit = next(units)
    while count >= 1024 and (larger := next(units, None)):
        count, unit = count / 1024, larger
    return f"{count:.0f}{unit}" if unit == "B" else f"{count:.1f}{unit}"


def port(options: Any, shell: Shell) -> int:
    """Print where a port of a service is published."""
    project, hosts, _, known = find_project(options, shell)
    found = containers_on(hosts, project, [options.service], known=known)
    number, protocol = _port_and_protocol(options.port) if options.port else (None, "")
    matching = [
        (one, each)
        for one in found
        for each in one.ports
        if number is None or (each.target == number and each.protocol == protocol)
    ]
    if not matching:
        what = f"port {number}/{protocol} is not published" if number else "no port is published"
        raise OperationError(what, where=options.service, fix="`phlo ps` shows the published ports.")
    for one, each in matching:
        address = address_text(each.ip or "0.0.0.0", each.published)  # noqa: S104  what is printed, not listened on
        host = f"{one.host} " if len(hosts) > 1 else ""
        shell.say(host + (address if number else f"{each.target}/{each.protocol} -> {address}"))
    return exits.OK


def _port_and_protocol(text: str) -> tuple[int, str]:
    number, _, protocol = text.partition("/")
    if not number.isdecimal() or protocol not in ("", "tcp", "udp", "sctp"):
        raise ConfigError(f'"{text}" is not a port', where="phlo port", fix="Write `phlo port web 80` or `53/udp`.")
    return int(number), protocol or "tcp"


def events(options: Any, shell: Shell) -> int:
    """Print what the engines report of the project's containers as it happens, until Ctrl-C."""
    project, hosts, mask, known = find_project(options, shell)
    if options.services:
        containers_on(hosts, project, options.services, known=known)
    several = len(hosts) > 1
    try:
        for host, event in _events_of(hosts, project):
            attributes = event["Actor"]["Attributes"]
            service = attributes.get(LABEL_SERVICE, "")
            if options.services and service not in options.services:
                continue
            if options.json:
                shell.say(mask(json.dumps({"host": host, "service": service, **event})))
            else:
                stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(event["time"]))
                name = attributes.get("name", event["Actor"]["ID"][:12])
                prefix = f"{host} " if several else ""
                shell.say(mask(f"{stamp} {prefix}{event['Type']} {event['Action']} {name}"))
            shell.out.flush()
    except KeyboardInterrupt as stopped:
        return exit_code_of(signal_of(stopped))
    return exits.OK


def _events_of(hosts: Mapping[str, Host], project: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each host's name with an event of its engine, as they come. Raises the HostError of an engine that goes away."""
    found: queue.SimpleQueue[tuple[str, Mapping[str, Any] | Exception]] = queue.SimpleQueue()

    def follow(name: str, host: Host) -> None:
        try:
            for event in host.engine.events(LABEL_PROJECT, project):
                found.put((name, event))
            raise OperationError("the engine ended the stream of events", where=name, fix="See `phlo doctor`.")
        except Exception as error:  # raised by anyone who waits for events
            found.put((name, error))

    for name, host in hosts.items():
        threading.Thread(target=follow, args=(name, host), daemon=True).start()
    while True:
        name, item = take_from(found)
        if isinstance(item, Exception):
            raise item
        yield name, item


def wait(options: Any, shell: Shell) -> int:
    """Wait until the containers of services end; gives the first exit code that is not 0."""
    project, hosts, _, known = find_project(options, shell)
    found = containers_on(hosts, project, options.services, known=known)
    codes = {}
    for one in found:
        codes[one] = hosts[one.host].engine.wait(path_part(one.id))
        shell.say(f"{short_name(one, found)}: exit code {codes[one]}")
    return next((code for code in codes.values() if code), exits.OK)
