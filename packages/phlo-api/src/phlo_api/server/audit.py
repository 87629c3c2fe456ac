"""What was done through this API and by whom: a line of JSON each, in a file that only grows."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from pathlib import Path

from phlo_api.server.models import AuditEntry
from phlo_api.server.tokens import Identity

MOST_BYTES = 5_000_000


class Audit:
    """The log. Once it is large it is set aside as `<name>.1`, in the place of the one before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

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
        entry = AuditEntry(
            time=time.time(),
            who=who.name,
            role=who.role,
            action=action,
            target=target,
            result=result,
            run=run,
            detail=detail,
            address=address,
        )
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size > MOST_BYTES:
                os.replace(self._path, f"{self._path}.1")
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(entry.model_dump_json() + "\n")

    def latest(self, limit: int) -> list[AuditEntry]:
        """The newest entries first."""
        with self._lock:
            try:
                with self._path.open(encoding="utf-8") as file:
                    lines = deque(file, maxlen=limit)
            except FileNotFoundError:
                return []
        return [AuditEntry(**json.loads(line)) for line in reversed(lines) if line.endswith("\n")]

    def starters(self) -> dict[str, str]:
        """Run -> who started it through this API, of those that the log still has."""
        return {entry.run: entry.who for entry in self.latest(10_000) if entry.run}
