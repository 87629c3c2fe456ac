"""TCP connections as a host sees them: whether a port answers there, and which connections are open (proc(5))."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Collection, Iterator

from phlo.errors import OperationError
from phlo.operations.host_program import ask
from phlo.operations.location import Location

# $1: host. $2: port. $3: seconds. $4: "1": print what the port says. The last line is `open` or `closed`.
_CONNECT = """
within=; if command -v timeout >/dev/null; then within="timeout $3"; fi
if command -v bash >/dev/null; then
  $within bash -c 'exec 3<>"/dev/tcp/$1/$2" || exit 1; [ -z "$3" ] || cat <&3' bash "$1" "$2" "$4" 2>/dev/null
  code=$?; [ "$4" ] && [ "$code" = 124 ] && code=0
elif command -v nc >/dev/null; then
  $within nc "$1" "$2" </dev/null 2>/dev/null; code=$?; [ "$code" = 124 ] && code=0
elif command -v python3 >/dev/null; then
  python3 -c 'import socket,sys; socket.create_connection(sys.argv[1:3], float(sys.argv[3]))' "$1" "$2" "$3" 2>/dev/null
  code=$?
else echo "there is neither bash, nc nor python3 to connect with" >&2; exit 1; fi
echo; if [ "$code" = 0 ]; then echo open; else echo closed; fi
"""
_STATES = {
    "ESTABLISHED": 1,
    "SYN_SENT": 2,
    "SYN_RECV": 3,
    "FIN_WAIT1": 4,
    "FIN_WAIT2": 5,
    "TIME_WAIT": 6,
}


def answer_of(location: Location, host: str, port: int, seconds: int, *, reads: bool = False) -> str | None:
    """What a port says within some seconds, "" where it is not asked; None when it accepts no connection."""
    try:
        printed = ask(location, _CONNECT, host, str(port), str(max(seconds, 1)), "1" if reads else "", most_bytes=65536)
    except OperationError as error:
        raise OperationError(error.what, where=location.name, fix="Install bash or nc there.") from None
    text, _, word = printed.rstrip("\n").rpartition("\n")
    return text if word == "open" else None


def connections_to(location: Location, port: int, states: Collection[str], excluded: Collection[str]) -> list[str]:
    """The addresses that are connected to a port of the host."""
    printed = ask(location, "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || true")
    numbers = {_STATES[name] for name in states}
    return [
        peer for own, peer, state in parse_sockets(printed) if own == port and state in numbers and peer not in excluded
    ]


def parse_sockets(printed: str) -> Iterator[tuple[int, str, int]]:
    """The own port, the other address and the state of each socket of /proc/net/tcp."""
    for line in printed.splitlines():
        words = line.split()
        if len(words) < 4 or ":" not in words[1]:
            continue
        peer = words[2].partition(":")[0]
        yield int(words[1].partition(":")[2], 16), _address(peer), int(words[3], 16)


def _address(digits: str) -> str:
    """An address as the kernel of a little-endian machine writes it: words of four bytes, each turned round."""
    words = [int(digits[start : start + 8], 16) for start in range(0, len(digits), 8)]
    found = ipaddress.ip_address(b"".join(struct.pack("<I", word) for word in words))
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
