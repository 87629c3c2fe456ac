"""phlo secrets rotate: a new value for a secret, and the services that use it recreated with it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from phlo.cli import exits
from phlo.cli.carry_out import carry_out, exit_code
from phlo.cli.planning import write_outputs
from phlo.cli.role_tasks import with_role_tasks
from phlo.cli.secrets import open_vault_of, with_passphrase
from phlo.cli.shell import Shell
from phlo.cli.workspace import Workspace, open_hosts, open_workspace, resolve_project
from phlo.config.project import Project
from phlo.config.rotation import rotation_of
from phlo.config.secrets import random_secret
from phlo.errors import first_of
from phlo.plan import Options, Plan, build
from phlo.values import Secret

# The action of a role that changes a secret where the service itself has stored it.
ACTION = "rotate"


def rotate(options: Any, shell: Shell) -> int:
    """Give a secret a new value and roll what uses it; if that fails, restore the old value."""
    workspace = open_workspace(options, shell)
    shell = with_passphrase(workspace.root, shell)
    before = resolve_project(workspace, options, shell)
    rotation = rotation_of(before, options.name, open_vault=lambda: open_vault_of(workspace.root, shell))
    fresh = random_secret()
    given = Namespace(**{**vars(options), "extra": [*options.extra, f"{options.name}={fresh}"]})
    after = resolve_project(workspace, given, shell)
    services = sorted({*changed_services(build(before), build(after)), *changed_providers(before, after)})
    take_back = rotation.put(Secret(fresh))
    if not services:
        shell.tell(f"{options.name} has a new value. No service uses it.")
        return exits.OK
    shell.tell(f"{options.name} has a new value. Services that use it: {', '.join(services)}.")
    # As it is kept now: templates can say where a value comes from.
    after = resolve_project(workspace, options, shell)
    code = _bring_in(after, services, workspace, options, shell)
    if code == exits.OK:
        return code
    take_back()
    shell.tell(f"{options.name} has its old value again, for not every service came up with the new one.")
    _bring_in(before, services, workspace, options, shell)
    return code


def changed_services(before: Plan, after: Plan) -> list[str]:
    """The services of which a step differs between two plans, in alphabetical order."""
    known = {step.id: step.args for step in before.steps}
    return sorted({step.service for step in after.steps if step.service and known.get(step.id) != step.args})


def changed_providers(before: Project, after: Project) -> list[str]:
    """The services whose tasks see another claim of others: a user's password, say, that they keep for them."""
    return [
        name
        for name, service in after.services.items()
        if service.facts.get("claims") != before.services[name].facts.get("claims")
    ]


def _bring_in(project: Project, services: Sequence[str], workspace: Workspace, options: Any, shell: Shell) -> int:
    """Bring the project's value of the secret to these services: to what they have stored, then to the containers."""
    return _run_actions(project, services, workspace, options, shell) or _roll(
        project, services, workspace, options, shell
    )


def _run_actions(project: Project, services: Sequence[str], workspace: Workspace, options: Any, shell: Shell) -> int:
    """Run the `rotate` action of the services' roles that have one, while the containers still know the other value."""
    files = {f"tasks/{ACTION}{suffix}" for suffix in (".yaml", ".yml")}
    names = {name for name in services if files.intersection(project.services[name].definition.tasks)}
    if not names:
        return exits.OK
    from phlo.cli.actions import find_actions, run_action

    found, problems = find_actions(workspace.catalog, workspace.root)
    actions = [action for action in found if action.service in names and action.name == ACTION]
    if len(actions) < len(names):
        raise first_of(problems)
    return next((code for action in actions if (code := run_action(action, (), options, shell))), exits.OK)


def _roll(project: Project, services: Sequence[str], workspace: Workspace, options: Any, shell: Shell) -> int:
    """`up` of exactly these services."""
    plan = build(project, Options(only=frozenset(services), gate_timeout_seconds=options.wait_timeout))
    plan = with_role_tasks(plan, project, workspace)
    write_outputs(project)
    hosts = open_hosts(workspace.inventory, plan.hosts(), shell.environ)
    return exit_code(carry_out(project.root, plan, hosts, options, shell), shell)
