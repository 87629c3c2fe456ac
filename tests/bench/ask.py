"""The least that a no-op has to ask an engine, in the least that Python needs for it; a ruler, not a client.

    python -I -S ask.py SOCKET LIST_PATH [inspect]

Gets LIST_PATH (`/containers/json?...`) and, with `inspect`, every container that is listed. HTTP/1.0 spares it
everything but reading to the end.
"""

from __future__ import annotations

import json
import socket
import sys
from typing import Any


def get(path: str) -> Any:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(sys.argv[1])
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    return json.loads(answer.partition(b"\r\n\r\n")[2])


if __name__ == "__main__":
    for container in get(sys.argv[2]):
        if "inspect" in sys.argv[3:]:
            get(f"/containers/{container['Id']}/json")
