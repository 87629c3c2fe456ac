"""Asking a store something with `mc`, inside its own container and as its administrator.

The administrator's name and password are in the container; they go into no command line.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

from phlo.errors import OperationError
from phlo.hosts.commands import CommandResult, captured
from phlo.hosts.host import Host, ReadHost
from phlo.operations.service_container import Target, find_target

STORE = "here"
PORT = 9000
TIMEOUT_SECONDS = 60.0
_SCRIPT = (
    'export MC_HOST_here="http://$MINIO_ROOT_USER:$(cat "$MINIO_ROOT_PASSWORD_FILE")@127.0.0.1:9000"; '
    'exec mc --json "$@"'
)


def find_store(project: str, service: str, own_service: str, host: ReadHost) -> Target:
    """The store's container."""
    return find_target(project, service or own_service or "minio", None, host, where="minio")


def look(arguments: list[str], target: Target, host: ReadHost, *, absent: str) -> dict[str, Any] | None:
    """What `mc` answers to a command that only reads; None when it calls the thing `absent`."""
    result = host.query(target.id, _argv(arguments), timeout_seconds=TIMEOUT_SECONDS)
    answer = _answer(result)
    if result.code != 0 and _code(answer) == absent:
        return None
    _check(result, answer, target, host)
    return answer


def change(arguments: list[str], target: Target, host: Host, *, given: str = "") -> None:
    """Have `mc` change something. given: what it reads; a secret goes there, where no process list shows it."""
    stdin = io.BytesIO(given.encode()) if given else None
    result = captured(host.engine, target.id, _argv(arguments), stdin=stdin, timeout_seconds=TIMEOUT_SECONDS)
    _check(result, _answer(result), target, host)


def _argv(arguments: list[str]) -> list[str]:
    return ["sh", "-c", _SCRIPT, "mc", *arguments]


def _answer(result: CommandResult) -> dict[str, Any]:
    """The last JSON document that `mc` printed."""
    text, decoder, found = result.stdout.strip(), json.JSONDecoder(), {}
    while text:
        try:
            found, end = decoder.raw_decode(text)
        except ValueError:
            break
        text = text[end:].lstrip()
    return dict(found)


def _error(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    error: Mapping[str, Any] = answer.get("error") or {}
    return error


def _code(answer: Mapping[str, Any]) -> str:
    cause: Mapping[str, Any] = _error(answer).get("cause") or {}
    detail: Mapping[str, Any] = cause.get("error") or {}
    return str(detail.get("Code", ""))


def _check(result: CommandResult, answer: Mapping[str, Any], target: Target, host: ReadHost | Host) -> None:
    if result.code != 0:
        cause: Mapping[str, Any] = _error(answer).get("cause") or {}
        lines = (result.stderr or result.stdout).strip().splitlines()
        said = cause.get("message") or _error(answer).get("message") or (lines[-1] if lines else "no reason given")
        raise OperationError(f"mc: {said}", where=f"{host.name} {target.name}")
