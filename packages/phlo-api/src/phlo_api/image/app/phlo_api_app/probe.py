"""Exit 0 when the API answers: the container's health check."""

from __future__ import annotations

import http.client
import sys


def main() -> int:
    connection = http.client.HTTPConnection("127.0.0.1", 4000, timeout=2)
    connection.request("GET", "/health")
    response = connection.getresponse()
    sys.stdout.write(response.read().decode(errors="replace"))
    return 0 if response.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
