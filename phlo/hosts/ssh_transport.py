"""Programs on a host behind an SSH server, over the connection that leads to its Docker engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from phlo.frozen import dataclass
from phlo.hosts.piped_script import run_piped
from phlo.hosts.ssh import Tunnel
from phlo.hosts.transport import Job, Output
from phlo.programs import run_program


@dataclass(frozen=True, slots=True, kw_only=True)
class SshTransport:
    """Runs programs on a host. name: the host's. environ: phlo's environment, which `ssh` gets."""

    tunnel: Tunnel
    name: str
    environ: Mapping[str, str]

    @property
    def is_local(self) -> bool:
        return False

    def run(self, job: Job, is_cancelled: Callable[[], bool]) -> Output:
        return run_piped(self._run, self.tunnel.client_words(), job, is_cancelled, where=self.name)

    def _run(self, argv: Sequence[str], job: Job, is_cancelled: Callable[[], bool]) -> Output:
        done = run_program(
            list(argv),
            environ=self.environ,
            stdin=job.stdin,
            timeout_seconds=job.timeout_seconds,
            most_bytes=job.most_bytes,
            is_cancelled=is_cancelled,
        )
        return Output.of(done.code, done.stdout, done.stderr)
