"""Exit 0 when a part of Dagster is ready, else say what is missing.

    python ready.py webserver | daemon | code

Dagster's own checks load all of Dagster, which takes seconds; these load next to nothing.
"""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

# The daemons that every schedule, sensor and run waits for.
NEEDED = {"SCHEDULER", "SENSOR", "QUEUED_RUN_COORDINATOR"}
# A daemon writes its heartbeat every 30 seconds.
STALE_SECONDS = 120


def webserver() -> None:
    request = b"GET /server_info HTTP/1.0\r\nHost: localhost\r\n\r\n"
    if b" 200 " not in said(3001, request).split(b"\r\n")[0]:
        sys.exit("the webserver does not serve yet")
    if b" 401 " not in said(3000, request).split(b"\r\n")[0]:
        sys.exit("the guard does not ask for a login")


def code() -> None:
    # The port opens once the workflows are loaded, or known not to load. What answers HTTP/2's preface with a SETTINGS
    # frame (RFC 9113, 3.4) is the gRPC server.
    preface, settings = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
    if said(4000, preface + settings)[3:4] != b"\x04":
        sys.exit("the code server does not serve yet")


def said(port: int, request: bytes) -> bytes:
    """The beginning of what a port answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request)
        return connection.recv(256)


def daemon() -> None:
    import psycopg2

    with psycopg2.connect("service=dagster", connect_timeout=2) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT daemon_type, extract(epoch FROM timestamp) FROM daemon_heartbeats")
        heard = {name: float(when) for name, when in cursor.fetchall()}
    since = max(_started(), time.time() - STALE_SECONDS)
    silent = sorted(name for name in NEEDED if heard.get(name, 0) < since)
    if silent:
        sys.exit(f"no heartbeat of {', '.join(silent)}")


def _started() -> float:
    """When this container was started: process 1's own time (proc_pid_stat(5), starttime, in 1/100 s since boot)."""
    ticks = int(Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19])
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return time.time() - uptime + ticks / 100


if __name__ == "__main__":
    try:
        {"webserver": webserver, "daemon": daemon, "code": code}[sys.argv[1]]()
    except Exception as error:  # whatever a part that is not there yet makes of it
        sys.exit(f"{sys.argv[1]}: {' '.join(str(error).split())[:200]}")
