"""A server of a project that really listens, for tests over sockets."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from phlo_api.server.app import create_app
from phlo_api.server.listen import server
from phlo_api.server.settings import Settings

VIEWER, OPERATOR = "viewer-" + "v" * 40, "operator-" + "o" * 40
Ask = Callable[..., httpx.Response]


@dataclass(frozen=True)
class Served:
    """port: on 127.0.0.1."""

    server: uvicorn.Server
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"


def make_project(root: Path) -> Path:
    (root / ".phlo" / "runs").mkdir(parents=True)
    (root / "phlo.yaml").write_text("name: lake\nservices: {defaults: false}\n")
    return root


def settings_of(root: Path, **more: object) -> Settings:
    own = {"tokens": {"viewer": VIEWER, "operator": OPERATOR}, **more}
    environ = {"DOCKER_HOST": f"unix://{root}/no.sock", "PATH": "/usr/bin:/bin", "HOME": str(root)}
    return Settings(root=root, state_folder=root / ".phlo" / "api", environ=environ, **own)  # type: ignore[arg-type]


@contextmanager
def served(settings: Settings) -> Iterator[Served]:
    made = server(settings, host="127.0.0.1", port=0)
    thread = threading.Thread(target=made.run)
    thread.start()
    deadline = time.monotonic() + 60
    while not made.started:
        assert time.monotonic() < deadline, "the server does not listen"
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield Served(made, made.servers[0].sockets[0].getsockname()[1])
    finally:
        made.should_exit = True
        thread.join()


@contextmanager
def asking(settings: Settings) -> Iterator[Ask]:
    """Sends requests without a socket: `ask(path, token=VIEWER, method="GET", **request)`."""
    app = create_app(settings)

    async def send(method: str, path: str, headers: dict[str, str], request: dict[str, object]) -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://lake.example:4000") as client:
            return await client.request(method, path, headers=headers, **request)  # type: ignore[arg-type]

    def one(path: str, token: str | None = VIEWER, method: str = "GET", **request: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= request.pop("headers", {})  # type: ignore[arg-type]
        return asyncio.run(send(method, path if path.startswith("/health") else f"/api/v1{path}", headers, request))

    yield one
    app.state.context.close()
