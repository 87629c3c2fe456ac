"""attach: this terminal connected to the main process of a service's container."""

from __future__ import annotations

from typing import Any

from phlo.cli.containers import containers_on, find_project
from phlo.cli.shell import Shell
from phlo.errors import OperationError
from phlo.hosts.terminal import attach_to
from phlo.stop_signals import exit_code_of, signal_of


def attach(options: Any, shell: Shell) -> int:
    """Show what a container prints from now on and pass on what is typed; ends with the container's exit code."""
    project, hosts, _, known = find_project(options, shell)
    found = [one for one in containers_on(hosts, project, [options.service], known=known) if one.is_running]
    if not found:
        raise OperationError("has no running container", where=options.service, fix="Start it: `phlo up`.")
    container = found[0]
    shell.out.flush()
    try:
        return attach_to(
            hosts[container.host].engine,
            container.id,
            stdin=None if options.no_stdin else shell.input.buffer,
            stdout=shell.out.buffer,
            stderr=shell.err.buffer,
        )
    except KeyboardInterrupt as stopped:  # the container goes on
        return exit_code_of(signal_of(stopped))
