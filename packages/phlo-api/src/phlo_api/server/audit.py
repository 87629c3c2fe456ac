"""What was done through this API and by whom: a line of JSON each, in a file that only grows.

A crash or a full disk can leave a torn line at the end. The next start closes it off, notes it in the log itself, and
goes on behind it; lines that cannot be read are counted and left out.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from phlo_api.server.bounded import last_bytes
from phlo_api.server.buckets import Buckets
from phlo_api.server.models import AuditEntry
from phlo_api.server.problems import Refusal
from phlo_api.server.tokens import Identity

MOST_BYTES = 5_000_000
MOST_TEXT = 300
# Refusals cost nothing to cause: of one token only so many a minute are written, or they would push out other entries.
REFUSALS_PER_MINUTE = 60
_log = logging.getLogger("phlo_api.audit")


class Audit:
    """The log. Once it is large it is set aside as `<name>.1`, which replaces the one before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._refusals = Buckets(REFUSALS_PER_MINUTE)
        self._left_out = 0
        self._close_torn_line()

    def note(
        self,
        who: Identity,
        action: str,
        target: str,
        result: str,
        *,
        run: str | None = None,
        detail: str = "",
        address: str = "",
    ) -> None:
        """Write an entry. Raises a Refusal when it cannot be written, so that nothing is done without a trace."""
        with self._lock:
            if result == "refused":
                if self._refusals.take(who.name.encode()):
                    self._left_out += 1
                    return
                if self._left_out:
                    detail = f"{detail} ({self._left_out} refusals before this one were not written)"
                    self._left_out = 0
            entry = AuditEntry(
                time=time.time(),
                who=who.name,
                role=who.role,
                action=action,
                target=target[:MOST_TEXT],
                result=result,
                run=run,
                detail=detail[:MOST_TEXT],
                address=address[:MOST_TEXT],
            )
            try:
                self._append(entry.model_dump_json().encode() + b"\n")
            except OSError as reason:
                _log.error("%s cannot be written (%s): %s", self._path, reason.strerror, entry.model_dump_json())
                raise Refusal(
                    503,
                    f"the audit log cannot be written ({reason.strerror})",
                    fix="See `phlo doctor`: the disk may be full.",
                ) from None

    def latest(self, limit: int) -> list[AuditEntry]:
        """The newest entries first."""
        with self._lock:
            entries = (entry for line in reversed(self._lines()) if (entry := _entry(line)) is not None)
            return list(islice(entries, limit))

    def starters(self) -> dict[str, str]:
        """Run -> who started it through this API, of the runs that the log still has."""
        return {entry.run: entry.who for entry in self.latest(10_000) if entry.run}

    def unreadable_lines(self) -> int:
        """How many lines of the log cannot be read."""
        with self._lock:
            return sum(_entry(line) is None for line in self._lines())

    def _lines(self) -> list[bytes]:
        try:
            data, _ = last_bytes(self._path, 2 * MOST_BYTES)
        except OSError:
            return []
        whole, _, _ = data.rpartition(b"\n")
        return [line for line in whole.split(b"\n") if line]

    def _append(self, data: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists() and self._path.stat().st_size > MOST_BYTES:
            os.replace(self._path, f"{self._path}.1")
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(descriptor, "wb", buffering=0) as file:
            start = file.seek(0, os.SEEK_END)
            try:
                if file.write(data) != len(data):
                    raise OSError(28, "No space left on device")
                os.fsync(file.fileno())
            except OSError:
                file.truncate(start)
                raise

    def _close_torn_line(self) -> None:
        """End a line that was cut off, and note that there is one."""
        try:
            data, _ = last_bytes(self._path, 1)
        except OSError:
            return
        if not data or data == b"\n":
            return
        what = "the last line of the audit log was cut off, by a crash or a full disk; an entry is lost"
        _log.warning("%s: %s", self._path, what)
        entry = AuditEntry(
            time=time.time(), who="phlo-api", role="server", action="audit", target=self._path.name,
            result="failed", detail=what,
        )  # fmt: skip
        try:
            self._append(b"\n" + entry.model_dump_json().encode() + b"\n")
        except OSError as reason:
            _log.error("%s cannot be written (%s)", self._path, reason.strerror)


def _entry(line: bytes) -> AuditEntry | None:
    try:
        return AuditEntry.model_validate_json(line)
    except ValidationError:
        return None
