"""The plan of an `up` as the command line asks for it, and what it needs besides."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from phlo.cli.deletion import protection_of
from phlo.cli.narrow import tagged
from phlo.cli.role_tasks import with_role_tasks
from phlo.cli.workspace import Workspace
from phlo.frozen import replace
from phlo.plan import Options, Plan
from phlo.plan import build as build_plan
from phlo.plan.hooks import around_stop

if TYPE_CHECKING:
    from phlo.config.project import Project
    from phlo.operations.hook import AroundStop


def whole_plan(project: Project, workspace: Workspace, options: Any) -> Plan:
    """The steps of `up`, tasks of roles included, cut down to what the options ask for."""
    hosts = tuple(sorted(workspace.inventory.hosts))
    plan = build_plan(project, replace(plan_options(project, options), hosts=hosts))
    return tagged(with_role_tasks(plan, project, workspace), options.tags)


def plan_options(project: Project, options: Any) -> Options:
    """What the command line says about how a project is brought up."""
    return Options(
        recreate=frozenset(options.services or project.services) if options.recreate else frozenset(),
        only=frozenset(project.services) if options.services or getattr(options, "exclude", ()) else None,
        remove_orphans=options.remove_orphans,
        gate_timeout_seconds=getattr(options, "wait_timeout", Options().gate_timeout_seconds),
        protection=protection_of(project, options),
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
    """Write the files of packages under `.phlo/`, those that differ."""
    from phlo.config.atomic import replace_file
    from phlo.config.ownership import make_folder

    for name, data in project.outputs.items():
        path = project.root / name
        if not path.is_file() or path.read_bytes() != data:
            make_folder(path.parent)
            replace_file(path, data)
