"""What Docker Compose runs is taken over without a restart of what is as it should be."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from phlo.hosts.engine import Engine
from tests.bench.fetch import cache_folder
from tests.bench.tools import compose as compose_tool
from tests.bench.tools.tool import Unavailable

Phlo = Callable[..., "subprocess.CompletedProcess[str]"]

COMPOSE = """\
name: {project}
services:
  web:
    image: {tiny}
    stop_grace_period: 1s
    init: true
    environment: {{GREETING: hello, EMPTY: "", FROM: "${{FROM_ENV}}"}}
    ports: ["127.0.0.1::8080"]
    depends_on: {{db: {{condition: service_healthy}}, job: {{condition: service_completed_successfully}}}}
    networks: {{default: {{aliases: [www]}}, back: }}
    volumes: ["./www:/www:ro", "cache:/cache", "/anonymous", {{type: tmpfs, target: /scratch}}]
    labels: {{team: data}}
    mem_limit: 64m
    cap_drop: [ALL]
    ulimits: {{nofile: 1000}}
    logging: {{driver: json-file, options: {{max-size: 1m}}}}
    extra_hosts: ["other:10.0.0.9"]
    restart: unless-stopped
  db:
    image: {tiny}
    stop_grace_period: 1s
    init: true
    healthcheck: {{test: "test -d /", interval: 1s}}
    networks: [back]
    configs: [{{source: motd, target: /etc/motd}}]
    secrets: [token]
  job: {{image: {tiny}, command: ["true"], network_mode: none}}
networks: {{back: {{internal: true, labels: {{side: back}}}}}}
volumes: {{cache: {{labels: {{kind: cache}}}}}}
configs: {{motd: {{file: motd.txt}}}}
secrets: {{token: {{file: token.txt}}}}
"""


@pytest.fixture(scope="session")
def docker_compose() -> str:
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    try:
        return str(compose_tool.find(cache).up[0])
    except Unavailable as reason:
        pytest.skip(f"Docker Compose v2 cannot be had here: {reason}")


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    (tmp_path / "compose.yaml").write_text(COMPOSE.format(project=project, tiny=tiny))
    (tmp_path / ".env").write_text("FROM_ENV=1\n")
    (tmp_path / "www").mkdir()
    (tmp_path / "motd.txt").write_text("welcome\n")
    (tmp_path / "token.txt").write_text("s3cret-token")
    return tmp_path


@pytest.fixture
def compose(folder: Path, docker_compose: str, engine: Engine, project: str) -> Iterator[Callable[..., str]]:
    def call(*words: str) -> str:
        done = subprocess.run(
            [docker_compose, "--progress", "quiet", *words], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    yield call
    call("down", "--volumes", "-t", "0")


def ids(engine: Engine, project: str) -> dict[str, str]:
    """Name -> id and start of each container of the project, anyone who made it."""
    mine: Any = {"label": [f"phlo.project={project}"]}
    listed = engine.get("/containers/json", all=True, filters=mine)
    found = [engine.get(f"/containers/{entry['Id']}/json") for entry in listed]
    return {one["Name"].lstrip("/").removeprefix(f"{project}-"): one["Id"] + one["State"]["StartedAt"] for one in found}


def test_what_has_not_changed_is_adopted_and_one_changed_service_is_recreated(
    folder: Path, project: str, engine: Engine, compose: Callable[..., str], phlo: Phlo
) -> None:
    compose("up", "--detach")
    before = ids(engine, project)
    assert set(before) == {"web-1", "db-1", "job-1"}
    planned = phlo("plan", "--detailed-exitcode").stdout
    assert planned.count("adopt container") == 3, planned
    phlo("up")
    assert ids(engine, project) == before
    assert phlo("exec", "web", "echo", "there").stdout == "there\n"

    text = (folder / "compose.yaml").read_text()
    (folder / "compose.yaml").write_text(text.replace("GREETING: hello", "GREETING: bye"))
    planned = phlo("plan").stdout
    assert "environment.GREETING changed" in planned
    phlo("up")
    after = {name: one for name, one in ids(engine, project).items() if ".phlo-" not in name}
    assert {name for name in after if after[name] != before[name]} == {"web-1"}
    phlo("rollback")
    back = {name: one for name, one in ids(engine, project).items() if ".phlo-" not in name}
    assert back["web-1"][:64] == before["web-1"][:64]
    phlo("down", "-t", "0")
    assert ids(engine, project) == {}
