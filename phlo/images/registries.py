"""What one run has learned about registries that cannot be reached."""

from __future__ import annotations

import threading


class Registries:
    """Remembers, for one run, which registry a host cannot reach, so that no second service waits for it.

    Shared by the image steps of all services, which run side by side.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reasons: dict[tuple[str, str], str] = {}

    def mark_unreachable(self, host: str, registry: str, reason: str) -> None:
        with self._lock:
            self._reasons[host, registry] = reason

    def why_unreachable(self, host: str, registry: str) -> str | None:
        """The reason found earlier, None when nothing speaks against trying."""
        with self._lock:
            return self._reasons.get((host, registry))
