"""up, plan, down, start, stop, restart, pull and build: each is the straight line from packages to events."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.carry_out import carry_out, exit_code, new_run_id
from phlo.cli.narrow import builds_only, pulls_only, tagged
from phlo.cli.out_file import check_writable
from phlo.cli.proof import look, remember
from phlo.cli.role_tasks import has_role_tasks, with_role_tasks
from phlo.cli.shell import Shell
from phlo.cli.workspace import (
    Workspace,
    all_hosts,
    known_by_name,
    open_hosts,
    open_workspace,
    refuse_on_swarm,
    resolve_project,
    swarm_nodes,
)
from phlo.errors import ConfigError, PackageError, PhloError, did_you_mean
from phlo.frozen import replace
from phlo.plan import Options, Plan, build_down, build_power
from phlo.plan import build as build_plan
from phlo.plan.hooks import around_stop

if TYPE_CHECKING:
    from pathlib import Path

    from phlo.config.project import Project
    from phlo.hosts.host import Host
    from phlo.operations.hook import AroundStop


def up(options: Any, shell: Shell) -> int:
    """Bring the project up."""
    if options.plan:
        from phlo.cli.saved import up_saved

        return up_saved(options, shell)
    started = time.time()
    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell, generate_secrets=not options.check, asked=options.services)
    plan = whole_plan(project, workspace, options)
    if not options.check:
        write_outputs(project)
    hosts = open_hosts(workspace.inventory, plan.hosts(), shell.environ)
    before = None if has_role_tasks(plan) else look(project, workspace, hosts, options, shell)
    outcome = carry_out(project.root, plan, hosts, options, shell, check=options.check)
    if before is not None and not any(result.changes for result in outcome.steps.values()) and outcome.status == "ok":
        remember(before, project, options, shell, started)
    return exit_code(outcome, shell)


def plan(options: Any, shell: Shell) -> int:
    """Print what `up` would change."""
    from phlo.execute import run
    from phlo.report.plan import plan_data, plan_text
    from phlo.report.run_state import RunState

    if options.out:
        check_writable(shell.cwd / options.out)
    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell, asked=options.services)
    steps = whole_plan(project, workspace, options)
    state = RunState(steps.steps)
    hosts = open_hosts(workspace.inventory, steps.hosts(), shell.environ)
    outcome = run(steps, hosts, emit=state.take, run_id=new_run_id(), check=True, forks=options.forks)
    style = shell.style(options)
    for warning in steps.warnings if not options.quiet else ():
        shell.tell(f"{shell.style(options, err=True).sign('!')} {warning}")
    if options.json:
        shell.say_json(plan_data(state, project=steps.project))
    elif not options.quiet:
        shell.say(plan_text(state, style, verbosity=options.verbose, is_full=options.diff))
    if options.out:
        from phlo.cli.saved import save

        save(steps, outcome, project, hosts, options, shell)
    code = exit_code(outcome, shell)
    if code == exits.OK and options.detailed_exitcode and state.has_changes:
        return exits.CHANGES_PENDING
    return code


def down(options: Any, shell: Shell) -> int:
    """Take the project down; one whose phlo.yaml cannot be used by its name alone."""
    try:
        workspace = open_workspace(options, shell)
        project = resolve_project(workspace, options, shell, fetch_secrets=False)
    except (ConfigError, PackageError) as error:
        return _down_by_name(options, shell, error)
    if getattr(options, "grace", None) is not None:
        refuse_grace(project, project.services, "down")
    steps = build_down(
        project.name,
        all_hosts(project),
        dependencies(project),
        with_volumes=options.volumes,
        hooks=hooks_around_stops(project),
        grace_seconds=_grace_seconds(options),
        swarms=swarm_nodes(workspace.inventory),
        secrets=project.secrets,
    )
    return take_down(steps, project.root, open_hosts(workspace.inventory, steps.hosts(), shell.environ), options, shell)


def _down_by_name(options: Any, shell: Shell, error: PhloError) -> int:
    import tempfile
    from pathlib import Path

    name, hosts, inventory = known_by_name(options, shell, error)
    swarms = swarm_nodes(inventory)
    workers = {node for manager, nodes in swarms.items() for node in nodes if node != manager}
    places = [host for host in hosts if host not in workers]
    grace = _grace_seconds(options)
    steps = build_down(name, places, {}, with_volumes=options.volumes, swarms=swarms, grace_seconds=grace)
    with tempfile.TemporaryDirectory() as folder:  # there may be no folder of the project's to keep a history in
        return take_down(steps, Path(folder), hosts, options, shell)


def _grace_seconds(options: Any) -> int | None:
    """What the command line says of how long a container may take to stop; the engine counts in whole seconds."""
    given = getattr(options, "grace", None)
    return None if given is None else math.ceil(given)


def refuse_grace(project: Project, services: Collection[str], verb: str) -> None:
    """Raise ConfigError for a time to stop in that is given for services on a Swarm."""
    fix = "Write stop_grace_period of the service: the Swarm stops its tasks."
    refuse_on_swarm(project, services, f"{verb} --timeout", fix)


def take_down(steps: Plan, root: Path, hosts: Mapping[str, Host], options: Any, shell: Shell) -> int:
    """Carry out a plan that removes things; volumes only once somebody has agreed to it."""
    if options.volumes and not options.check and not _may_remove_volumes(steps, hosts, options, shell):
        shell.tell("Nothing was removed.")
        return exits.FAILED
    return exit_code(carry_out(root, steps, hosts, options, shell, check=options.check), shell)


def start(options: Any, shell: Shell) -> int:
    """Start stopped services."""
    return _power("started", options, shell)


def stop(options: Any, shell: Shell) -> int:
    """Stop services."""
    return _power("stopped", options, shell)


def restart(options: Any, shell: Shell) -> int:
    """Stop services and start them again."""
    return _power("restarted", options, shell)


def pull(options: Any, shell: Shell) -> int:
    """Pull upstream images."""
    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell, asked=options.services)
    steps = pulls_only(build_plan(project))
    hosts = open_hosts(workspace.inventory, steps.hosts(), shell.environ)
    return exit_code(carry_out(project.root, steps, hosts, options, shell), shell)


def build(options: Any, shell: Shell) -> int:
    """Build images."""
    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell, asked=options.services)
    steps = builds_only(build_plan(project))
    hosts = open_hosts(workspace.inventory, steps.hosts(), shell.environ)
    return exit_code(carry_out(project.root, steps, hosts, options, shell), shell)


def _power(state: str, options: Any, shell: Shell) -> int:
    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell)
    known = dependencies(project)
    for name in options.services:
        if name not in known:
            raise ConfigError(f'there is no service "{name}"', fix=did_you_mean(name, known))
    services = options.services or list(project.services)
    if getattr(options, "grace", None) is not None:
        refuse_grace(project, services, {"stopped": "stop", "restarted": "restart"}[state])
    steps = build_power(
        project.name,
        all_hosts(project),
        known,
        services,
        state,
        hooks=hooks_around_stops(project),
        grace_seconds=_grace_seconds(options),
        restarted_with={
            name: [need.service for need in service.depends_on if need.restart]
            for name, service in project.services.items()
        },
        places={name: service.hosts for name, service in project.services.items()},
        swarms={name: service.scale for name, service in project.services.items() if service.place},
        secrets=project.secrets,
    )
    hosts = open_hosts(workspace.inventory, steps.hosts(), shell.environ)
    return exit_code(carry_out(project.root, steps, hosts, options, shell), shell)


def whole_plan(project: Project, workspace: Workspace, options: Any) -> Plan:
    """The steps of `up`, tasks of roles included, cut down to what the options ask for."""
    plan = build_plan(project, plan_options(project, options))
    return tagged(with_role_tasks(plan, project, workspace), options.tags)


def plan_options(project: Project, options: Any) -> Options:
    """What the command line says about how a project is brought up."""
    return Options(
        recreate=frozenset(options.services or project.services) if options.recreate else frozenset(),
        only=frozenset(project.services) if options.services else None,
        remove_orphans=options.remove_orphans,
        gate_timeout_seconds=getattr(options, "timeout", Options().gate_timeout_seconds),
    )


def dependencies(project: Project) -> Mapping[str, Collection[str]]:
    """Every service that is known, part of the project or not -> what it depends on."""
    active = {name: [need.service for need in service.depends_on] for name, service in project.services.items()}
    absent = {name: list(absence.definition.depends_on) for name, absence in project.absent.items()}
    return {**absent, **active}


def hooks_around_stops(project: Project) -> Mapping[str, AroundStop]:
    """Service -> the hooks to run when a container of it stops."""
    return {name: around_stop(project, service) for name, service in project.services.items()}


def write_outputs(project: Project) -> None:
    """Put the files that packages bring along under `.phlo/`, those that differ."""
    from phlo.config.atomic import replace_file
    from phlo.config.ownership import make_folder

    for name, data in project.outputs.items():
        path = project.root / name
        if not path.is_file() or path.read_bytes() != data:
            make_folder(path.parent)
            replace_file(path, data)


def _may_remove_volumes(steps: Plan, hosts: Mapping[str, Host], options: Any, shell: Shell) -> bool:
    """Show which volumes would go, and ask on a terminal; elsewhere having said --volumes is enough."""
    from phlo.execute import run
    from phlo.report.run_state import RunState

    volumes = tuple(step for step in steps.steps if step.id.endswith("/volumes"))
    state = RunState()
    preview = replace(steps, steps=tuple(replace(step, after=()) for step in volumes))
    run(preview, hosts, emit=state.take, run_id=new_run_id(), check=True)
    names = [change.at.partition(":")[2] for one in state.services.values() for change in one.changes]
    if not names or options.yes:
        return True
    shell.tell(f"These volumes will be removed, with all data in them: {', '.join(names)}")
    if not shell.input.isatty():
        return True
    shell.err.write("Remove them? [y/N] ")
    shell.err.flush()
    return shell.input.readline().strip().lower() in ("y", "yes")
