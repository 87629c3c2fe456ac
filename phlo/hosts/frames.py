"""Docker's stream format: frames of an 8-byte header and data (Engine API, "Stream format")."""

from __future__ import annotations

from collections.abc import Iterator

STDOUT, STDERR = 1, 2
_HEADER_BYTES = 8


class Frames:
    """Takes the stream format apart as it arrives, without waiting for a frame to be complete."""

    __slots__ = ("_header", "_left", "_stream")

    def __init__(self) -> None:
        self._header = bytearray()
        self._stream = 0
        self._left = 0

    def take(self, piece: bytes) -> Iterator[tuple[int, bytes]]:
        """The data in the next piece of the stream, each part with the number of its output (STDOUT or STDERR)."""
        at = 0
        while at < len(piece):
            if self._left:
                data = piece[at : at + self._left]
                self._left -= len(data)
                at += len(data)
                yield self._stream, data
                continue
            part = piece[at : at + _HEADER_BYTES - len(self._header)]
            self._header += part
            at += len(part)
            if len(self._header) == _HEADER_BYTES:
                self._stream, self._left = self._header[0], int.from_bytes(self._header[4:], "big")
                self._header.clear()


def demultiplex(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The data of both outputs, in the order in which it was written."""
    frames = Frames()
    for piece in pieces:
        for _, data in frames.take(piece):
            yield data
