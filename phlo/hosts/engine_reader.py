"""Reading from a Docker engine.

An `EngineReader` can only read: whatever has one cannot change the engine.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from phlo.errors import EngineError
from phlo.hosts.adopted import adopted_answer, adopted_event, adopted_list, is_container
from phlo.hosts.engine_requests import EngineRequests, dotted, path_part
from phlo.hosts.frames import demultiplex
from phlo.hosts.http1 import Limits

# So many requests go over a connection before the first answer is read; they have to fit into a socket's buffer.
AT_ONCE = 100


class EngineReader(EngineRequests):
    """Reads from a Docker engine: GET and HEAD, nothing else."""

    def ping(self) -> None:
        """Ask the engine for a sign of life."""
        self._negotiate()

    def get(self, path: str, /, **query: Any) -> Any:
        """GET, the answer parsed as JSON; containers as `phlo.hosts.adopted` has them."""
        found = self._json("GET", path, query)
        ask = partial(self._json, "GET")
        if path == "/containers/json":
            return adopted_list(found, query, ask)
        return adopted_answer(found, ask) if is_container(path) else found

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
        prefix, limits, together = f"/v{dotted(self.api)}", self._limits(), paths[:AT_ONCE]
        if not together:
            return found
        began = time.monotonic()
        connection = self._take(is_long=False)
        try:
            answers = connection.get_each([prefix + path for path in together], limits)
            for path, answer in zip(together, answers, strict=False):
                self._show("GET", prefix + path, answer.status, began)
                value = _or_refusal(partial(self._value, answer, f"GET {path}"))
                is_answer = is_container(path) and isinstance(value, Mapping)
                found.append(adopted_answer(value, partial(self._json, "GET")) if is_answer else value)
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

    def get_bytes(self, path: str, /, *, timeout_factor: float = 1, **query: Any) -> Iterator[bytes]:
        """GET, the answer in pieces as they come (an archive); one that `follow`s may be silent for ever.

        timeout_factor: multiplies the usual time that the engine may be silent.
        """
        limits = self._limits(timeout_factor)
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

    def events(self, label: str, value: str) -> Iterator[Mapping[str, Any]]:
        """What happens to the containers with a label, from now on; containers as `phlo.hosts.adopted` has them.

        The engine sends the events of all containers, because an adopted one has no such label.
        """
        limits = Limits(self._link.timeout_seconds, None)
        pieces = self._pieces("GET", "/events", {"filters": {"type": ["container"]}}, None, {}, limits)
        for event in self._messages(pieces, "GET /events"):
            seen = adopted_event(event, partial(self._json, "GET"))
            if seen["Actor"]["Attributes"].get(label) == value:
                yield seen

    def separate(self) -> tuple[EngineReader, Callable[[], None]]:
        """The same engine over connections of its own, and a function that ends all of these.

        The function may be called from another thread: a read that waits for the engine ends with a HostError at once.
        """
        link, is_over = self._link, threading.Event()
        opened: list[socket.socket] = []

        def connect(timeout_seconds: float | None) -> socket.socket:
            channel = link.connect(timeout_seconds)
            opened.append(channel)
            if is_over.is_set():
                end()
            return channel

        def end() -> None:
            is_over.set()
            for channel in list(opened):
                with suppress(OSError):  # it is closed already
                    socket.socket.shutdown(channel, socket.SHUT_RDWR)

        reader = EngineReader(connect, name=link.name, timeout_seconds=link.timeout_seconds)
        reader._link.api = link.api
        return reader, end

    def close(self) -> None:
        """Close the connections that are kept open; the next request opens new ones."""
        idle = self._link.idle
        while idle:
            idle.pop().close()


def _or_refusal(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except EngineError as error:
        return error
