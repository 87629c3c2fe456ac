"""Requests to a Docker engine: its connections, the version of its API, time-outs, errors."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from phlo.bounded import MIB, Lines, parse_json
from phlo.errors import EngineError, HostError
from phlo.hosts.http1 import Answer, Body, Connect, Connection, Limits
from phlo.hosts.retry import pauses
from phlo.orchestrators import TITLES, load

OLDEST_API = (1, 41)
NEWEST_API = (1, 51)
READING = ("GET", "HEAD")
TIMEOUT_SECONDS = 60.0
TIMEOUT_VARIABLE = "PHLO_ENGINE_TIMEOUT"
# The longest message of a pull, a build or a load.
MOST_MESSAGE_BYTES = 16 * MIB


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
        self.show: Callable[[str], None] | None = None


class EngineRequests:
    """Sends requests to one engine, and keeps its connections open between them.

    connect:  opens a socket to the engine; takes a time-out in seconds.
    name:     the host's name, for errors.
    timeout_seconds: how long the engine may leave a request without an answer, or stop in the middle of one.

    Every method raises `HostError` when the engine cannot be reached and `EngineError` when it refuses.
    """

    def __init__(self, connect: Connect, *, name: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._link = _Link(connect, name, timeout_seconds)

    @property
    def api(self) -> tuple[int, int]:
        """The API version spoken: the newest that both sides know. Asks the engine once."""
        link = self._link
        if link.api is None:
            with link.negotiating:
                if link.api is None:
                    link.api = self._negotiate()
        return link.api

    def show_requests(self, show: Callable[[str], None]) -> None:
        """Pass a line about every request to `show` from now on: method, path, status, time until the answer began."""
        self._link.show = show

    def _show(self, method: str, url: str, status: int, began: float) -> None:
        """Show a request. The query of one that writes may hold secret values, e.g. build arguments: it is left out."""
        if self._link.show is not None:
            shown = url if method in READING else url.partition("?")[0]
            self._link.show(f"{method} {shown}: {status} in {time.monotonic() - began:.3f}s")

    def _negotiate(self) -> tuple[int, int]:
        with self._exchange("HEAD", "/_ping", {}, version=False) as answer:
            offered = answer.headers.get("api-version", "0.0")
        major, _, minor = offered.partition(".")
        engine = (int(major), int(minor))
        if engine < OLDEST_API:
            raise HostError(
                f"its Docker engine speaks API {offered}; phlo needs {dotted(OLDEST_API)} or newer",
                where=self._link.name,
                fix="Upgrade the engine to Docker 20.10 or newer.",
            )
        return min(engine, NEWEST_API)

    def _limits(self, timeout_factor: float = 1, *, longer_seconds: float = 0.0) -> Limits:
        seconds = timeout_factor * self._link.timeout_seconds
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
        return self._parsed(content, request) if content.strip() else None

    def _messages(self, pieces: Iterator[bytes], request: str) -> Iterator[dict[str, Any]]:
        """The JSON messages of a stream, one a line."""
        lines = Lines(MOST_MESSAGE_BYTES)
        for piece in pieces:
            yield from (self._parsed(line, request) for line in lines.add(piece) if line.strip())
        yield from (self._parsed(line, request) for line in lines.end() if line.strip())

    def _parsed(self, content: bytes, request: str) -> Any:
        try:
            return parse_json(content)
        except ValueError as reason:
            what = f"the Docker engine's answer to {request} is not valid JSON ({reason})"
            raise HostError(what, where=self._link.name, fix="See whether a proxy answers in its place.") from None

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
        prefix = f"/v{dotted(self.api)}" if version else ""
        url = prefix + path + _encode(query)
        limits = limits or self._limits()
        began = time.monotonic()
        connection, answer = self._send(method, url, body, headers or {}, is_long, limits)
        self._show(method, url, answer.status, began)
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
                if reused and stale and (method in READING or isinstance(reason, BrokenPipeError)):
                    continue
                # One that was just made: the engine is being restarted, behind an SSH server or a proxy.
                if stale and method in READING and (pause := next(waits, None)) is not None:
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
            message = str(parse_json(content)["message"])
        except (ValueError, KeyError, TypeError):
            message = content.decode(errors="replace").strip() or f"HTTP status {status}"
        error = EngineError(status, message, request=request, where=self._link.name)
        fixes = (load(orchestrator, "words").fix_of(message) for orchestrator in TITLES)
        error.fix = next(filter(None, fixes), error.fix)
        raise error


def dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _encode(query: Mapping[str, Any]) -> str:
    """A query string; mappings and lists go as JSON, a tuple repeats the key, booleans as 1 and 0, None is left out."""

    def text(value: Any) -> str:
        if isinstance(value, bool):
            return str(int(value))
        return json.dumps(value, separators=(",", ":")) if isinstance(value, (dict, list)) else str(value)

    given = {key: value if isinstance(value, tuple) else (value,) for key, value in query.items() if value is not None}
    pairs = [(key, text(value)) for key, values in given.items() for value in values]
    return "?" + urlencode(pairs) if pairs else ""
