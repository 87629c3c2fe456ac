"""A client of phlo-api for Python programs.

    with Client("http://127.0.0.1:4000", token) as phlo:
        plan = phlo.plan()
        if plan["has_changes"]:
            run = phlo.up(plan["digest"])
            for event in phlo.events(run):
                print(event["kind"])

Answers are the JSON values that the API gives; the types of `openapi.json` (docs/reference/api.md) name their fields.
It needs httpx: install `phlo-api[client]` from the repository of phlo.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

import httpx

PREFIX = "/api/v1"
TIMEOUT_SECONDS = 60.0
# The API sends a sign of life every 15 seconds.
STREAM_TIMEOUT_SECONDS = 45.0
MOST_RECONNECTS = 5
FIRST_PAUSE_SECONDS = 0.4  # before a broken stream is asked for again; each further pause is twice as long


class ApiError(Exception):
    """An answer of the API that is an error (RFC 9457).

    status: of HTTP. problem: the type Problem of the API; empty where something in front of it answered.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        text = problem.get("detail") or problem.get("title") or f"HTTP status {status}"
        fix = problem.get("fix")
        super().__init__(f"{text}\n  {fix}" if fix else str(text))
        self.status = status
        self.problem = problem


class TokenEndedError(Exception):
    """A stream ended because its token was rotated."""


@dataclass(frozen=True, slots=True)
class Event:
    """One of a stream. id: to go on behind it; empty where the API gave none."""

    kind: str
    data: Any
    id: str


class Client:
    """Asks one API. Use it in a `with` block, or call `close`."""

    def __init__(self, url: str, token: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """url: of the API, without a path: `http://127.0.0.1:4000`. token: the viewer's or the operator's."""
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url.rstrip("/") + PREFIX, headers=headers, timeout=timeout_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # -- looking ------------------------------------------------------------------------------------------

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a route that reads, such as `/hosts`. Raises ApiError, and httpx.HTTPError without an answer."""
        return _json(self._http.get(path, params=_given(parameters)))

    def project(self) -> dict[str, Any]:
        """The type ProjectInfo."""
        return dict(self.get("/project"))

    def services(self) -> list[dict[str, Any]]:
        """The type Service, of each service of the project."""
        return list(self.get("/services"))

    def service(self, name: str) -> dict[str, Any]:
        """The type Service. Raises ApiError with status 404 for an unknown one."""
        return dict(self.get(f"/services/{_part(name)}"))

    def plan(self, services: Sequence[str] = ()) -> dict[str, Any]:
        """The type Plan: what `up` would change now, with the digest that `up` takes. services: only these."""
        return dict(self.get("/plan", service=list(services)))

    def runs(self, limit: int = 50, before: str | None = None) -> list[dict[str, Any]]:
        """The type RunSummary, the newest first. before: only runs older than this one."""
        return list(self.get("/runs", limit=limit, before=before))

    def run(self, run: str) -> dict[str, Any]:
        """The type Run."""
        return dict(self.get(f"/runs/{_part(run)}"))

    # -- changing, for operators ----------------------------------------------------------------------------

    def up(self, digest: str, services: Sequence[str] = ()) -> str:
        """Carry out a plan as it was shown, giving the run.

        digest: the plan's; services: those that the plan was made for. Raises ApiError with status 409 when the plan
        has changed since.
        """
        return self._start("/actions/up", {"plan": digest, "services": list(services)})

    def rollback(self, run: str | None = None) -> str:
        """Restore what ran before a run, None: the last one; gives the run that does it."""
        return self._start("/actions/rollback", {"run": run})

    def restart(self, services: Sequence[str]) -> str:
        """Restart services, giving the run."""
        return self._start("/actions/restart", {"services": list(services)})

    def stop(self, services: Sequence[str]) -> str:
        """Stop services, giving the run."""
        return self._start("/actions/stop", {"services": list(services)})

    def action(
        self, service: str, action: str, arguments: Mapping[str, str | int | bool] | None = None, *, confirm: str = ""
    ) -> str:
        """Run an action of a service's role, giving the run. confirm: `SERVICE.ACTION`, for a destructive one."""
        body = {"arguments": dict(arguments or {}), "confirm": confirm or None}
        return self._start(f"/services/{_part(service)}/actions/{_part(action)}", body)

    def cancel(self, run: str) -> None:
        """Interrupt a run that was started through this API."""
        _checked(self._http.post(f"/runs/{_part(run)}/cancel"))

    def query(self, sql: str, limit: int = 1000) -> dict[str, Any]:
        """Run SQL statements; the type QueryResults. A statement that failed has its error in its result."""
        return dict(_json(self._http.post("/data/queries", json={"sql": sql, "limit": limit}, timeout=None)))

    # -- following ------------------------------------------------------------------------------------------

    def events(self, run: str) -> Iterator[dict[str, Any]]:
        """The events of a run (the type RunEvent), from the first on, until the run ends."""
        for event in self.stream(f"/runs/{_part(run)}/events"):
            yield event.data

    def wait(self, run: str) -> dict[str, Any]:
        """Wait for the end of a run; the type Run."""
        for _ in self.events(run):
            pass
        return self.run(run)

    def changes(self) -> Iterator[Event]:
        """What changes in the project, without an end; the first event is a `snapshot` (the type Changes)."""
        return self.stream("/changes")

    def logs(self, *services: str, **filters: Any) -> Iterator[dict[str, Any]]:
        """Lines that services print (the type LogLine), without an end unless `follow=False`.

        filters: the parameters of `GET /logs`: tail, follow, since, until, level, contains, regex.
        """
        for event in self.stream("/logs", service=list(services), **filters):
            if event.kind == "line":
                yield event.data

    def stream(self, path: str, **parameters: Any) -> Iterator[Event]:
        """The events of a route that streams, up to its `end`. A connection that breaks is made again and goes on
        behind the last event. Raises ApiError, TokenEndedError, and httpx.HTTPError when the API stays away.
        """
        last, failed = "", 0
        while True:
            headers = {"Last-Event-ID": last} if last else {}
            try:
                with self._http.stream(
                    "GET", path, params=_given(parameters), headers=headers, timeout=STREAM_TIMEOUT_SECONDS
                ) as answer:
                    if answer.is_error:
                        answer.read()
                    for event in _events(_checked(answer).iter_lines()):
                        last, failed = event.id or last, 0
                        if event.kind == "end":
                            return
                        if event.kind == "revoked":
                            raise TokenEndedError("the token was rotated")
                        if event.kind != "position":
                            yield event
            except httpx.TransportError:
                if failed == MOST_RECONNECTS:
                    raise
            failed += 1
            if failed > MOST_RECONNECTS:
                raise httpx.ReadError("the API ends its stream again and again")
            time.sleep(FIRST_PAUSE_SECONDS * 2 ** (failed - 1))

    def _start(self, path: str, body: Mapping[str, Any]) -> str:
        return str(_json(self._http.post(path, json=body))["run"])


def _events(lines: Iterator[str]) -> Iterator[Event]:
    """Server-sent events (HTML Standard, section 9.2.6). An event that is not complete is left out."""
    kind, data, number = "message", list[str](), ""
    for line in lines:
        if not line:
            if data or number:
                yield Event(kind, json.loads("\n".join(data)) if data else None, number)
            kind, data, number = "message", [], ""
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            kind = value
        elif name == "data":
            data.append(value)
        elif name == "id":
            number = value


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _part(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")


def _json(answer: httpx.Response) -> Any:
    return _checked(answer).json()


def _checked(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        try:
            problem = answer.json()
        except ValueError:
            problem = {}
        raise ApiError(answer.status_code, problem if isinstance(problem, dict) else {})
    return answer
