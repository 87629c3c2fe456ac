"""A server of a project that really listens, for tests over sockets."""

from __future__ import annotations

import asyncio
import os
import textwrap
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from phlo_api.server.app import create_app
from phlo_api.server.listen import server
from phlo_api.server.settings import ACTIONS, HOSTS_VARIABLE, Settings

from phlo.hosts.connect import open_engine
from phlo.testing.images import tiny_image

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
    environ = {"DOCKER_HOST": f"unix://{root}/no.sock", "PATH": "/usr/bin:/bin", "HOME": str(root)}
    own = {"tokens": {"viewer": VIEWER, "operator": OPERATOR}, "environ": environ, **more}
    return Settings(root=root, state_folder=root / ".phlo" / "api", **own)  # type: ignore[arg-type]


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


WAIT_SECONDS = 120.0


def until(found: Callable[[], object], what: str) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not found():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@contextmanager
def project_on_engine(root: Path, services: str) -> Iterator[Settings]:
    """A project with a name of its own on the real engine. services: YAML, with `IMAGE` for a tiny image.

    What it made is removed at the end.
    """
    name = f"api-{uuid.uuid4().hex[:8]}"
    (root / ".phlo" / "runs").mkdir(parents=True)
    with closing(open_engine(None, name="local", environ=os.environ)) as engine:
        body = textwrap.indent(textwrap.dedent(services).replace("IMAGE", tiny_image(engine)), "  ")
        (root / "phlo.yaml").write_text(f"name: {name}\nservices:\n  defaults: false\n{body}")
        environ = {**os.environ, HOSTS_VARIABLE: "lake.example"}
        tokens = {"viewer": VIEWER, "operator": OPERATOR}
        try:
            yield Settings(root=root, state_folder=root / "api", environ=environ, tokens=tokens, actions=ACTIONS)
        finally:
            wanted = {"label": [f"phlo.project={name}"]}
            for one in engine.get("/containers/json", all=True, filters=wanted):
                engine.delete(f"/containers/{one['Id']}", force=True, v=True)
            for one in engine.get("/networks", filters=wanted):
                engine.delete(f"/networks/{one['Id']}")
            for one in engine.get("/volumes", filters=wanted)["Volumes"] or ():
                engine.delete(f"/volumes/{one['Name']}", force=True)
