"""Asking a Nessie server something, inside its own container: no port has to be published, and on any host.

The API is version 2 (https://projectnessie.org/develop/rest/).
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.commands import CommandResult, captured
from phlo.hosts.host import Host, ReadHost
from phlo.operations.service_container import Target, find_target

TIMEOUT_SECONDS = 60.0

# The image has bash and no HTTP client. HTTP/1.0, so that the answer ends where the connection does.
_ASK = 'exec 3<> /dev/tcp/127.0.0.1/19121 && printf "%s" "$1" >&3 && cat <&3'
_SEND = "exec 3<> /dev/tcp/127.0.0.1/19121 && cat >&3 && cat <&3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A branch or a tag. hash: the commit it stands at."""

    type: str
    name: str
    hash: str

    @property
    def pinned(self) -> str:
        """As a path of the API has it: anyone who moved it meanwhile makes the request fail."""
        return quote(f"{self.name}@{self.hash}", safe="@")

    def facts(self) -> dict[str, str]:
        return {"type": self.type.lower(), "name": self.name, "hash": self.hash}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said. body: its JSON."""

    status: int
    body: Any


def find_server(project: str, service: str, own_service: str, host: ReadHost | Host) -> Target:
    """The server's container."""
    return find_target(project, service or own_service or "nessie", None, host, where="nessie")


def look(path: str, target: Target, host: ReadHost, *, body: Any = None) -> Answer:
    """Ask for something that changes nothing; with a body it is a POST."""
    text = request("GET" if body is None else "POST", path, body)
    command = ["bash", "-c", _ASK, "nessie", text]
    return _answer(host.query(target.id, command, timeout_seconds=TIMEOUT_SECONDS), target, host)


def send(method: str, path: str, target: Target, host: Host, *, body: Any = None) -> Answer:
    """Change something. Raises OperationError with the server's words when it refuses."""
    text = request(method, path, body)
    command = ["bash", "-c", _SEND]
    stdin = io.BytesIO(text.encode())
    result = captured(host.engine, target.id, command, stdin=stdin, timeout_seconds=TIMEOUT_SECONDS)
    return accepted(_answer(result, target, host), target, host)


def accepted(answer: Answer, target: Target, host: ReadHost | Host) -> Answer:
    """The answer, when the server did not refuse."""
    if answer.status >= 300:
        said = answer.body.get("message") if isinstance(answer.body, Mapping) else None
        raise OperationError(str(said or f"answered {answer.status}"), where=f"{host.name} {target.name}")
    return answer


def reference(name: str, target: Target, host: ReadHost) -> Reference | None:
    """A branch or tag by its name; None when there is none."""
    answer = look(f"trees/{quote(name, safe='')}", target, host)
    return None if answer.status == 404 else parsed(accepted(answer, target, host).body["reference"])


def parsed(found: Mapping[str, str]) -> Reference:
    """A reference as the API writes it."""
    return Reference(type=found["type"], name=found["name"], hash=found["hash"])


def missing(name: str, target: Target, host: ReadHost) -> OperationError:
    """The error for a branch or tag that has to be there."""
    return OperationError(
        f'there is no branch or tag "{name}"',
        where=f"{host.name} {target.name}",
        fix="`phlo run nessie.branch` lists them.",
    )


def query(**parameters: str) -> str:
    """The part of an address after the path."""
    return "?" + urlencode(parameters)


def request(method: str, path: str, body: Any = None) -> str:
    """A whole HTTP request."""
    content = "" if body is None else json.dumps(body)
    lines = [f"{method} /api/v2/{path} HTTP/1.0", "Host: nessie", "Accept: application/json"]
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", content])


def _answer(result: CommandResult, target: Target, host: ReadHost | Host) -> Answer:
    head, _, content = result.stdout.replace("\r\n", "\n").partition("\n\n")
    words = head.split()
    if result.code != 0 or len(words) < 2 or not words[1].isdigit():
        said = result.stderr.strip().splitlines() or ["no answer from the server"]
        raise OperationError(said[-1], where=f"{host.name} {target.name}")
    try:
        body = json.loads(content) if content.strip() else None
    except ValueError:
        body = None
    return Answer(status=int(words[1]), body=body)
