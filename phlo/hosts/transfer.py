"""How far a download or an upload is: bytes, and bytes a second."""

from __future__ import annotations

import time
from collections.abc import Callable

from phlo.size import size_text

SECONDS_BETWEEN = 0.5


class Transfer:
    """Reports a transfer as one line of progress that changes twice a second at most.

    title: what is transferred, e.g. `pulling postgres:17`. progress: takes each line, as `Host.progress` does.
    """

    def __init__(
        self, title: str, progress: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._title = title
        self._progress = progress
        self._clock = clock
        self._began: float | None = None
        self._reported = 0.0
        self._last = 0

    def at(self, done_bytes: int, total_bytes: int | None = None) -> None:
        """Report that so many bytes have been transferred, of so many if that is known."""
        now = self._clock()
        if self._began is None:
            self._began = self._reported = now
            return
        if done_bytes == self._last or now - self._reported < SECONDS_BETWEEN:
            return
        self._last, self._reported = done_bytes, now
        whole = f" of {size_text(total_bytes)}" if total_bytes else ""
        rate = size_text(done_bytes / (now - self._began))
        self._progress(f"{self._title}: {size_text(done_bytes)}{whole}, {rate}/s")
