"""run-once: another command in a new container with a service's settings, which is removed afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.carry_out import carry_out, exit_code
from phlo.cli.planning import write_outputs
from phlo.cli.role_tasks import with_role_tasks
from phlo.cli.shell import Shell
from phlo.cli.workspace import open_hosts, open_workspace, refuse_in_cluster, resolve_project
from phlo.errors import ConfigError
from phlo.frozen import replace
from phlo.plan import Options
from phlo.stop_signals import exit_code_of, signal_of

if TYPE_CHECKING:
    from phlo.compose.model import Mount, Port
    from phlo.config.project import Project
    from phlo.hosts.engine import Engine
    from phlo.plan.run_once import OneOff

_WHERE = "phlo run-once"


def run_once(options: Any, shell: Shell) -> int:
    """Start what the service depends on, then run the command; its exit code is phlo's."""
    from phlo.operations.container.one_off import create_one_off, remove_one_off
    from phlo.operations.hook import stop
    from phlo.plan.run_once import build_run_once

    workspace = open_workspace(options, shell)
    services = [options.service]
    project = resolve_project(workspace, options, shell, generate_secrets=True, asked=services, named=services)
    refuse_in_cluster(project, services, "run-once", "Run the command in a running task: `phlo exec`.")
    one_off = _one_off(project, options, shell)
    chosen = Options(only=frozenset(project.services), gate_timeout_seconds=options.wait_timeout)
    plan, args, host_name = build_run_once(project, options.service, one_off, chosen)
    plan = with_role_tasks(plan, _without(project, options.service), workspace)
    write_outputs(project)
    hosts = open_hosts(workspace.inventory, {*plan.hosts(), host_name}, shell.environ)
    code = exit_code(carry_out(project.root, plan, hosts, options, shell), shell)
    if code != exits.OK:
        return code
    host = hosts[host_name]
    container = create_one_off(args, host, is_interactive=not options.detach, is_detached=options.detach)
    if options.detach:
        return _start_detached(host.engine, container, args.name, shell)
    try:
        return _run_attached(host.engine, container, shell)
    except KeyboardInterrupt as stopped:
        stop(host.engine, container)
        return exit_code_of(signal_of(stopped))
    finally:
        remove_one_off(host.engine, container)


def _run_attached(engine: Engine, container: str, shell: Shell) -> int:
    """Start the container connected to this process's streams, and wait for its end; gives its exit code."""
    from phlo.hosts.terminal import attach_to

    shell.out.flush()
    attach_to(
        engine,
        container,
        stdin=shell.input.buffer,
        stdout=shell.out.buffer,
        stderr=shell.err.buffer,
        once_connected=lambda: engine.post(f"/containers/{container}/start"),
    )
    return engine.wait(container)


def _start_detached(engine: Engine, container: str, name: str, shell: Shell) -> int:
    from phlo.operations.container.one_off import remove_one_off

    try:
        engine.post(f"/containers/{container}/start")
    except BaseException:
        remove_one_off(engine, container)
        raise
    shell.say(name)
    return exits.OK


def _without(project: Project, service: str) -> Project:
    return replace(project, services={name: one for name, one in project.services.items() if name != service})


def _one_off(project: Project, options: Any, shell: Shell) -> OneOff:
    """What the command line says about the container. Raises ConfigError for what cannot be read."""
    from phlo.plan.run_once import OneOff

    return OneOff(
        name=options.name or f"{project.name}-{options.service}-run-{uuid.uuid4().hex[:12]}",
        command=tuple(options.command) or None,
        entrypoint=None if options.entrypoint is None else _words(options.entrypoint),
        environment=_environment(options.env, shell.environ),
        volumes=_volumes(options.volume, project, shell),
        ports=_ports(options.publish, shell),
        user=options.user,
        working_dir=options.workdir,
        is_terminal=_is_terminal(options, shell),
        publishes=options.service_ports,
        has_aliases=options.use_aliases,
    )


def _is_terminal(options: Any, shell: Shell) -> bool:
    if options.no_tty or options.detach:
        return False
    is_one = shell.input.isatty() and shell.out.isatty()
    if options.tty and not is_one:
        raise ConfigError("the input is not a terminal", where=f"{_WHERE} -t", fix="Leave -t out.")
    return is_one


def _words(text: str) -> tuple[str, ...]:
    import shlex

    try:
        return tuple(shlex.split(text))
    except ValueError as reason:
        what, fix = f"cannot be split into words: {reason}", "Close its quotes, as in a shell."
        raise ConfigError(what, where=f"{_WHERE} --entrypoint", fix=fix) from None


def _environment(items: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """`NAME=VALUE`, or `NAME` with the value that phlo's own environment has."""
    found = {}
    for item in items:
        name, has_value, value = item.partition("=")
        if not name or (not has_value and name not in environ):
            what = f'"{item}" has no name' if not name else f"{name} is not set in this environment"
            raise ConfigError(what, where=f"{_WHERE} -e", fix="Write -e NAME=VALUE.")
        found[name] = value if has_value else environ[name]
    return found


def _volumes(items: Sequence[str], project: Project, shell: Shell) -> tuple[Mount, ...]:
    from phlo.compose.mounts import volumes

    found: tuple[Mount, ...] = _read(volumes, items, "-v", shell)
    for mount in found:
        if mount.type == "volume" and mount.source and mount.source not in project.volumes:
            fix = "Write a path (./folder:/path), or a volume that a service here uses."
            raise ConfigError(f'there is no volume "{mount.source}"', where=f"{_WHERE} -v", fix=fix)
    return found


def _ports(items: Sequence[str], shell: Shell) -> tuple[Port, ...]:
    from phlo.compose.ports import ports

    found: tuple[Port, ...] = _read(ports, items, "-p", shell)
    return found


def _read(reader: Any, items: Sequence[str], flag: str, shell: Shell) -> Any:
    """Read values of an option as the attribute of a service is read."""
    from phlo.compose.reading import At
    from phlo.errors import first_of

    at = At(lambda *_: f"{_WHERE} {flag}", shell.cwd)
    found = at.attempt(reader, list(items)) if items else ()
    if at.errors:
        raise first_of(at.errors)
    return found
