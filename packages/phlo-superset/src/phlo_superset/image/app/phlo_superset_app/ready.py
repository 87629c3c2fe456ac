"""Exit 0 when Superset answers, else say why not. Loads next to nothing: it runs every few seconds."""

from __future__ import annotations

import socket
import sys

try:
    with socket.create_connection(("127.0.0.1", 8088), timeout=5) as connection:
        connection.sendall(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
        line = connection.recv(256).split(b"\r\n")[0]
except OSError as error:
    sys.exit(f"superset: {error}")
if b" 200 " not in line:
    sys.exit(f"superset: {line.decode(errors='replace')}")
