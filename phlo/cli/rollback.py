"""phlo rollback: what ran before a run runs again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.carry_out import carry_out, exit_code
from phlo.cli.planning import dependencies, hooks_around_stops
from phlo.cli.shell import Shell
from phlo.cli.workspace import all_hosts, open_hosts, open_workspace, resolve_project
from phlo.errors import ConfigError, did_you_mean
from phlo.hosts.host import Host
from phlo.hosts.live import Kept, kept_containers
from phlo.operations.cluster_state import state_of
from phlo.plan.rollback import build_rollback, to_put_back

if TYPE_CHECKING:
    from phlo.config.project import Project


def rollback(options: Any, shell: Shell) -> int:
    """Put the containers back that a run has replaced."""
    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell)
    hosts = open_hosts(workspace.inventory, all_hosts(project, workspace.inventory), shell.environ)
    plan = build_rollback(
        project.name,
        containers_before(options.run, project, hosts),
        dependencies(project),
        gate_timeout_seconds=options.wait_timeout,
        hooks=hooks_around_stops(project),
        secrets=project.secrets,
    )
    outcome = carry_out(project.root, plan, hosts, options, shell, check=options.check)
    code = exit_code(outcome, shell)
    if code == exits.OK and not options.check and not options.quiet:
        shell.tell("phlo.yaml still says what ran until now: `phlo plan` shows what the next `phlo up` would do.")
    return code


def containers_before(run: str | None, project: Project, hosts: Mapping[str, Host]) -> tuple[Kept, ...]:
    """The containers, and services of clusters, that `phlo rollback RUN` puts back.

    run: its id, or a beginning or end of it; None: the last one.

    Raises ConfigError for a run that made nothing, PlanError when there is no way back.
    """
    kept = [one for host in hosts.values() for one in kept_containers(host.engine, project.name, host=host.name)]
    managers = {one.hosts[0]: one.placement.orchestrator for one in project.services.values() if one.placement}
    for manager, orchestrator in sorted(managers.items()):
        kept += state_of(orchestrator).kept_services(hosts[manager].engine, project.name, host=manager)
    return to_put_back(kept, _run(run, kept))


def _run(name: str | None, kept: list[Kept]) -> str | None:
    """The run that is meant: a whole id, or the beginning or end of one that the containers know."""
    if name is None or name == "last":
        return None
    known = {run for one in kept for run in (one.made_by, one.replaced_by) if run}
    found = sorted(run for run in known if run.startswith(name) or run.endswith(name))
    if len(found) == 1 or name in found:
        return name if name in found else found[0]
    if found:
        raise ConfigError(f'"{name}" can be {len(found)} runs', fix=f"Write more characters: {', '.join(found)}.")
    hint = did_you_mean(name, known)
    fix = hint if hint.startswith("Did") else "`phlo history` lists the runs; without RUN the last one is undone."
    raise ConfigError(f'no container of this project was created or replaced by a run "{name}"', fix=fix)
