"""The tasks of roles (`tasks/main.yaml`) as steps of `up`: after their service is ready, before what waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from phlo.config.project import Project, ResolvedService
from phlo.discovery.definition import ServiceDefinition
from phlo.frozen import dataclass, field, replace
from phlo.inventory.hosts import Inventory
from phlo.operations.arguments import accepted_arguments
from phlo.plan.graph import Plan, ordered
from phlo.playbook.arguments import check_arguments
from phlo.playbook.handlers import check_notifications
from phlo.playbook.load import Loader
from phlo.playbook.model import Play
from phlo.playbook.operations import Operations
from phlo.playbook.source import Origin, Raw
from phlo.values import Step

MAIN_FILES = ("tasks/main.yaml", "tasks/main.yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTasks:
    """What the step of a role's tasks runs.

    text:  the task file, by which a saved plan knows that the tasks were edited.
    nodes: of the cluster that the step's host stands for, those that the service may be on.
    play:  the parsed tasks and handlers.
    project, inventory, loader, operations: what their templates, includes and operations refer to.
    """

    service: str
    text: str
    nodes: tuple[str, ...] = ()
    play: Play = field(compare=False, repr=False)
    project: Project = field(compare=False, repr=False)
    inventory: Inventory = field(compare=False, repr=False)
    loader: Loader = field(compare=False, repr=False)
    operations: Operations = field(compare=False, repr=False)


def with_role_tasks(
    plan: Plan,
    project: Project,
    inventory: Inventory,
    services: Mapping[str, ServiceDefinition],
    *,
    without: Iterable[str] = (),
    cache: Path | None = None,
) -> Plan:
    """The plan with a step for each role that has tasks.

    without: services whose tasks are left to somebody else. cache: the user's cache folder.
    Task files are read now. Raises ConfigError for what is wrong in them.
    """
    operations = Operations()
    accepted = accepted_arguments(cache)
    loader = Loader(
        root=project.root, services=services, operations=operations.names(), accepted=accepted, vault=inventory.vault
    )
    added: dict[tuple[str, str], Step] = {}
    left = frozenset(without)
    for service in project.services.values():
        if service.name in left or not any(name in MAIN_FILES for name in service.definition.tasks):
            continue
        play = _play(service, loader)
        check_notifications(play)
        check_arguments(play, operations.find, loader.accepted)
        tasks = RoleTasks(
            service=service.name,
            text=_text(service, loader),
            nodes=service.placement.nodes if service.placement else (),
            play=play,
            project=project,
            inventory=inventory,
            loader=loader,
            operations=operations,
        )
        for host in service.hosts:
            step = _step(plan, host, tasks)
            if step is not None:
                added[host, service.name] = step
    steps = [_after_tasks(step, plan, added) for step in plan.steps]
    return replace(plan, steps=ordered((*steps, *added.values())))


def _play(service: ResolvedService, loader: Loader) -> Play:
    role = loader.role(service.name, where=service.name)
    return Play(
        name=service.name,
        hosts=Raw(list(service.hosts), Origin(None, name=service.name)),
        sections=(loader.role_tasks(role), ()),
        handlers=loader.role_handlers(role),
        folder=role.folder / "tasks",
        origin=Origin(None, name=service.name),
    )


def _text(service: ResolvedService, loader: Loader) -> str:
    name = next(name for name in MAIN_FILES if name in service.definition.tasks)
    return loader.file(service.definition.root / name).text


def _step(plan: Plan, host: str, tasks: RoleTasks) -> Step | None:
    """The step of a role's tasks; None when the plan leaves the service out."""
    own = [step.id for step in plan.steps if (step.host, step.service) == (host, tasks.service)]
    if not own:
        return None
    return Step(host=host, service=tasks.service, name="tasks", operation="tasks", args=tasks, after=tuple(own))


def _after_tasks(step: Step, plan: Plan, added: Mapping[tuple[str, str], Step]) -> Step:
    """A step that waits for a service's gate waits for the service's tasks as well."""
    gates = {one.id: (one.host, one.service) for one in plan.steps if one.gate}
    more = [
        added[gates[need]].id
        for need in step.after
        if need in gates and gates[need] in added and gates[need] != (step.host, step.service)
    ]
    return replace(step, after=tuple(dict.fromkeys((*step.after, *more)))) if more else step
