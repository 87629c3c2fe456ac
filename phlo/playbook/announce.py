"""Telling what a playbook does, as events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from phlo.playbook.model import Task
from phlo.playbook.result import Result
from phlo.values import Change, Emit, Event, Masker, Secret, Status

HIDDEN = "hidden by no_log"


class Announcer:
    """Hands events to whoever shows and keeps them, one at a time and with secrets masked."""

    def __init__(self, emit: Emit, *, run_id: str, clock: Callable[[], float], secrets: Sequence[Secret] = ()) -> None:
        self._emit = emit
        self._run_id = run_id
        self._clock = clock
        self._lock = threading.RLock()
        self._secrets = set(secrets)
        self._masker = Masker(secrets)

    def learn(self, secret: Secret) -> None:
        """Mask one more secret from now on."""
        with self._lock:
            if secret not in self._secrets:
                self._secrets.add(secret)
                self._masker = Masker(self._secrets)

    def mask(self, text: str) -> str:
        with self._lock:
            return self._masker(text)

    def run_started(self, title: str) -> None:
        self._send("run_started", message=title)

    def run_finished(self, message: str, seconds: float) -> None:
        self._send("run_finished", message=message, seconds=seconds)

    def play_started(self, name: str, hosts: Sequence[str]) -> None:
        self._send("play_started", message=name, detail=tuple(hosts))

    def note(self, message: str, detail: Sequence[str] = ()) -> None:
        self._send("note", message=message, detail=tuple(detail))

    def task_started(self, task: Task, host: str, step: str) -> None:
        self._send("step_started", step=step, host=host, task=task)

    def progress(self, task: Task, host: str, step: str, line: str) -> None:
        self._send("step_progress", step=step, host=host, task=task, message=line)

    def task_finished(
        self, task: Task, host: str, step: str, result: Result, label: str, seconds: float, *, is_hidden: bool
    ) -> None:
        """The end of a task, or of one item of its loop (`label`)."""
        changes, message = result.changes, result.message
        detail: tuple[str, ...] = result.diff if result.error is None else result.error.detail
        if result.error is not None:
            message = str(result.error)
            if result.is_ignored:
                message = f"ignored: {message}"
        if is_hidden:
            changes = tuple(_hidden(change) for change in changes)
            message, detail, label = HIDDEN if message else "", (), HIDDEN if label else ""
        if label:
            message = f"[{label}] {message}".rstrip()
        self._send(
            "step_finished",
            step=step,
            host=host,
            task=task,
            status=result.status,
            changes=changes,
            message=message,
            detail=detail,
            seconds=seconds,
        )

    def forward(self, event: Event) -> None:
        """An event of a run inside this one."""
        with self._lock:
            self._emit(event)

    def _send(
        self,
        kind: str,
        *,
        step: str | None = None,
        host: str | None = None,
        task: Task | None = None,
        status: Status | None = None,
        changes: tuple[Change, ...] = (),
        message: str = "",
        detail: tuple[str, ...] = (),
        seconds: float | None = None,
    ) -> None:
        mask = self.mask
        masked = tuple(
            Change(
                at=mask(change.at),
                verb=change.verb,
                causes=tuple(map(mask, change.causes)),
                is_counted=change.is_counted,
            )
            for change in changes
        )
        event = Event(
            kind=kind,
            time=self._clock(),
            run=self._run_id,
            step=step,
            host=host,
            service=None if task is None else task.role.service if task.role else "",
            operation=task.operation if task is not None else None,
            status=status,
            changes=masked,
            message=mask(message),
            detail=tuple(map(mask, detail)),
            seconds=seconds,
        )
        with self._lock:
            self._emit(event)


def _hidden(change: Change) -> Change:
    return Change(at=change.at.partition(":")[0], verb=change.verb, causes=(HIDDEN,), is_counted=change.is_counted)
