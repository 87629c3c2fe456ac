"""Which services run to their end, and what a service waits for of the services that it depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from phlo.errors import ConfigError
from phlo.values import Condition

if TYPE_CHECKING:
    from phlo.compose.model import Healthcheck
    from phlo.config.containers import Container

# The engine starts a container with one of these again whenever it ends.
_ALWAYS_RESTARTED = ("always", "unless-stopped")


class Conditions:
    """The kinds of a project's services and the conditions between them.

    containers: of every service of the project, by name.
    """

    def __init__(self, containers: Mapping[str, Container]) -> None:
        self._containers = containers
        self._awaited = _awaited(containers.values())

    def is_one_shot(self, name: str) -> bool:
        """Whether a service is to run to its end.

        Its role says so; another service waits for its end; it is called `*-setup`; or it has `restart: "no"` and
        serves nobody. `condition: none` of `deploy.restart_policy` alone is not a sign: it is about failures.
        """
        container = self._containers[name]
        stated, restart = container.definition.one_shot, container.compose.restart
        if stated is not None:
            return stated
        if restart is not None and restart.name in _ALWAYS_RESTARTED:
            return False
        if container.definition.kind == "compose":
            return name in self._awaited
        if name in self._awaited or name.endswith(("-setup", "_setup")):
            return True
        return restart is not None and restart.name == "no" and not restart.is_from_deploy and not _serves(container)

    def may_end(self, name: str) -> bool:
        """Whether an end with status 0 means that the service's work is done, as far as its configuration can tell."""
        container = self._containers[name]
        restart = container.compose.restart
        return (
            container.definition.one_shot is None
            and (restart is None or restart.name not in _ALWAYS_RESTARTED)
            and not _serves(container)
        )

    def of(self, container: Container, other: str) -> Condition:
        """What a service waits for of another one. Raises ConfigError for what can never be fulfilled."""
        given = (container.compose.depends_on.get(other) or {}).get("condition")
        if given is None:
            # What a Compose file lists waits for the start, as in Compose.
            return Condition.STARTED if container.definition.kind == "compose" else self._inferred(other)
        condition = Condition(given)
        if condition is Condition.COMPLETED:
            self._check_that_it_ends(container, other)
        if condition is Condition.HEALTHY:
            self._check_that_it_is_probed(container, other)
        return condition

    def healthy_wanted_at(self, name: str) -> str:
        """Where a service is first asked to be healthy though its configuration has no check; "" when nowhere.

        Its image may have one, which only the host can tell.
        """
        if _has_test(self._containers[name].compose.healthcheck):
            return ""
        for container in self._containers.values():
            entry = container.compose.depends_on.get(name)
            if entry is not None and entry["condition"] == Condition.HEALTHY:
                return _where(container, name)
        return ""

    def _inferred(self, name: str) -> Condition:
        if self.is_one_shot(name):
            return Condition.COMPLETED
        return Condition.HEALTHY if _has_test(self._containers[name].compose.healthcheck) else Condition.STARTED

    def _check_that_it_ends(self, container: Container, other: str) -> None:
        target = self._containers[other]
        restart = target.compose.restart
        what = f'"{container.definition.name}" waits for the end of "{other}", which '
        if restart is not None and restart.name in _ALWAYS_RESTARTED:
            fix = f'Write `restart: "no"` or `restart: on-failure` for {other}, or another condition.'
            raise ConfigError(
                f"{what}is restarted whenever it ends (restart: {restart.name})",
                where=_where(container, other),
                fix=fix,
            )
        if target.definition.one_shot is False:
            fix = f"Take `one_shot: false` of {other} out, or write another condition."
            raise ConfigError(f"{what}says one_shot: false", where=_where(container, other), fix=fix)

    def _check_that_it_is_probed(self, container: Container, other: str) -> None:
        check = self._containers[other].compose.healthcheck
        if check is not None and check.is_disabled:
            raise ConfigError(
                f'"{container.definition.name}" waits for "{other}" to be healthy, and the health check of "{other}" '
                "is disabled",
                where=_where(container, other),
                fix=f"Give {other} a `healthcheck`, or write condition: service_started.",
            )


def check_one_shot(container: Container) -> None:
    """Raise ConfigError for a one-shot that the engine restarts whenever it ends."""
    restart = container.compose.restart
    if container.definition.one_shot and restart is not None and restart.name in _ALWAYS_RESTARTED:
        raise ConfigError(
            f'"one_shot: true" and "restart: {restart.name}" contradict each other: it would be started again '
            "whenever it ends",
            where=container.merged.where("restart"),
            fix='Write `restart: "no"` or `restart: on-failure`, or take one_shot out.',
        )


def _awaited(containers: Iterable[Container]) -> frozenset[str]:
    """The services whose end another one waits for."""
    return frozenset(
        other
        for container in containers
        for other, entry in container.compose.depends_on.items()
        if entry["condition"] == Condition.COMPLETED
    )


def _serves(container: Container) -> bool:
    """Whether a service's configuration shows that others use it while it runs."""
    compose = container.compose
    return bool(compose.ports or compose.expose or _has_test(compose.healthcheck) or container.definition.provides)


def _has_test(check: Healthcheck | None) -> bool:
    return check is not None and bool(check.test) and not check.is_disabled


def _where(container: Container, other: str) -> str:
    return container.merged.where("depends_on", other, "condition")
