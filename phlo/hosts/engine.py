"""Writing to a Docker engine over its HTTP API (https://docs.docker.com/reference/api/engine/)."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from phlo.bounded import excerpt_of
from phlo.errors import OperationError
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.engine_requests import READING, dotted, path_part
from phlo.hosts.frames import demultiplex
from phlo.hosts.http1 import MOST_HEAD_BYTES, Answer, Body, Connect, Connection, Limits, WireError, limit

if TYPE_CHECKING:
    from contextlib import _GeneratorContextManager

# A pull, a build or a load may say nothing for so many times as long: a step of a build compiles, a layer is unpacked.
LONG_TIMEOUT_FACTOR = 30
# Between two looks whether a command in a container has ended, and how long the engine may not know its exit status.
FIRST_EXEC_PAUSE_SECONDS = 0.01
LONGEST_EXEC_PAUSE_SECONDS = 0.5
EXEC_CODE_WITHIN_SECONDS = 5.0

Note = Callable[[str, Mapping[str, Any]], None]


class CommandTimeoutError(Exception):
    """A command inside a container has not ended in time."""


class Engine(EngineReader):
    """Reads from and writes to a Docker engine."""

    _allow: Callable[[], None] | None = None
    _note: Note | None = None

    def post(self, path: str, body: Any = None, /, *, longer_seconds: float = 0.0, **query: Any) -> Any:
        """POST a JSON body; the answer parsed as JSON, None when there is none.

        longer_seconds: how much longer than usual the answer may take (a container that may take its time to stop).
        """
        return self._json("POST", path, query, body, longer_seconds)

    def delete(self, path: str, /, **query: Any) -> None:
        self._json("DELETE", path, query)

    def put_archive(self, container: str, folder: str, archive: Body) -> None:
        """Unpack a tar archive in a folder of a container, running or not. A stream may be slow, or come slowly."""
        path = f"/containers/{path_part(container)}/archive"
        headers = {"Content-Type": "application/x-tar"}
        is_long = not isinstance(archive, bytes)
        limits = self._limits(LONG_TIMEOUT_FACTOR if is_long else 1)
        with self._exchange("PUT", path, {"path": folder}, archive, headers, is_long=is_long, limits=limits) as answer:
            self._raise_for_status(answer.status, answer.read(), f"PUT {path}")

    def post_stream(
        self,
        path: str,
        body: Body | None = None,
        /,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_factor: float = LONG_TIMEOUT_FACTOR,
        **query: Any,
    ) -> Iterator[dict[str, Any]]:
        """POST, the answer's JSON messages as they come (pull, build, load).

        timeout_factor: multiplies the usual time that the engine may be silent.
        """
        pieces = self._pieces("POST", path, query, body, headers or {}, self._limits(timeout_factor))
        yield from self._messages(pieces, f"POST {path}")

    def wait(self, container: str) -> int:
        """Wait until a container ends, however long that takes; gives its exit code."""
        with self._exchange(
            "POST", f"/containers/{container}/wait", {}, is_long=True, limits=Limits(None, None)
        ) as answer:
            return int(self._value(answer, f"POST /containers/{container}/wait")["StatusCode"])

    def exec(
        self,
        container: str,
        command: list[str],
        *,
        environment: list[str] | None = None,
        user: str = "",
        working_dir: str = "",
        timeout_seconds: float | None = None,
    ) -> tuple[int, bytes]:
        """Run a command in a running container: its exit status and its output, stdout and stderr together.

        Of an output of more than MOST_OUTPUT_BYTES the middle is left out, which a line in it says.
        Raises CommandTimeoutError when it has not ended within `timeout_seconds`; the command itself then goes on.
        """
        body = {
            "AttachStdout": True,
            "AttachStderr": True,
            "Cmd": command,
            "Env": environment or [],
            "User": user,
            "WorkingDir": working_dir,
        }
        run = self.post(f"/containers/{path_part(container)}/exec", body)["Id"]
        data = json.dumps({"Detach": False, "Tty": False}).encode()
        headers = {"Content-Type": "application/json"}
        start = f"/exec/{run}/start"
        limits = Limits(self._link.timeout_seconds, timeout_seconds)
        with self._exchange("POST", start, {}, data, headers, is_long=True, limits=limits) as answer:
            if answer.status >= 400:
                self._raise_for_status(answer.status, answer.read(), f"POST {start}")
            output = excerpt_of(demultiplex(_until(answer, timeout_seconds)))
        return self.exec_code(run, timeout_seconds), output.content()

    def exec_code(self, run: str, timeout_seconds: float | None = None) -> int:
        """The exit status of a command in a container, once it has ended.

        Its output can end before it does: a command may close its output and go on working.
        Raises CommandTimeoutError when it has not ended within `timeout_seconds`.
        """
        started = time.monotonic()
        pause, unknown_since = FIRST_EXEC_PAUSE_SECONDS, None
        while True:
            found = self.get(f"/exec/{run}/json")
            now = time.monotonic()
            if not found["Running"]:
                if found["ExitCode"] is not None:
                    return int(found["ExitCode"])
                unknown_since = unknown_since or now
                if now - unknown_since > EXEC_CODE_WITHIN_SECONDS:
                    raise OperationError("the Docker engine does not say how a command ended", where=self._link.name)
            if timeout_seconds is not None and now - started > timeout_seconds:
                raise CommandTimeoutError(f"no end within {timeout_seconds:g} s")
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_EXEC_PAUSE_SECONDS)

    def upgrade(self, path: str, body: Any) -> tuple[socket.socket, bytes]:
        """POST that turns its connection into a stream both ways: the socket, and what has come of the stream already.

        Source: Engine API, "Hijacking" (attach).
        """
        data = json.dumps(body).encode()
        head = (
            f"POST /v{dotted(self.api)}{path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        began = time.monotonic()
        channel = self._link.connect(self._link.timeout_seconds)
        try:
            channel.sendall(head.encode() + data)
            answer = b""
            while b"\r\n\r\n" not in answer:
                piece = channel.recv(4096)
                if not piece:
                    raise ConnectionResetError("it closed the connection")
                answer += piece
                if len(answer) > MOST_HEAD_BYTES:
                    raise WireError("a header without an end")
            limit(channel, None)
        except OSError as reason:
            channel.close()
            raise self._unreachable(reason, f"POST {path}", self._link.timeout_seconds) from reason
        answer, _, first = answer.partition(b"\r\n\r\n")
        status = int(answer.split(None, 2)[1])
        self._show("POST", path, status, began)
        if status >= 400:
            channel.close()
            self._raise_for_status(status, first, f"POST {path}")
        return channel, first

    @contextmanager
    def opened_to(self, path: str) -> Iterator[Connect]:
        """A way to connect for a program that writes to the engine itself. path: of the request it is about to make."""
        if self._allow is not None:
            self._allow()
        if self._note is not None:
            self._note(path, {})
        try:
            yield self._link.connect
        finally:
            if self._note is not None:
                self._note(path, {})

    def reader(self) -> EngineReader:
        """The same engine, for somebody who must not write."""
        reader = EngineReader.__new__(EngineReader)
        reader._link = self._link
        return reader

    def guarded(self, allow: Callable[[], None]) -> Engine:
        """The same engine, with `allow` called before every request that writes; what it raises stops the request."""
        engine = self._derived()
        engine._allow = allow
        return engine

    def unguarded(self) -> Engine:
        """The same engine without that call, for requests that write only in form: commands that just look."""
        engine = self._derived()
        engine._allow = None
        return engine

    def watched(self, note: Note) -> Engine:
        """The same engine, with `note` called with the path and query of every request that writes, before and after
        it."""
        engine = self._derived()
        engine._note = note
        return engine

    def _derived(self) -> Engine:
        engine = Engine.__new__(Engine)
        engine._link, engine._allow, engine._note = self._link, self._allow, self._note
        return engine

    def _exchange(
        self, method: str, path: str, query: Mapping[str, Any], *rest: Any, **options: Any
    ) -> _GeneratorContextManager[Answer]:
        exchange = super()._exchange(method, path, query, *rest, **options)
        return exchange if self._note is None or method in READING else _noted(exchange, self._note, path, query)

    def _send(
        self,
        method: str,
        url: str,
        body: Body | None,
        headers: Mapping[str, str],
        is_long: bool,
        limits: Limits,
    ) -> tuple[Connection, Answer]:
        if self._allow is not None and method not in READING:
            self._allow()
        return super()._send(method, url, body, headers, is_long, limits)


@contextmanager
def _noted(
    exchange: _GeneratorContextManager[Answer], note: Note, path: str, query: Mapping[str, Any]
) -> Iterator[Answer]:
    note(path, query)
    try:
        with exchange as answer:
            yield answer
    finally:
        note(path, query)


def _until(answer: Answer, timeout_seconds: float | None) -> Iterator[bytes]:
    """What an answer brings until it ends. The connection gives up on silence, the clock on too much talk."""
    deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    while True:
        try:
            piece = answer.read1(65536)
        except TimeoutError:
            raise CommandTimeoutError(f"no end within {timeout_seconds:g} s") from None
        if not piece:
            return
        yield piece
        if deadline is not None and time.monotonic() > deadline:
            raise CommandTimeoutError(f"no end within {timeout_seconds:g} s")
