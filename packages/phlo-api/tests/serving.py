"""A server of a project that really listens, for tests over sockets."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from phlo_api.server.listen import server
from phlo_api.server.settings import Settings

VIEWER, OPERATOR = "viewer-" + "v" * 40, "operator-" + "o" * 40


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
