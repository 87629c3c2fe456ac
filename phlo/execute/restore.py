"""Putting services back to what ran before, and tidying up once a run has ended well."""

from __future__ import annotations

from phlo.errors import PhloError, mask_error
from phlo.execute.emitter import Emitter
from phlo.execute.undo_log import Key, Rollback, UndoLog
from phlo.values import Status


class Restorer:
    """Undoes what the log has, with events. failures: of the run, to which those of an undo are added."""

    def __init__(self, log: UndoLog, emit: Emitter, failures: list[PhloError]) -> None:
        self._log = log
        self._emit = emit
        self._failures = failures

    def put_back(self, key: Key) -> None:
        """Undo what this run did to a service, the last change first."""
        host, service = key
        self._emit.undo_started(host, service)
        try:
            self._log.undo(key)
        except PhloError as error:
            masked = mask_error(error, self._emit.mask)
            self._failures.append(masked)
            self._emit.undo_finished(host, service, Status.FAILED, str(masked))
        else:
            self._emit.undo_finished(host, service, Status.ROLLED_BACK)

    def settle(self, rollback: Rollback, *, is_cancelled: bool) -> None:
        """At the end of a run: put back, or tidy up, what no gate has committed."""
        if rollback is Rollback.NONE:
            return
        if rollback is Rollback.SERVICE or self._failures or is_cancelled:
            for key in self._log.uncommitted():
                self.put_back(key)
            return
        try:
            self._log.finish_all()
        except PhloError as error:
            self._failures.append(mask_error(error, self._emit.mask))
