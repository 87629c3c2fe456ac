"""An engine that lists the requests which would change it, and sends none of them.

Reads are answered by the real engine; about a container that a listed request would create, by what the request says.
So the code that makes a change also shows which requests that takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from phlo.errors import OperationError
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part
from phlo.hosts.http1 import Body

ID_LENGTH, SHORT_ID_LENGTH = 64, 12
_RUNNING = {
    "Status": "running",
    "Running": True,
    "ExitCode": 0,
    "StartedAt": "2000-01-01T00:00:00Z",  # long enough ago for every gate
    "Health": {"Status": "healthy"},
}
# Values of bodies that are shown; any other may be secret, or hold something that is.
_SHOWN = ("Image", "Container", "Name")


class Rehearsal(Engine):
    """Lists the requests that would change an engine. calls: what was asked of it, e.g. `POST /containers/x/start`."""

    def __init__(self, engine: Engine) -> None:
        self._link = engine._link
        self.calls: list[str] = []
        self._made: dict[str, Mapping[str, Any]] = {}  # by name, and that is its id

    def get(self, path: str, /, **query: Any) -> Any:
        parts = path.split("/")
        if len(parts) == 4 and parts[1] == "containers" and parts[3] == "json" and parts[2] in self._made:
            return self._made[parts[2]]
        return super().get(path, **query)

    def post(self, path: str, body: Any = None, /, *, longer_seconds: float = 0.0, **query: Any) -> Any:
        self._list("POST", path, query, body)
        parts = path.split("/")
        if path == "/containers/create":
            return {"Id": self._made_of(str(query["name"]), body)}
        if parts[-1] == "rename" and parts[2] in self._made:
            self._made[path_part(str(query["name"]))] = self._made[parts[2]]
        return {"Id": (body or {}).get("Name", "")} if parts[-1] == "create" else None

    def delete(self, path: str, /, **query: Any) -> None:
        self._list("DELETE", path, query)

    def put_archive(self, container: str, folder: str, archive: Body) -> None:
        self._list("PUT", f"/containers/{path_part(container)}/archive", {"path": folder})

    def post_stream(self, path: str, body: Body | None = None, /, **options: Any) -> Iterator[dict[str, Any]]:
        self._list("POST", path, {})
        return iter(())

    def wait(self, container: str) -> int:
        return 0

    def exec(self, container: str, command: list[str], **options: Any) -> tuple[int, bytes]:
        self._list("POST", f"/containers/{path_part(container)}/exec", {})
        return 0, b""

    def upgrade(self, path: str, body: Any) -> NoReturn:
        raise OperationError(f"POST {path} cannot be rehearsed", where=self._link.name)

    def reader(self) -> Rehearsal:
        return self

    def _send(self, method: str, url: str, *rest: Any) -> Any:
        if method not in ("GET", "HEAD"):
            raise OperationError(f"{method} {url} cannot be rehearsed", where=self._link.name)
        return super()._send(method, url, *rest)

    def _made_of(self, name: str, body: Mapping[str, Any]) -> str:
        """The answer to an inspection of a container that would run."""
        key = path_part(name)
        self._made[key] = {
            "Id": key,
            "Name": f"/{name}",
            "State": {**_RUNNING},
            "Config": body,
            "HostConfig": body.get("HostConfig") or {},
            "Mounts": [],
            "RestartCount": 0,
        }
        return key

    def _list(self, method: str, path: str, query: Mapping[str, Any], body: Any = None) -> None:
        given = [f"{key}={int(value) if isinstance(value, bool) else value}" for key, value in query.items() if value]
        text = f"{method} {'/'.join(map(_short, path.split('/')))}{'?' + '&'.join(given) if given else ''}"
        self.calls.append(f"{text} {_summary(body)}" if body else text)


def _short(part: str) -> str:
    is_id = len(part) == ID_LENGTH and part.isalnum()
    return part[:SHORT_ID_LENGTH] if is_id else part


def _summary(body: Mapping[str, Any]) -> str:
    """The keys of a body, with the values of those that name something."""
    found = [f"{key}: {_short(str(value))}" if key in _SHOWN else key for key, value in body.items() if value]
    return f"{{{', '.join(found)}}}"
