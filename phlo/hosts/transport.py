"""How programs run where a task works: as a process of this machine, over SSH, or in a container.

A transport only runs programs. Files are read and written with what the target has: POSIX sh, cat, stat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from phlo.bounded import MOST_OUTPUT_BYTES, Excerpt
from phlo.frozen import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """code: the exit status, -N for signal N. stdout, stderr: what the program wrote.

    is_truncated: the middle of an output is left out, because it was longer than the limit.
    """

    code: int
    stdout: bytes = b""
    stderr: bytes = b""
    is_truncated: bool = False

    @classmethod
    def of(cls, code: int, stdout: Excerpt, stderr: Excerpt) -> Output:
        is_truncated = bool(stdout.left_out_bytes or stderr.left_out_bytes)
        return cls(code=code, stdout=stdout.content(), stderr=stderr.content(), is_truncated=is_truncated)

    @property
    def text(self) -> str:
        """What it printed, as text."""
        return self.stdout.decode(errors="replace")

    @property
    def complaint(self) -> str:
        """The last line that it wrote to stderr."""
        lines = self.stderr.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A program to run.

    chdir: the folder to run it in; "": where the transport starts programs. user: as whom, "": as the user who is
    signed in. most_bytes: how much of each output is kept.
    """

    argv: tuple[str, ...]
    stdin: bytes = b""
    environment: Mapping[str, str] = field(default_factory=dict)
    chdir: str = ""
    user: str = ""
    timeout_seconds: float | None = None
    most_bytes: int = MOST_OUTPUT_BYTES


class Transport(Protocol):
    """Runs programs in one place."""

    @property
    def is_local(self) -> bool:
        """Whether paths are those of the control machine."""

    def run(self, job: Job, is_cancelled: Callable[[], bool]) -> Output:
        """Run a program to its end.

        Raises HostError when the place cannot be reached, OSError when the program cannot be run, ProgramTimeoutError
        when it did not end in time or the run was cancelled, OperationError when it cannot be run as `job.user`.
        """
