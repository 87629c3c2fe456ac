"""up, plan, down, start, stop, restart, pull and build: each is the straight line from packages to events."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.carry_out import carry_out, exit_code
from phlo.cli.deletion import agreed, check_unprotect, doomed_volumes, protection_of
from phlo.cli.narrow import builds_only, pulls_only
from phlo.cli.noop_entry import capture, store_entry
from phlo.cli.out_file import check_writable
from phlo.cli.planning import dependencies, hooks_around_stops, whole_plan, write_outputs
from phlo.cli.role_tasks import has_role_tasks
from phlo.cli.run_id import new_run_id
from phlo.cli.shell import Shell
from phlo.cli.workspace import (
    Workspace,
    all_hosts,
    clusters_by_manager,
    known_by_name,
    open_hosts,
    open_workspace,
    outline,
    refuse_in_cluster,
    resolve_project,
)
from phlo.errors import ConfigError, PackageError, PhloError, did_you_mean
from phlo.operations.protection import Protection
from phlo.plan import Plan, build_down, build_power
from phlo.plan import build as build_plan

if TYPE_CHECKING:
    from pathlib import Path

    from phlo.config.project import Project
    from phlo.hosts.host import Host

# States that only a container of an engine can be in, and the command for each.
_ENGINE_ONLY = {"killed": "kill", "paused": "pause", "unpaused": "unpause"}


def up(options: Any, shell: Shell) -> int:
    """Bring the project up."""
    if options.plan:
        from phlo.cli.saved import up_saved

        return up_saved(options, shell)
    started = time.time()
    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell, generate_secrets=not options.check, asked=options.services)
    if options.frozen:
        from phlo.cli.lock_file import frozen

        project = frozen(project)
    plan = whole_plan(project, workspace, options)
    if not options.check:
        write_outputs(project)
    hosts = open_hosts(workspace.inventory, plan.hosts(), shell.environ)
    before = None if has_role_tasks(plan) else capture(project, workspace, hosts, options, shell)
    outcome = carry_out(project.root, plan, hosts, options, shell, check=options.check)
    if before is not None and not any(result.changes for result in outcome.steps.values()) and outcome.status == "ok":
        store_entry(before, project, options, shell, started)
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
    outcome = run(
        steps,
        hosts,
        emit=state.take,
        run_id=new_run_id(),
        check=True,
        forks=options.forks,
        shows_calls=options.verbose > 0,
    )
    for warning in steps.warnings if not options.quiet else ():
        shell.tell(f"{shell.style(options, err=True).sign('!')} {warning}")
    if options.json or options.output == "json":
        shell.say_json(plan_data(state, project=steps.project))
    elif options.output == "markdown":
        from phlo.report.plan_markdown import plan_markdown

        shell.say(plan_markdown(state, project=steps.project, warnings=steps.warnings, is_full=options.diff))
    elif not options.quiet:
        shell.say(plan_text(state, shell.style(options), verbosity=options.verbose, is_full=options.diff))
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
        project = _with_hooks(outline(workspace, options, shell), workspace, options, shell)
    except (ConfigError, PackageError) as error:
        return _down_by_name(options, shell, error)
    if getattr(options, "grace", None) is not None:
        refuse_grace(project, project.services, "down")
    steps = build_down(
        project.name,
        all_hosts(project, workspace.inventory),
        dependencies(project),
        with_volumes=options.volumes,
        hooks=hooks_around_stops(project),
        grace_seconds=_grace_seconds(options),
        clusters=clusters_by_manager(workspace.inventory),
        secrets=project.secrets,
        protection=protection_of(project, options),
    )
    hosts = open_hosts(workspace.inventory, steps.hosts(), shell.environ)
    return take_down(steps, project.root, hosts, options, shell, project=project)


def _down_by_name(options: Any, shell: Shell, error: PhloError) -> int:
    import tempfile
    from pathlib import Path

    name, hosts, inventory = known_by_name(options, shell, error)
    clusters = clusters_by_manager(inventory)
    workers = {node for manager, cluster in clusters.items() for node in cluster.nodes if node != manager}
    places = [host for host in hosts if host not in workers]
    grace = _grace_seconds(options)
    steps = build_down(
        name,
        places,
        {},
        with_volumes=options.volumes,
        clusters=clusters,
        grace_seconds=grace,
        protection=Protection(project=name, lifted=frozenset(options.unprotect)),
    )
    with tempfile.TemporaryDirectory() as folder:  # there may be no folder of the project's to keep a history in
        return take_down(steps, Path(folder), hosts, options, shell)


def _grace_seconds(options: Any) -> int | None:
    """What the command line says of how long a container may take to stop; the engine counts in whole seconds."""
    given = getattr(options, "grace", None)
    return None if given is None else math.ceil(given)


def refuse_grace(project: Project, services: Collection[str], verb: str) -> None:
    """Raise ConfigError for a time to stop in that is given for services in a cluster."""
    fix = "Write stop_grace_period of the service: its cluster stops the tasks."
    refuse_in_cluster(project, services, f"{verb} --timeout", fix)


def take_down(
    steps: Plan, root: Path, hosts: Mapping[str, Host], options: Any, shell: Shell, *, project: Project | None = None
) -> int:
    """Carry out a plan that removes things; volumes only once somebody has agreed to it.

    project: None when it is only known by its name. Raises OperationError when a volume is protected.
    """
    if options.volumes:
        command = f"phlo {steps.title} --volumes"
        doomed = doomed_volumes(steps, hosts, options, command=command)
        if project is not None:
            check_unprotect(project, options, doomed)
        what = f"These volumes will be removed, with all data in them: {', '.join(doomed)}"
        if doomed and not options.check and not agreed(what, options, shell, command=command):
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


def kill(options: Any, shell: Shell) -> int:
    """Send a signal to the containers of services."""
    return _power("killed", options, shell)


def pause(options: Any, shell: Shell) -> int:
    """Suspend all processes of services."""
    return _power("paused", options, shell)


def unpause(options: Any, shell: Shell) -> int:
    """Resume services that are paused."""
    return _power("unpaused", options, shell)


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
    project = _with_hooks(outline(workspace, options, shell), workspace, options, shell)
    known = dependencies(project)
    for name in options.services:
        if name not in known:
            raise ConfigError(f'there is no service "{name}"', fix=did_you_mean(name, known))
    services = options.services or list(project.services)
    if state in _ENGINE_ONLY:
        fix = "A cluster replaces a task that ends, and cannot pause one: use `phlo stop` or `phlo restart`."
        refuse_in_cluster(project, services, _ENGINE_ONLY[state], fix)
    if getattr(options, "grace", None) is not None:
        refuse_grace(project, services, {"stopped": "stop", "restarted": "restart"}[state])
    steps = build_power(
        project.name,
        all_hosts(project, workspace.inventory),
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
        in_clusters={name: service for name, service in project.services.items() if service.placement},
        runs_again=bool(options.services),
        secrets=project.secrets,
        signal=getattr(options, "signal", ""),
    )
    hosts = open_hosts(workspace.inventory, steps.hosts(), shell.environ)
    return exit_code(carry_out(project.root, steps, hosts, options, shell), shell)


def _with_hooks(project: Project, workspace: Workspace, options: Any, shell: Shell) -> Project:
    """The project with every value where a service has hooks around its stops, whose environment may need them."""
    if any(hook.environment for service in project.services.values() for hook in service.hooks):
        return resolve_project(workspace, options, shell)
    return project
