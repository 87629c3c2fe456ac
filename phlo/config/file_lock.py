"""A lock around reading a file, changing its content and replacing it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from phlo.errors import LockError

WAIT_SECONDS = 60.0
_PAUSE_SECONDS = 0.05

Notify = Callable[[str], None]


@contextmanager
def locked(path: Path, *, notify: Notify | None = None, timeout_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock for changes of a file, which need not exist; its folder has to.

    The lock is on the folder, so that no lock file is left behind, and replacing the file does not lose it. The kernel
    releases it when the process ends, however it ends. A symbolic link has the lock of what it leads to.

    notify: gets one sentence when somebody else holds the lock. Raises LockError when they keep it too long.
    """
    descriptor = os.open(path.resolve().parent, os.O_RDONLY)
    try:
        _take(descriptor, path, notify, timeout_seconds)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path, notify: Notify | None, timeout_seconds: float) -> None:
    deadline, is_first = time.monotonic() + timeout_seconds, True
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            pass
        if is_first and notify is not None:
            notify(f"Another phlo command is changing {path.name} or a file beside it: waiting for it to end.")
        is_first = False
        if time.monotonic() > deadline:
            raise LockError(
                f"another phlo command has been changing this folder's files for {timeout_seconds:g} s",
                where=path.name,
                fix="Let it end (`phlo secrets edit` holds the file while the editor is open), then try again.",
            )
        time.sleep(_PAUSE_SECONDS)
