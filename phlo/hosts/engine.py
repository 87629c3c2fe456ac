"""A Docker engine over its HTTP API.

`EngineReader` can only read: whatever holds one cannot change the engine. `Engine` adds the verbs
that write. Both speak the Engine API (https://docs.docker.com/reference/api/engine/) over a
connection that a `Transport` opens, and keep connections open between requests.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from phlo.errors import EngineError, HostError
from phlo.hosts.patience import pauses
from phlo.hosts.wire import Answer, Body, Connect, Connection, Limits, limit

if TYPE_CHECKING:
    from contextlib import _GeneratorContextManager

OLDEST_API = (1, 41)
NEWEST_API = (1, 51)
_READING = ("GET", "HEAD")
TIMEOUT_SECONDS = 60.0
TIMEOUT_VARIABLE = "PHLO_ENGINE_TIMEOUT"
# A pull, a build or a load may say nothing for so many times as long: a step of a build compiles, a layer is unpacked.
PATIENCE = 30
# So many requests go over a connection before the first answer is read; they have to fit into a socket's buffer.
AT_ONCE = 100


Note = Callable[[str, Mapping[str, Any]], None]


class CommandTimeoutError(Exception):
    """A command inside a container has not ended in time."""


@lru_cache(maxsize=4096)
def path_part(text: str) -> str:
    """A name made safe as one part of a request path (an image reference keeps its slashes and colons)."""
    return quote(text, safe="/:@")


class _Link:
    """What all readers and writers of one engine share: how it is reached, its open connections, its API version."""

    def __init__(self, connect: Connect, name: str, timeout_seconds: float) -> None:
        self.connect = connect
        self.name = name
        self.timeout_seconds = timeout_seconds
        self.idle: deque[Connection] = deque()
        self.api: tuple[int, int] | None = None
        self.negotiating = threading.Lock()


class EngineReader:
    """Reads from a Docker engine: GET and HEAD, nothing else.

    connect:  opens a socket to the engine; takes a time-out in seconds.
    name:     the host's name, for errors.
    timeout_seconds: how long the engine may leave a request without an answer, or stop in the middle of one.

    Every method raises `HostError` when the engine cannot be reached and `EngineError` when it refuses.
    """

    def __init__(self, connect: Connect, *, name: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._link = _Link(connect, name, timeout_seconds)

    # -- reading ------------------------------------------------------------------------------

    @property
    def api(self) -> tuple[int, int]:
        """The API version spoken: the newest that both sides know. Asks the engine once."""
        link = self._link
        if link.api is None:
            with link.negotiating:
                if link.api is None:
                    link.api = self._negotiate()
        return link.api

    def ping(self) -> None:
        """Ask the engine for a sign of life."""
        self._negotiate()

    def get(self, path: str, /, **query: Any) -> Any:
        """GET, the answer parsed as JSON."""
        return self._json("GET", path, query)

    def get_or_none(self, path: str, /, **query: Any) -> Any | None:
        """GET, or None when the engine answers 404."""
        try:
            return self.get(path, **query)
        except EngineError as error:
            if error.status == 404:
                return None
            raise

    def get_each(self, paths: Sequence[str]) -> list[Any]:
        """GET for each of the paths, all asked at once over one connection: for each the answer parsed as JSON, or the
        EngineError that it was refused with.

        They are fewer than the paths where the engine closes before its last answer, and never more than AT_ONCE.
        """
        found: list[Any] = []
        prefix, limits, together = f"/v{_dotted(self.api)}", self._limits(), paths[:AT_ONCE]
        if not together:
            return found
        connection = self._take(is_long=False)
        try:
            answers = connection.get_each([prefix + path for path in together], limits)
            for path, answer in zip(together, answers, strict=False):
                found.append(_or_refusal(partial(self._value, answer, f"GET {path}")))
            is_kept = answer.leaves_open
        except TimeoutError as reason:
            raise self._unreachable(reason, f"GET {together[len(found)]}", limits.silence_seconds) from reason
        except OSError:
            is_kept = False
        if is_kept:
            self._link.idle.append(connection)
        else:
            connection.close()
        return found

    def head(self, path: str, /, **query: Any) -> Mapping[str, str] | None:
        """The headers of HEAD, their names in small letters, or None when the engine answers 404."""
        with self._exchange("HEAD", path, query) as answer:
            return None if answer.status == 404 else answer.headers

    def get_bytes(self, path: str, /, *, patience: float = 1, **query: Any) -> Iterator[bytes]:
        """GET, the answer in pieces as they come (an archive); one that `follow`s may be silent for ever.

        patience: how many times as long as usual the engine may be silent.
        """
        limits = self._limits(patience)
        if query.get("follow"):
            limits.silence_seconds = None
        yield from self._pieces("GET", path, query, None, {}, limits)

    def logs(self, container: str, *, follow: bool = False, tail: int | str = "all", **query: Any) -> Iterator[bytes]:
        """A container's output, stdout and stderr in the order written, as it comes."""
        terminal = bool(self.get(f"/containers/{path_part(container)}/json")["Config"].get("Tty"))
        pieces = self.get_bytes(
            f"/containers/{path_part(container)}/logs",
            stdout=True,
            stderr=True,
            follow=follow,
            tail=tail,
            **query,
        )
        return pieces if terminal else demultiplex(pieces)

    def close(self) -> None:
        """Close the connections that are kept open; the next request opens new ones."""
        idle = self._link.idle
        while idle:
            idle.pop().close()

    # -- the wire ------------------------------------------------------------------------------

    def _negotiate(self) -> tuple[int, int]:
        with self._exchange("HEAD", "/_ping", {}, version=False) as answer:
            offered = answer.headers.get("api-version", "0.0")
        major, _, minor = offered.partition(".")
        engine = (int(major), int(minor))
        if engine < OLDEST_API:
            raise HostError(
                f"its Docker engine speaks API {offered}; phlo needs {_dotted(OLDEST_API)} or newer",
                where=self._link.name,
                fix="Upgrade the engine to Docker 20.10 or newer.",
            )
        return min(engine, NEWEST_API)

    def _limits(self, patience: float = 1, *, longer_seconds: float = 0.0) -> Limits:
        seconds = patience * self._link.timeout_seconds
        return Limits(seconds + longer_seconds, seconds)

    def _json(
        self, method: str, path: str, query: Mapping[str, Any], body: Any = None, longer_seconds: float = 0.0
    ) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        limits = self._limits(longer_seconds=longer_seconds)
        with self._exchange(method, path, query, data, headers, limits=limits) as answer:
            return self._value(answer, f"{method} {path}")

    def _value(self, answer: Answer, request: str) -> Any:
        content = answer.read()
        self._raise_for_status(answer.status, content, request)
        return json.loads(content.decode()) if content.strip() else None

    def _pieces(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        body: Body | None,
        headers: Mapping[str, str],
        limits: Limits,
    ) -> Iterator[bytes]:
        with self._exchange(method, path, query, body, headers, is_long=True, limits=limits) as answer:
            if answer.status >= 400:
                self._raise_for_status(answer.status, answer.read(), f"{method} {path}")
            while piece := answer.read1(65536):
                yield piece

    @contextmanager
    def _exchange(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        version: bool = True,
        is_long: bool = False,
        limits: Limits | None = None,
    ) -> Iterator[Answer]:
        """Send one request; the connection goes back to the idle ones when its answer was read to the end.

        is_long: on a connection of its own, which then is closed.
        """
        prefix = f"/v{_dotted(self.api)}" if version else ""
        url = prefix + path + _encode(query)
        limits = limits or self._limits()
        connection, answer = self._send(method, url, body, headers or {}, is_long, limits)
        try:
            yield answer
        except OSError as reason:
            raise self._unreachable(reason, f"{method} {path}", limits.silence_seconds) from reason
        finally:
            if answer.leaves_open and not is_long:
                self._link.idle.append(connection)
            else:
                connection.close()

    def _send(
        self,
        method: str,
        url: str,
        body: Body | None,
        headers: Mapping[str, str],
        is_long: bool,
        limits: Limits,
    ) -> tuple[Connection, Answer]:
        waits = pauses()
        while True:
            connection = self._take(is_long)
            reused = connection.sock is not None
            try:
                return connection, connection.request(method, url, body, headers, limits)
            except OSError as reason:
                connection.close()
                # The engine may have closed a connection while it was idle. Asking again is safe for a read;
                # a write is only repeated when the engine cannot have seen it.
                stale = isinstance(reason, (BrokenPipeError, ConnectionResetError))
                if reused and stale and (method in _READING or isinstance(reason, BrokenPipeError)):
                    continue
                # One that was just made: the engine is being started anew, behind an SSH server or a proxy.
                if stale and method in _READING and (pause := next(waits, None)) is not None:
                    time.sleep(pause)
                    continue
                raise self._unreachable(reason, f"{method} {url}", limits.answer_seconds) from reason

    def _take(self, is_long: bool) -> Connection:
        """A connection that is open already, or a new one."""
        try:
            if not is_long:
                return self._link.idle.pop()
        except IndexError:
            pass
        return Connection(self._link.connect, self._link.timeout_seconds)

    def _unreachable(self, reason: Exception, request: str, seconds: float | None) -> HostError:
        if isinstance(reason, TimeoutError):
            return HostError(
                f"the Docker engine did not answer {request} within {seconds:g} s",
                where=self._link.name,
                fix="See `phlo doctor`: its disk may be full. If it is only slow, give it longer: "
                f"{TIMEOUT_VARIABLE}=SECONDS.",
            )
        return HostError(
            f"the Docker engine went away during {request} ({reason or type(reason).__name__})",
            where=self._link.name,
            fix="See `phlo doctor`, then run the same command again.",
        )

    def _raise_for_status(self, status: int, content: bytes, request: str) -> None:
        if status < 400:
            return
        try:
            message = str(json.loads(content)["message"])
        except (ValueError, KeyError, TypeError):
            message = content.decode(errors="replace").strip() or f"HTTP status {status}"
        error = EngineError(status, message, request=request, where=self._link.name)
        if "not a swarm manager" in message:
            error.fix = "Make the group's hosts a Swarm: phlo swarm init, then phlo swarm join."
        raise error


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
        limits = self._limits(PATIENCE if is_long else 1)
        with self._exchange("PUT", path, {"path": folder}, archive, headers, is_long=is_long, limits=limits) as answer:
            self._raise_for_status(answer.status, answer.read(), f"PUT {path}")

    def post_stream(
        self,
        path: str,
        body: Body | None = None,
        /,
        *,
        headers: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
        **query: Any,
    ) -> Iterator[dict[str, Any]]:
        """POST, the answer's JSON messages as they come (pull, build, load).

        patience: how many times as long as usual the engine may be silent.
        """
        rest = b""
        for piece in self._pieces("POST", path, query, body, headers or {}, self._limits(patience)):
            *lines, rest = (rest + piece).split(b"\n")
            yield from (json.loads(line) for line in lines if line.strip())
        if rest.strip():
            yield json.loads(rest)

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
            output = b"".join(demultiplex(_until(answer, timeout_seconds)))
        return int(self.get(f"/exec/{run}/json")["ExitCode"]), output

    def upgrade(self, path: str, body: Any) -> tuple[socket.socket, bytes]:
        """POST that turns its connection into a stream both ways: the socket, and what has come of the stream already.

        Source: Engine API, "Hijacking" (attach).
        """
        data = json.dumps(body).encode()
        head = (
            f"POST /v{_dotted(self.api)}{path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        channel = self._link.connect(self._link.timeout_seconds)
        try:
            channel.sendall(head.encode() + data)
            answer = b""
            while b"\r\n\r\n" not in answer:
                piece = channel.recv(4096)
                if not piece:
                    raise ConnectionResetError("it closed the connection")
                answer += piece
            limit(channel, None)
        except OSError as reason:
            channel.close()
            raise self._unreachable(reason, f"POST {path}", self._link.timeout_seconds) from reason
        answer, _, first = answer.partition(b"\r\n\r\n")
        status = int(answer.split(None, 2)[1])
        if status >= 400:
            channel.close()
            self._raise_for_status(status, first, f"POST {path}")
        return channel, first

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
        return exchange if self._note is None or method in _READING else _noted(exchange, self._note, path, query)

    def _send(
        self,
        method: str,
        url: str,
        body: Body | None,
        headers: Mapping[str, str],
        is_long: bool,
        limits: Limits,
    ) -> tuple[Connection, Answer]:
        if self._allow is not None and method not in _READING:
            self._allow()
        return super()._send(method, url, body, headers, is_long, limits)


def _or_refusal(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except EngineError as error:
        return error


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


def demultiplex(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The payload of Docker's stream format (Engine API, "Stream format"): frames of an 8-byte header and data."""
    buffer = b""
    for piece in pieces:
        buffer += piece
        while len(buffer) >= 8:
            size = int.from_bytes(buffer[4:8], "big")
            if len(buffer) < 8 + size:
                break
            yield buffer[8 : 8 + size]
            buffer = buffer[8 + size :]


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _encode(query: Mapping[str, Any]) -> str:
    """A query string; mappings and lists go as JSON, booleans as 1 and 0, None is left out."""

    def text(value: Any) -> str:
        if isinstance(value, bool):
            return str(int(value))
        return json.dumps(value, separators=(",", ":")) if isinstance(value, (dict, list)) else str(value)

    pairs = [(key, text(value)) for key, value in query.items() if value is not None]
    return "?" + urlencode(pairs) if pairs else ""
