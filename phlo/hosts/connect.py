"""How a Docker engine is reached: the socket behind a `docker_host` address."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from phlo.errors import ConfigError, HostError, no_engine_address
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import TIMEOUT_SECONDS, TIMEOUT_VARIABLE
from phlo.hosts.http1 import Connect, dial
from phlo.hosts.retry import is_passing, with_retries

if TYPE_CHECKING:
    from phlo.hosts.transport import Transport

DEFAULT_SOCKET = "unix:///var/run/docker.sock"


def open_engine(
    docker_host: str | None,
    *,
    name: str,
    environ: Mapping[str, str],
    cert_path: str | None = None,
    ssh_options: Sequence[str] = (),
) -> Engine:
    """The engine behind an address such as `unix:///var/run/docker.sock`, `ssh://ops@data-1` or `tcp://10.0.0.5:2375`.

    docker_host: None means `DOCKER_HOST` of the environment, else the local default socket.
    cert_path: folder with ca.pem, cert.pem and key.pem, with which a `tcp://` engine is spoken to in TLS; None: that of
        the environment, for an address that comes from there, too.
    ssh_options: further arguments of the `ssh` program.
    Opens nothing yet; the first request does. Raises InventoryError for an invalid address.
    """
    return reach(docker_host, name=name, environ=environ, cert_path=cert_path, ssh_options=ssh_options).engine


class Reach(NamedTuple):
    """How a host is reached. transport: how programs run there; None: as processes of this machine, or not at all."""

    engine: Engine
    transport: Transport | None


def reach(
    docker_host: str | None,
    *,
    name: str,
    environ: Mapping[str, str],
    cert_path: str | None = None,
    ssh_options: Sequence[str] = (),
) -> Reach:
    """The engine behind an address and the host's transport, which share an SSH connection; see `open_engine`."""
    address = docker_host or environ.get("DOCKER_HOST") or DEFAULT_SOCKET
    if not docker_host:
        cert_path = cert_path or cert_path_of(environ)
    where = "DOCKER_HOST" if address == environ.get("DOCKER_HOST") else name
    connect, transport = _way_to(address, name, where, environ, cert_path, ssh_options)
    return Reach(Engine(connect, name=name, timeout_seconds=_timeout(environ)), transport)


def _way_to(
    address: str, name: str, where: str, environ: Mapping[str, str], cert_path: str | None, ssh_options: Sequence[str]
) -> tuple[Connect, Transport | None]:
    try:
        parts = urlsplit(address)
        port = parts.port if parts.scheme == "tcp" else None
    except ValueError:
        raise no_engine_address(address, where) from None
    if parts.scheme == "unix":
        return _unix(parts.path, name), None
    if parts.scheme == "tcp" and parts.hostname and cert_path:
        from phlo.hosts.tls import secured

        plain = _tcp(parts.hostname, port or 2376, name)
        return secured(plain, parts.hostname, Path(cert_path), name=name), None
    if parts.scheme == "tcp" and parts.hostname:
        return _tcp(parts.hostname, port or 2375, name), None
    if parts.scheme == "ssh":
        from phlo.hosts.ssh import Tunnel, ssh_address
        from phlo.hosts.ssh_transport import SshTransport

        tunnel = Tunnel(ssh_address(parts, name=name, options=ssh_options), name, environ)
        return tunnel.connect, SshTransport(tunnel=tunnel, name=name, environ=environ)
    raise no_engine_address(address, where)


def cert_path_of(environ: Mapping[str, str]) -> str | None:
    """The folder of the TLS files for DOCKER_HOST, as docker's own command line finds it; None for no TLS."""
    if not environ.get("DOCKER_TLS_VERIFY"):
        return None
    return environ.get("DOCKER_CERT_PATH") or str(Path(environ.get("HOME") or Path.home()) / ".docker")


def _timeout(environ: Mapping[str, str]) -> float:
    """How long an engine may leave a request without an answer, in seconds."""
    text = environ.get(TIMEOUT_VARIABLE) or str(TIMEOUT_SECONDS)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ConfigError(
            f'{TIMEOUT_VARIABLE}: "{text}" is not a number of seconds',
            where="environment",
            fix=f"Write e.g. {TIMEOUT_VARIABLE}=120.",
        )
    return seconds


def _unix(path: str, name: str) -> Connect:
    def connect(timeout_seconds: float | None) -> socket.socket:
        try:
            return with_retries(lambda: dial(path, timeout_seconds), is_passing)
        except OSError as reason:
            raise _no_engine(path, name, reason) from None

    return connect


def _tcp(host: str, port: int, name: str) -> Connect:
    def connect(timeout_seconds: float | None) -> socket.socket:
        try:
            return with_retries(lambda: socket.create_connection((host, port), timeout=timeout_seconds), is_passing)
        except OSError as reason:
            raise HostError(
                f"no Docker engine answers at tcp://{host}:{port} ({reason.strerror or reason})",
                where=name,
                fix="Check the address and that the engine listens there.",
            ) from None

    return connect


def _no_engine(path: str, name: str, reason: OSError) -> HostError:
    if isinstance(reason, PermissionError):
        return HostError(
            f"you may not use the Docker engine's socket {path}",
            where=name,
            fix="Add yourself to the group that owns it (usually `docker`) and log in again, or run as root.",
        )
    what = "there is no such socket" if not os.path.exists(path) else (reason.strerror or str(reason))
    return HostError(
        f"no Docker engine answers at {Path(path)} ({what})",
        where=name,
        fix="Start it, or run `phlo doctor --install-engine` on Debian or Ubuntu as root.",
    )
