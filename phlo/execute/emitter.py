"""Makes the events of a run: secrets masked, time and run id added, passed on one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from phlo.events import (
    Emit,
    Event,
    ItemFinished,
    Note,
    PlayStarted,
    RunFinished,
    RunStarted,
    StepDetails,
    StepFinished,
    StepId,
    StepProgress,
    StepStarted,
    TaskId,
    UndoFinished,
    UndoStarted,
)
from phlo.execute.event_sink import EventSink
from phlo.execute.json_text import json_text
from phlo.frozen import replace
from phlo.values import Change, Masker, Secret, Status


class SecretMask:
    """Masks the secrets of a run, of which templates can bring more."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._learning = threading.Lock()
        self._secrets = frozenset(secrets)
        self._masker = Masker(self._secrets)

    def __call__(self, text: str) -> str:
        return self._masker(text)

    def learn(self, secret: Secret) -> None:
        """Mask one more secret from now on."""
        with self._learning:
            if secret not in self._secrets:
                self._secrets |= {secret}
                self._masker = Masker(self._secrets)


class Emitter:
    """Makes each event of one run and passes it to `emit`; any thread may call it.

    clock: seconds since the epoch. secrets: texts that no event may show.
    has_details: whether steps and tasks tell what they were given, found and gave.
    """

    def __init__(
        self,
        emit: Emit,
        *,
        run_id: str,
        clock: Callable[[], float],
        secrets: Iterable[Secret] | SecretMask = (),
        has_details: bool = False,
    ) -> None:
        self.forward = EventSink(emit)
        self._run = run_id
        self._clock = clock
        self._has_details = has_details
        self.mask = secrets if isinstance(secrets, SecretMask) else SecretMask(secrets)

    def aside(self, emit: Emit) -> Emitter:
        """An emitter for a part of the run whose events are passed to somebody else first (and then to `forward`)."""
        return Emitter(emit, run_id=self._run, clock=self._clock, secrets=self.mask, has_details=self._has_details)

    def masked(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        """The changes as they may be shown."""
        mask = self.mask
        return tuple(replace(change, at=mask(change.at), causes=tuple(map(mask, change.causes))) for change in changes)

    def check(self) -> None:
        """Raise PhloError when an event could not be passed on."""
        self.forward.check()

    def run_started(self, title: str) -> None:
        self._send(RunStarted, title=self.mask(title))

    def run_finished(self, result: str, seconds: float) -> None:
        self._send(RunFinished, result=result, seconds=seconds)

    def play_started(self, play: str, hosts: Sequence[str]) -> None:
        self._send(PlayStarted, play=self.mask(play), hosts=tuple(hosts))

    def note(self, message: str) -> None:
        self._send(Note, message=self.mask(message))

    def step_started(self, step: StepId | TaskId) -> None:
        self._send(StepStarted, step=step)

    def progress(self, step: StepId | TaskId, message: str, *, is_output: bool = False) -> None:
        self._send(StepProgress, step=step, message=self.mask(message), is_output=is_output)

    def details(
        self, step: StepId | TaskId, *, arguments: Any = None, observed: Any = None, result: Any = None
    ) -> None:
        """What a step was given, found and gave; nothing when nobody asked for it."""
        if self._has_details:
            values = {"arguments": arguments, "observed": observed, "result": result}
            shown = {name: self.mask(json_text(value)) for name, value in values.items() if value is not None}
            self._send(StepDetails, step=step, **shown)

    def step_finished(self, step: StepId | TaskId, status: Status, *, is_rescued: bool = False, **end: Any) -> None:
        """end: the further fields of `StepFinished`."""
        self._send(StepFinished, step=step, status=status, is_rescued=is_rescued, **self._end(**end))

    def item_finished(self, step: TaskId, item: str, status: Status, **end: Any) -> None:
        """end: the further fields of `ItemFinished`."""
        self._send(ItemFinished, step=step, item=self.mask(item), status=status, **self._end(**end))

    def undo_started(self, host: str, service: str) -> None:
        self._send(UndoStarted, host=host, service=service)

    def undo_finished(self, host: str, service: str, status: Status, message: str = "") -> None:
        self._send(UndoFinished, host=host, service=service, status=status, message=self.mask(message))

    def _end(
        self,
        *,
        changes: Iterable[Change] = (),
        message: str = "",
        detail: Iterable[str] = (),
        seconds: float | None = None,
        where: str = "",
        is_ignored: bool = False,
    ) -> dict[str, Any]:
        """How something ended, as it may be shown."""
        return {
            "changes": self.masked(changes),
            "message": self.mask(message),
            "detail": tuple(map(self.mask, detail)),
            "seconds": seconds,
            "where": where,
            "is_ignored": is_ignored,
        }

    def _send(self, kind: Callable[..., Event], **fields: Any) -> None:
        self.forward(kind(time=self._clock(), run=self._run, **fields))
