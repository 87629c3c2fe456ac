"""TLS around a connection to a Docker engine, both sides known by certificates.

Source: "Protect the Docker daemon socket", docs.docker.com.
"""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from phlo.errors import HostError, InventoryError
from phlo.hosts.http1 import Connect


def secured(connect: Connect, server_name: str, folder: Path, *, name: str) -> Connect:
    """A way to connect in TLS. folder: with ca.pem, cert.pem and key.pem, the form that docker itself has.

    Raises InventoryError when these cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    except (OSError, ssl.SSLError) as reason:
        raise InventoryError(
            f"the TLS files in {folder} cannot be used: {reason.strerror or reason}",
            where=name,
            fix="Put ca.pem, cert.pem and key.pem there, or name another folder as docker_cert_path.",
        ) from None

    def connect_secured(timeout_seconds: float | None) -> socket.socket:
        channel = connect(timeout_seconds)
        try:
            return context.wrap_socket(channel, server_hostname=server_name)
        except (OSError, ssl.SSLError) as reason:
            channel.close()
            raise HostError(
                f"no TLS with the Docker engine at {server_name} ({reason})",
                where=name,
                fix="Check that the certificates belong together, and the name in the engine's.",
            ) from None

    return connect_secured
