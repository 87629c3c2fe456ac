"""The tasks of roles (`tasks/main.yaml`) as steps of `up`: after their service is ready, before what waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from phlo.config.project import Project, ResolvedService
from phlo.discovery.definition import ServiceDefinition
from phlo.errors import HostError, NodeError, OperationError, PhloError, first_of
from phlo.frozen import dataclass, replace
from phlo.hosts.host import Host, ReadHost
from phlo.inventory.hosts import Inventory
from phlo.operations import Operation, tasks
from phlo.plan.graph import Plan, ordered
from phlo.playbook.announce import Announcer
from phlo.playbook.arguments import check_arguments
from phlo.playbook.handlers import check_notifications
from phlo.playbook.load import Loader
from phlo.playbook.model import Play
from phlo.playbook.operations import Operations
from phlo.playbook.outcome import PlaybookOutcome
from phlo.playbook.run import run_plays
from phlo.playbook.source import Origin, Raw
from phlo.playbook.surroundings import Surroundings, lookup_functions
from phlo.playbook.templating import Templar
from phlo.values import Change, Event, Status, Step

MAIN_FILES = ("tasks/main.yaml", "tasks/main.yml")


def with_role_tasks(
    plan: Plan,
    project: Project,
    inventory: Inventory,
    services: Mapping[str, ServiceDefinition],
    *,
    without: Iterable[str] = (),
) -> Plan:
    """The plan with a step for each role that has tasks. without: services whose tasks are left to somebody else.

    Task files are read now. Raises ConfigError for what is wrong in them.
    """
    operations = Operations()
    loader = Loader(root=project.root, services=services, operations=operations.names())
    added: dict[tuple[str, str], Step] = {}
    left = frozenset(without)
    for service in project.services.values():
        if service.name not in left and any(name in MAIN_FILES for name in service.definition.tasks):
            play = _play(service, loader)
            check_notifications(play)
            check_arguments(play, operations.find)
            text = _text(service, loader)
            for host in service.hosts:
                run = _RoleRun(
                    project=project,
                    inventory=inventory,
                    loader=loader,
                    find=operations.find,
                    play=play,
                    host=host,
                    text=text,
                    nodes=service.place.nodes if service.place else (),
                )
                step = _step(plan, service.name, host, run)
                if step is not None:
                    added[host, service.name] = step
    steps = [_after_tasks(step, plan, added) for step in plan.steps]
    return replace(plan, steps=ordered((*steps, *added.values())))


def _play(service: ResolvedService, loader: Loader) -> Play:
    role = loader.role(service.name, where=service.name)
    return Play(
        name=service.name,
        hosts=Raw(list(service.hosts), Origin(None, name=service.name)),
        sections=(loader.role_tasks(role),),
        handlers=loader.role_handlers(role),
        folder=role.folder / "tasks",
        origin=Origin(None, name=service.name),
    )


def _text(service: ResolvedService, loader: Loader) -> str:
    """The task file, so that a plan that was saved is known to have been made from another one."""
    name = next(name for name in MAIN_FILES if name in service.definition.tasks)
    return loader.file(service.definition.root / name).text


def _step(plan: Plan, service: str, host: str, run: _RoleRun) -> Step | None:
    """The step of a role's tasks; None when the plan leaves the service out."""
    own = [step.id for step in plan.steps if (step.host, step.service) == (host, service)]
    if not own:
        return None
    return Step(
        id=f"{host}/{service}/tasks",
        host=host,
        service=service,
        operation="tasks",
        args=tasks.Args(service=service, text=run.text, look=run.look, carry_out=run.carry_out),
        after=tuple(own),
    )


def _after_tasks(step: Step, plan: Plan, added: Mapping[tuple[str, str], Step]) -> Step:
    """A step that waits for a service's gate waits for the service's tasks as well."""
    gates = {one.id: (one.host, one.service) for one in plan.steps if one.gate}
    more = [
        added[gates[need]].id
        for need in step.after
        if need in gates and gates[need] in added and gates[need] != (step.host, step.service)
    ]
    return replace(step, after=tuple(dict.fromkeys((*step.after, *more)))) if more else step


@dataclass(frozen=True, slots=True, kw_only=True)
class _RoleRun:
    """A role's tasks on one host. nodes: of the Swarm that the host stands for, those that the service may be on."""

    project: Project
    inventory: Inventory
    loader: Loader
    find: Callable[[str], Operation]
    play: Play
    host: str
    text: str
    nodes: tuple[str, ...] = ()

    def look(self, host: ReadHost) -> tuple[Change, ...]:
        """What the tasks would change; one uncounted change when that is only known once they run."""
        changes, outcome = self._run(host, check=True)
        for error in outcome.failures:
            if isinstance(error, HostError):
                raise self._lost(error)
            cause = f"known once it runs ({error.what})"
            return (Change(at=f"tasks:{self.play.name}", verb="run", causes=(cause,), is_counted=False),)
        return changes

    def carry_out(self, host: Host) -> tuple[Change, ...]:
        """Do the tasks; raises the error of the one that failed."""
        changes, outcome = self._run(host, check=False)
        if outcome.is_interrupted or host.is_cancelled():
            raise OperationError("stopped before all of its tasks were done", where=f"{self.host} {self.play.name}")
        if outcome.failures:
            first = first_of(list(outcome.failures))
            raise self._lost(first) if isinstance(first, HostError) else first
        return changes

    def _lost(self, error: HostError) -> HostError:
        """What is told of a host that is lost: on a Swarm it may be a node, and the manager goes on."""
        if not self.nodes:
            return error
        return NodeError(error.what, where=error.where, fix=error.fix, detail=error.detail)

    def _run(self, host: Host | ReadHost, *, check: bool) -> tuple[tuple[Change, ...], PlaybookOutcome]:
        found: list[Change] = []

        def take(event: Event) -> None:
            if event.kind == "step_finished":
                found.extend(_changes(event))
            elif event.kind == "step_started" and not check:
                host.progress((event.step or "").partition(" ")[2])

        announcer = Announcer(take, run_id="", clock=time.time, secrets=self.project.secrets)
        world = Surroundings(
            project=self.project,
            inventory=self.inventory,
            hosts={**{name: host.peer(name) for name in self.nodes}, self.host: host},
            loader=self.loader,
            find=self.find,
            bring_up=_refuse,
            check=check,
            forks=1,
            clock=time.time,
        )
        templar = Templar(functions=lookup_functions(self.project.root), on_secret=announcer.learn)
        outcome = run_plays([self.play], world, templar, announcer, title=self.play.name, limit=[self.host])
        return tuple(found), outcome


def _changes(event: Event) -> tuple[Change, ...]:
    """What a task's end tells of changes; those of a task that says itself when it changes something count as one."""
    name = (event.step or "").partition(" ")[2]
    if event.status in (Status.CHANGED, Status.PENDING):
        return event.changes or (Change(at=f"task:{name}", verb="run", causes=("it says so",)),)
    if event.status is Status.UNKNOWN:
        cause = event.message or "known once it runs"
        return (Change(at=f"task:{name}", verb="run", causes=(cause,), is_counted=False),)
    return ()


def _refuse(services: Sequence[str], hosts: Sequence[str]) -> Mapping[str, tuple[Change, ...]]:
    raise PhloError("a role's tasks cannot bring services up")
