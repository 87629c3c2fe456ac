"""Requests to an object store, and what it answers."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import IO, Any, cast

from phlo.bounded import MIB, read_stream
from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.commands import CommandResult
from phlo.hosts.engine import Engine
from phlo.hosts.tunnel import exchange_command, open_connection
from phlo.operations.s3.signing import Request, Store, signed
from phlo.operations.service_container import Target

TIMEOUT_SECONDS = 60.0


MOST_ANSWER_BYTES = 64 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """status: HTTP's. content: XML, or nothing."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def text(self, name: str) -> str | None:
        """The text of the first element called `name`, None when there is none."""
        return next((found.text or "" for found in self.each(name)), None)

    def each(self, name: str) -> Iterator[ET.Element]:
        """The elements below the first that are called `name`, whatever their namespace."""
        if self.content.strip():
            yield from ET.fromstring(self.content).findall(f".//{{*}}{name}")  # noqa: S314  the project's own store


# Runs a command in the container that requests are sent from.
RunCommand = Callable[[list[str]], CommandResult]


def ask(
    request: Request, store: Store, run: RunCommand, *, where: object, body: bytes = b"", well: tuple[int, ...] = (200,)
) -> Answer:
    """Send one request and give its answer. Raises OperationError for a status that is not among `well`.

    run: runs a command in a container on the store's network.
    """
    headers = {**signed(request, store, datetime.now(UTC)), "connection": "close", "content-length": str(len(body))}
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
    result = run(exchange_command(store.address, "\r\n".join([*lines, "", body.decode()])))
    if not result.stdout:
        said = (result.stderr.strip().splitlines() or ["no answer"])[-1]
        raise OperationError(f"{store.endpoint} cannot be reached: {said}", where=where)
    answer = HTTPResponse(cast(Any, _Printed(result.stdout)), method=request.method)
    try:
        answer.begin()
        return checked(request, answer, where=where, well=well)
    except HTTPException as reason:
        raise OperationError(f"{store.endpoint} does not answer in HTTP: {reason!r}", where=where) from None


def checked(request: Request, answer: HTTPResponse, *, where: object, well: tuple[int, ...]) -> Answer:
    """An answer that was read to its end. Raises OperationError with the store's words for an unwanted status."""
    found = Answer(
        status=answer.status, headers=dict(answer.getheaders()), content=read_stream(answer, MOST_ANSWER_BYTES)
    )
    if found.status not in well:
        try:
            said = found.text("Message") or found.text("Code")
        except ET.ParseError:
            said = None
        about = f"{request.method} {request.target}"
        raise OperationError(f"the store answered {found.status}: {said or answer.reason} ({about})", where=where)
    return found


class Conversation:
    """Many requests, one after the other, through one connection."""

    def __init__(self, connection: HTTPConnection, store: Store, where: str) -> None:
        self._connection = connection
        self._store = store
        self._where = where

    @contextmanager
    def asked(
        self, request: Request, body: IO[bytes] | None = None, size: int = 0, *, well: tuple[int, ...] = (200,)
    ) -> Iterator[HTTPResponse]:
        """The answer to a request, to be read within the block. Raises OperationError for a status not in `well`."""
        headers = signed(request, self._store, datetime.now(UTC))
        self._connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, text in {**headers, "content-length": str(size)}.items():
            self._connection.putheader(name, text)
        self._connection.endheaders(cast(Any, body))
        with self._connection.getresponse() as answer:
            if answer.status not in well:
                checked(request, answer, where=self._where, well=well)
            yield answer
            answer.read()

    def ask(
        self, request: Request, body: IO[bytes] | None = None, size: int = 0, *, well: tuple[int, ...] = (200,)
    ) -> Answer:
        """The whole answer. Raises OperationError for a status not in `well`."""
        with self.asked(request, body, size, well=well) as answer:
            return checked(request, answer, where=self._where, well=well)


@contextmanager
def converse(engine: Engine, target: Target, store: Store, *, where: str) -> Iterator[Conversation]:
    """A conversation with a store, from inside a container. Raises OperationError when it breaks."""
    try:
        with open_connection(engine, target.id, store.address) as connection:
            yield Conversation(connection, store, where)
    except (HTTPException, ConnectionError) as reason:
        raise OperationError(f"{store.endpoint} cannot be reached: {reason}", where=where) from None


class _Printed:
    """What a command printed, as http.client reads it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._text.encode())
