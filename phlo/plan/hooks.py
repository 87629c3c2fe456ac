"""The hooks of services: as steps around a start, and as what is done around a stop."""

from __future__ import annotations

from collections.abc import Iterator

from phlo.config.project import Hook, Project, ResolvedService
from phlo.operations import hook
from phlo.values import Step, step_id

NO_HOOKS = hook.AroundStop()


def hook_steps(
    project: Project,
    service: ResolvedService,
    host: str,
    point: str,
    *,
    after: tuple[str, ...],
    when_changed: tuple[str, ...] = (),
    when_pending: tuple[str, ...] = (),
) -> Iterator[Step]:
    """The steps of a service's hooks at a point, one after the other."""
    for name, spec in _hooks(service, point):
        step = Step(
            host=host,
            service=service.name,
            name=name,
            operation="hook",
            args=_args(project, service, spec),
            after=after,
            when_changed=when_changed,
            when_pending=when_pending,
        )
        yield step
        after = (step.id,)


def hook_ids(service: ResolvedService, host: str, point: str) -> tuple[str, ...]:
    """The ids of those steps."""
    return tuple(step_id(host, service.name, name) for name, _ in _hooks(service, point))


def around_stop(project: Project, service: ResolvedService) -> hook.AroundStop:
    """The hooks to run when a container of a service stops."""
    found = {
        point: tuple(_args(project, service, spec) for spec in service.hooks if spec.point == point)
        for point in ("pre_stop", "post_stop")
    }
    return hook.AroundStop(before=found["pre_stop"], after=found["post_stop"])


def _hooks(service: ResolvedService, point: str) -> Iterator[tuple[str, Hook]]:
    for index, spec in enumerate(service.hooks):
        if spec.point == point:
            yield f"hook:{point}:{index}", spec


def _args(project: Project, service: ResolvedService, spec: Hook) -> hook.Args:
    return hook.Args(
        service=service.name,
        name=spec.name,
        point=spec.point,
        command=spec.command,
        folder=project.root,
        requires=spec.requires,
        delay_seconds=spec.delay_seconds,
        timeout_seconds=spec.timeout_seconds,
        environment=spec.environment,
    )
