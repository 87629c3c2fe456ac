"""Whether a port of this machine is free."""

from __future__ import annotations

import socket


def is_port_taken(port: int, protocol: str = "tcp", ip: str = "") -> bool:
    """Whether a program of this machine listens there. A port that this user may not open counts as free.

    ip: empty for all addresses.
    """
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with socket.socket(family, kind) as trial:
        # As the engine's own proxy does; a port in TIME_WAIT is no obstacle then.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((ip, port))
        except PermissionError:
            return False
        except OSError:
            return True
    return False
