"""phlo why: the causes of a service's last recreation, and of the next."""

from __future__ import annotations

from typing import Any

from phlo.cli import exits
from phlo.cli.run_id import new_run_id
from phlo.cli.shell import Shell
from phlo.cli.workspace import open_hosts, open_workspace, resolve_project
from phlo.execute.history import read_runs, run_ids
from phlo.hosts.live import LiveContainer, kept_containers, live_containers
from phlo.values import Status


def why(options: Any, shell: Shell) -> int:
    """Tell why a service was recreated, and what would happen to it now."""
    from phlo.execute import run
    from phlo.plan import build
    from phlo.report.run_state import RunState
    from phlo.report.why import Reasons, failed_attempt, why_data, why_text

    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell, asked=(options.service,))
    plan = build(project)
    hosts = open_hosts(workspace.inventory, plan.hosts(), shell.environ)
    state = RunState()
    outcome = run(plan, hosts, emit=state.take, run_id=new_run_id(), check=True)
    containers: list[LiveContainer] = []
    kept: dict[str, str] = {}
    for name in project.services[options.service].hosts:
        engine = hosts[name].engine
        containers += live_containers(engine, project.name, host=name, services=[options.service])
        kept |= {one.name: one.replaced_by for one in kept_containers(engine, project.name, host=name)}
    steps = [step for step in plan.steps if step.service == options.service]
    wrong = [outcome.steps[step.id].status in (Status.FAILED, Status.UNREACHABLE) for step in steps]
    newest = max((one.made_by for one in containers), default="")
    later = [name for name in reversed(run_ids(workspace.root)) if name > newest]
    reasons = Reasons(
        service=options.service,
        containers=tuple(containers),
        kept=kept,
        failed=failed_attempt(options.service, read_runs(workspace.root, later, shell.tell)),
        next=tuple(change for step in steps for change in outcome.steps[step.id].changes if change.is_counted),
        problem=str(outcome.failures[0]) if any(wrong) else "",
    )
    if options.json:
        shell.say_json(why_data(reasons))
    else:
        shell.say(why_text(reasons, shell.style(options)))
    return exits.OK
