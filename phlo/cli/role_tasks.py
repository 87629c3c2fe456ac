"""Adding the tasks of roles to a plan, where there are any."""

from __future__ import annotations

from phlo.cli.workspace import Workspace
from phlo.config.project import Project
from phlo.plan.graph import Plan

_MAIN_FILES = ("tasks/main.yaml", "tasks/main.yml")


def with_role_tasks(plan: Plan, project: Project, workspace: Workspace) -> Plan:
    """The plan, with a step for each role that has a `tasks/main.yaml`."""
    files = {name for service in project.services.values() for name in service.definition.tasks}
    if not files.intersection(_MAIN_FILES):
        return plan
    # Loaded only here: reading tasks takes Jinja2 and more.
    from phlo.plan import role_tasks

    return role_tasks.with_role_tasks(
        plan, project, workspace.inventory, workspace.catalog.services, cache=workspace.cache
    )


def has_role_tasks(plan: Plan) -> bool:
    """Whether a run of the plan looks inside of services, where nothing but their tasks can see a change."""
    return any(step.operation == "tasks" for step in plan.steps)
