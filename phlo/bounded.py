"""Reading foreign data within limits: lines, command output, files and JSON that phlo did not write.

Every place that reads a container's log, a program's output, a file or a network answer uses these functions, so that
neither an endless line nor a file of many gigabytes can fill the memory. What exceeds a limit is an error, or is cut
and marked as cut, never silently shortened.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

KIB, MIB = 1024, 1024 * 1024

# The longest line that is kept whole; Docker's own json-file driver splits lines after 16 KiB.
MOST_LINE_BYTES = MIB
# The longest line that an error shows whole.
MOST_SHOWN_LENGTH = 1000
# What is read of a log to show its last lines.
MOST_LOG_BYTES = MIB
# What `register` and errors keep of each output of a command.
MOST_OUTPUT_BYTES = 8 * MIB
# Configuration that people write: YAML, environment files, templates, secrets.
MOST_CONFIGURATION_BYTES = 4 * MIB
# Files that are carried around whole: files of roles, `copy`, `fetch`.
MOST_FILE_BYTES = 256 * MIB


class TooLargeError(OSError):
    """Something is larger than its limit; `strerror` says how large it may be."""

    def __init__(self, most_bytes: int, path: Path | None = None) -> None:
        super().__init__(errno.EFBIG, f"it is larger than {size_text(most_bytes)}, the most that phlo reads of it")
        self.filename = None if path is None else str(path)

    def __str__(self) -> str:
        return str(self.strerror)


class Lines:
    """Splits a stream of bytes into lines, in time proportional to its length.

    A line of more than `most_bytes` is cut there, and ends with a mark that says how much was left out.
    """

    def __init__(self, most_bytes: int = MOST_LINE_BYTES) -> None:
        self._most_bytes = most_bytes
        self._line = bytearray()
        self._left_out = 0

    def add(self, piece: bytes) -> list[bytes]:
        """The lines that the next piece of the stream completes, without their line ends."""
        first, *others = piece.split(b"\n")
        self._extend(first)
        lines = []
        for other in others:
            lines.append(self._take())
            self._extend(other)
        return lines

    def end(self) -> list[bytes]:
        """The last line, when the stream did not end with a line end."""
        return [self._take()] if self._line else []

    def _extend(self, part: bytes) -> None:
        room = self._most_bytes - len(self._line)
        self._line += part[:room] if len(part) > room else part
        self._left_out += max(len(part) - room, 0)

    def _take(self) -> bytes:
        line = bytes(self._line)
        if self._left_out:
            line += f" [phlo left out {self._left_out:,} bytes of this line]".encode()
        self._line, self._left_out = bytearray(), 0
        return line


def text_lines(pieces: Iterable[bytes], most_bytes: int = MOST_LINE_BYTES) -> Iterator[list[str]]:
    """The lines of a stream as text, in the groups in which they arrive; line ends (also `\\r\\n`) are removed."""
    lines = Lines(most_bytes)
    for piece in pieces:
        if found := lines.add(piece):
            yield [_as_text(line) for line in found]
    if found := lines.end():
        yield [_as_text(line) for line in found]


def _as_text(line: bytes) -> str:
    return line.decode(errors="replace").rstrip("\r")


class Excerpt:
    """Keeps the beginning and the end of an output, and counts what it leaves out in between."""

    def __init__(self, most_bytes: int = MOST_OUTPUT_BYTES) -> None:
        self._half = most_bytes // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._size = 0

    def add(self, piece: bytes) -> None:
        self._size += len(piece)
        room = self._half - len(self._head)
        if room > 0:
            self._head += piece[:room]
            piece = piece[room:]
        self._tail += piece
        if len(self._tail) > 2 * self._half:  # cut rarely, so that the time stays proportional to the output
            del self._tail[: -self._half]

    @property
    def left_out_bytes(self) -> int:
        """How many bytes in the middle are not kept; 0 when the output is complete."""
        return self._size - len(self._head) - min(len(self._tail), self._half)

    def content(self) -> bytes:
        """The output, with a line that says how much is missing in the place where it is missing."""
        tail = self._tail[-self._half :] if len(self._tail) > self._half else self._tail
        missing = self.left_out_bytes
        mark = f"\n[phlo left out {missing:,} bytes of the output here]\n".encode() if missing else b""
        return bytes(self._head + mark + tail)

    def text(self) -> str:
        return self.content().decode(errors="replace")


def excerpt_of(pieces: Iterable[bytes], most_bytes: int = MOST_OUTPUT_BYTES) -> Excerpt:
    """Read a stream to its end and keep its beginning and its end."""
    found = Excerpt(most_bytes)
    for piece in pieces:
        found.add(piece)
    return found


def last_lines(text: str, count: int) -> list[str]:
    """The last lines of an output, as an error shows them: without empty ones at the end, each cut to a readable
    length."""
    lines = text.rstrip().splitlines()[-count:]
    return [line if len(line) <= MOST_SHOWN_LENGTH else f"{line[:MOST_SHOWN_LENGTH]}…" for line in lines]


def join_pieces(pieces: Iterable[bytes], most_bytes: int) -> bytes:
    """The whole of a stream. Raises TooLargeError as soon as it exceeds `most_bytes`."""
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) > most_bytes:
            raise TooLargeError(most_bytes)
    return bytes(found)


def read_stream(stream: IO[bytes], most_bytes: int) -> bytes:
    """The rest of a stream. Raises TooLargeError when it is more than `most_bytes`."""
    return join_pieces(iter(lambda: stream.read(64 * KIB), b""), most_bytes)


def read_file(path: Path, most_bytes: int = MOST_FILE_BYTES) -> bytes:
    """The content of a file. Raises OSError, and TooLargeError without reading a file that is too large."""
    with path.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size > most_bytes:
            raise TooLargeError(most_bytes, path)
        content = stream.read(most_bytes + 1)  # a device or a pipe has no size
    if len(content) > most_bytes:
        raise TooLargeError(most_bytes, path)
    return content


def read_configuration(path: Path) -> bytes:
    """The content of a file of configuration. Raises as `read_file`."""
    return read_file(path, MOST_CONFIGURATION_BYTES)


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError, also for one that is nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(f"it is nested more than {sys.getrecursionlimit()} levels deep") from None


def size_text(size_bytes: int) -> str:
    """`4 MiB`, `512 KiB`, `17 bytes`."""
    for unit, name in ((MIB, "MiB"), (KIB, "KiB")):
        if size_bytes >= unit:
            return f"{size_bytes / unit:g} {name}"
    return f"{size_bytes} bytes"
