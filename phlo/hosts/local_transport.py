"""Programs on the control machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from phlo.frozen import dataclass
from phlo.hosts.piped_script import run_piped
from phlo.hosts.transport import Job, Output
from phlo.programs import run_program


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTransport:
    """Runs programs on the control machine."""

    @property
    def is_local(self) -> bool:
        return True

    def run(self, job: Job, is_cancelled: Callable[[], bool]) -> Output:
        if job.user:
            return run_piped(self._run, (), job, is_cancelled, where="control machine")
        return self._run(job.argv, job, is_cancelled)

    def _run(self, argv: Sequence[str], job: Job, is_cancelled: Callable[[], bool]) -> Output:
        done = run_program(
            list(argv),
            folder=Path(job.chdir) if job.chdir else None,
            stdin=job.stdin,
            more=job.environment,
            timeout_seconds=job.timeout_seconds,
            most_bytes=job.most_bytes,
            is_cancelled=is_cancelled,
        )
        return Output.of(done.code, done.stdout, done.stderr)
