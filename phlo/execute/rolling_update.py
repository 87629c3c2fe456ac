"""Replacing the instances of a service in batches: which may be replaced now, and which have to wait."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping

from phlo.execute.outcome import StepResult
from phlo.execute.step_reasons import ENDED_WELL
from phlo.values import Change, Rollout, Step


class RollingUpdate:
    """The instances of all services of a run. results, lost: of the run, which adds to them.

    lost: the hosts that do not answer, each with the step that noticed.
    """

    def __init__(
        self,
        steps: Mapping[str, Step],
        results: Mapping[str, StepResult],
        lost: Mapping[str, str],
        cancelled: threading.Event,
    ) -> None:
        self._steps = steps
        self._results = results
        self._lost = lost
        self._cancelled = cancelled
        self._rolled: set[str] = set()  # services of which an instance was replaced
        self._passed: dict[tuple[str, str], int] = {}

    def is_anybody_ahead(self, step: Step) -> bool:
        """Whether an image of the step's service, or an instance ahead of it, is not there yet."""
        rollout = step.rollout
        if rollout is None:
            return False
        for key, names, most in (
            ("images", rollout.images, len(rollout.images)),
            ("gates", rollout.gates, rollout.count_ahead(step.index)),
        ):
            passed = self._passed.get((step.service, key), 0)  # all before are there: nobody counts them again
            while passed < most and (names[passed] in self._results or names[passed] not in self._steps):
                passed += 1
            self._passed[step.service, key] = passed
            if passed < most:
                return True
        return False

    def waits_for(self, step: Step) -> set[str]:
        """The steps that have to end before an instance is replaced."""
        return {name for name in _ahead(step) if name in self._steps and name not in self._results}

    def may_replace(self, step: Step, rollout: Rollout) -> bool:
        """Whether an instance may be replaced after those before it; pauses where there was one."""
        missing, failed = (self._failed_of(names) for names in (rollout.images, rollout.ahead(step.index)))
        is_next = step.service in self._rolled
        if missing or failed > rollout.allowed_failures:
            return False
        if is_next and self._cancelled.wait(rollout.delay_seconds):
            return False
        self._rolled.add(step.service)
        return True

    def _failed_of(self, names: Iterable[str]) -> int:
        """How many of these steps have failed, those of lost hosts aside."""
        ended = [(self._steps[name], self._results[name]) for name in names if name in self._results]
        return sum(result.status not in ENDED_WELL for step, result in ended if step.host not in self._lost)


def is_replaced(changes: Iterable[Change]) -> bool:
    return any(change.verb == "recreate" for change in changes)


def _ahead(step: Step) -> Iterator[str]:
    """The service's images, and the gates before the instance's own."""
    if step.rollout is not None:
        yield from step.rollout.images
        yield from step.rollout.ahead(step.index)
