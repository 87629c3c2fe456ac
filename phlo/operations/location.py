"""Where an operation works: on the host itself, or in a container of a service.

An operation with the arguments `service`, `container`, `project` and `own_service` works in the container that they
name, and on the host where they name none.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from phlo.bounded import MOST_OUTPUT_BYTES, Excerpt
from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.commands import run_command
from phlo.hosts.engine import CommandTimeoutError
from phlo.hosts.host import Host, ReadHost
from phlo.hosts.local_transport import LocalTransport
from phlo.hosts.transport import Job, Output, Transport
from phlo.operations.service_container import Target, find_target
from phlo.programs import ProgramTimeoutError


class LocationArgs(Protocol):
    """The arguments that say where an operation works."""

    @property
    def service(self) -> str: ...
    @property
    def container(self) -> str | None: ...
    @property
    def project(self) -> str: ...
    @property
    def own_service(self) -> str: ...
    @property
    def root(self) -> Path: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Runs programs where an operation works.

    name: the host's, or the host's and the container's. container: None on the host itself. user: as whom.
    folder: that relative paths start at, "": the one in which the transport starts programs.
    """

    name: str
    transport: Transport
    folder: str = ""
    user: str = ""
    container: Target | None = None
    is_cancelled: Callable[[], bool] = field(default=lambda: False)

    def run(
        self,
        argv: tuple[str, ...],
        *,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        chdir: str = "",
        timeout_seconds: float | None = None,
        most_bytes: int = MOST_OUTPUT_BYTES,
    ) -> Output:
        """Run a program to its end; raises what `Transport.run` raises."""
        job = Job(
            argv=argv,
            stdin=stdin,
            environment=environment or {},
            chdir=chdir or self.folder,
            user=self.user,
            timeout_seconds=timeout_seconds,
            most_bytes=most_bytes,
        )
        return self.transport.run(job, self.is_cancelled)

    def sh(self, script: str, *words: str, stdin: bytes = b"", most_bytes: int = MOST_OUTPUT_BYTES) -> Output:
        """Run a POSIX shell's script with the words as $1, $2, ...; raises OperationError when it fails."""
        try:
            done = self.run(("sh", "-c", script, "phlo", *words), stdin=stdin, most_bytes=most_bytes)
        except OSError as reason:
            raise OperationError(f"has no shell ({reason.strerror})", where=self.name) from None
        if done.code != 0:
            raise OperationError(done.complaint or f"a shell ended with status {done.code}", where=self.name)
        return done


def location_of(args: LocationArgs, host: Host | ReadHost, *, where: str) -> Location:
    """Where an operation works. where: the operation's name. Raises OperationError where it cannot work."""
    service = args.service or args.own_service
    if not service and not args.container:
        return host_location(host, args.root)
    target = find_target(args.project, service, args.container, host, where=where)
    transport = ContainerTransport(container=target.id, host=host)
    name = f"{host.name} {target.name}"
    return Location(name=name, transport=transport, user=host.user, container=target, is_cancelled=host.is_cancelled)


def works_in_container(args: LocationArgs) -> bool:
    """Whether an operation works in a container."""
    return bool(args.container or args.service or args.own_service)


def host_location(host: Host | ReadHost, root: Path) -> Location:
    """The host itself; relative paths start at the project's folder on this machine, else at the user's home.

    Raises OperationError where there is only a Docker engine.
    """
    transport = transport_of(host)
    folder = str(root) if transport.is_local else ""
    return Location(name=host.name, transport=transport, folder=folder, user=host.user, is_cancelled=host.is_cancelled)


def transport_of(host: Host | ReadHost) -> Transport:
    """How programs run on a host. Raises OperationError where there is only a Docker engine behind TCP."""
    if host.transport is not None:
        return host.transport
    if host.is_local:
        return LocalTransport()
    raise OperationError(
        f"{host.name} is reached by TCP, which only leads to its Docker engine",
        where=host.name,
        fix="Write `service: NAME` to work in a container, `delegate_to: localhost` for the control machine, or give "
        "the host a docker_host with ssh://.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerTransport:
    """Runs programs in a running container. A host that is only looked at gives a program no input."""

    container: str
    host: Host | ReadHost

    @property
    def is_local(self) -> bool:
        return False

    def run(self, job: Job, is_cancelled: Callable[[], bool]) -> Output:
        try:
            return self._looked(job) if isinstance(self.host, ReadHost) else self._changed(self.host, job)
        except CommandTimeoutError:
            raise ProgramTimeoutError(job.timeout_seconds, Excerpt(), Excerpt()) from None

    def _looked(self, job: Job) -> Output:
        assert isinstance(self.host, ReadHost)
        found = self.host.query(
            self.container,
            list(job.argv),
            environment=job.environment,
            user=job.user,
            working_dir=job.chdir,
            timeout_seconds=job.timeout_seconds,
        )
        return Output(
            code=found.code,
            stdout=found.stdout.encode(),
            stderr=found.stderr.encode(),
            is_truncated=found.is_truncated,
        )

    def _changed(self, host: Host, job: Job) -> Output:
        out, err = Excerpt(job.most_bytes), Excerpt(job.most_bytes)
        code = run_command(
            host.engine,
            self.container,
            list(job.argv),
            environment=job.environment,
            stdin=io.BytesIO(job.stdin) if job.stdin else None,
            stdout=out.add,
            stderr=err.add,
            user=job.user,
            working_dir=job.chdir,
            timeout_seconds=job.timeout_seconds,
        )
        return Output.of(code, out, err)
