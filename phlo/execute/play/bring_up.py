"""Bringing services up in the middle of a play, as `phlo up` does."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from phlo.config.project import Project, ResolvedService
from phlo.errors import OperationError, first_of
from phlo.events import Event, StepFinished, UndoFinished, UndoStarted
from phlo.execute import run
from phlo.execute.emitter import Emitter
from phlo.execute.play.run_context import BringUp
from phlo.frozen import replace
from phlo.hosts.host import Host
from phlo.plan import Options, build
from phlo.stop_signals import Stopped
from phlo.values import Change, Status


def bringer(
    project: Project, hosts: Mapping[str, Host], emitter: Emitter, *, run_id: str, check: bool, forks: int
) -> BringUp:
    """What brings services up with all they depend on; what goes wrong is told as it happens."""

    def bring_up(services: Sequence[str], names: Sequence[str]) -> Mapping[str, tuple[Change, ...]]:
        wanted = _with_needs(project, services)
        missing = [name for name in services if name not in project.services]
        if missing:
            fix = "Enable it in phlo.yaml."
            raise OperationError(f'the service "{missing[0]}" is not part of this project', fix=fix)
        chosen = {name: _on(project, name, names) for name in wanted}
        part = replace(project, services={name: service for name, service in chosen.items() if service.hosts})
        plan = build(part, Options(only=frozenset(part.services)))
        done: dict[str, list[Change]] = {name: [] for name in names}

        def take(event: Event) -> None:
            match event:
                case StepFinished(status=Status.CHANGED | Status.PENDING):
                    done.setdefault(event.step.host, []).extend(event.changes)
                case UndoStarted():
                    emitter.note(f"{event.service}: putting back what was there")
                case UndoFinished():
                    emitter.note(f"{event.service}: {event.message or 'rolled back'}")

        outcome = run(plan, hosts, emit=take, run_id=run_id, check=check, forks=forks, clock=time.time)
        if outcome.signal is not None:
            raise Stopped(outcome.signal)
        if outcome.failures:
            raise first_of(list(outcome.failures))
        return {name: tuple(changes) for name, changes in done.items()}

    return bring_up


def _with_needs(project: Project, services: Sequence[str]) -> list[str]:
    """The services and all they depend on."""
    found: dict[str, None] = {}
    waiting = [name for name in services if name in project.services]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += [need.service for need in project.services[name].depends_on if need.service in project.services]
    return sorted(found)


def _on(project: Project, name: str, hosts: Sequence[str]) -> ResolvedService:
    service = project.services[name]
    return replace(service, hosts=tuple(host for host in service.hosts if host in hosts))
