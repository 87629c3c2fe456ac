"""A Compose project and its import are the same containers, on a real engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from phlo.discovery import discover_services
from phlo.hosts.engine import Engine
from tests.bench.fetch import cache_folder
from tests.bench.tools import compose as compose_tool
from tests.bench.tools.tool import Unavailable
from tests.integration.conftest import Phlo, remove_project

COMPOSE = """
name: {name}
x-life: &life {{stop_grace_period: 1s, restart: unless-stopped}}
services:
  web:
    extends: {{file: common/base.yaml, service: base}}
    image: "phlo/test-busybox:${{TAG}}"
    <<: *life
    hostname: web-host
    command: httpd -f -p 8080 -h /www
    environment: ["GREETING=hello ${{PLACE:-world}}", "PRICE=$$5", FLAG=yes, TAG]
    env_file: web.env
    ports: ["127.0.0.1::8080", "9000-9001"]
    expose: ["9100"]
    depends_on: {{db: {{condition: service_healthy}}, prepare: {{condition: service_completed_successfully}}}}
    networks: {{default: {{aliases: [www]}}, back: }}
    volumes: ["./www:/www:ro", "cache:/cache", {{type: tmpfs, target: /scratch, tmpfs: {{size: 1m}}}}, "/anonymous"]
    labels: {{team: data}}
    mem_limit: 64m
    cpus: 0.5
    pids_limit: 50
    cap_drop: [ALL]
    cap_add: [NET_BIND_SERVICE]
    security_opt: ["no-new-privileges:true"]
    read_only: true
    tmpfs: /run
    ulimits: {{nofile: {{soft: 100, hard: 200}}, nproc: 60000}}
    sysctls: {{net.core.somaxconn: 1024}}
    extra_hosts: ["other:10.0.0.9"]
    dns: [10.0.0.53]
    logging: {{driver: json-file, options: {{max-size: 1m}}}}
    user: "4242:4242"
    working_dir: /www
    shm_size: 32m
    group_add: ["1001"]
    tty: true
    stdin_open: true
    stop_signal: SIGINT
  db:
    image: phlo/test-busybox:1
    <<: *life
    command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
    healthcheck: {{test: "test -d /", interval: 1s, timeout: 2s, retries: 4, start_period: 1s}}
    networks: [back]
    configs: [{{source: motd, target: /etc/motd}}]
    secrets: [token]
    deploy: {{resources: {{limits: {{memory: 32M}}}}}}
  prepare:
    image: phlo/test-busybox:1
    entrypoint: ["sh", "-c"]
    command: ["echo ready > /cache/ready"]
    network_mode: none
    volumes: ["cache:/cache"]
  debug: {{image: "phlo/test-busybox:1", profiles: [debug], <<: *life}}
networks: {{back: {{internal: true, labels: {{side: back}}}}}}
volumes: {{cache: {{labels: {{kind: cache}}}}}}
configs: {{motd: {{file: motd.txt}}}}
secrets: {{token: {{file: token.txt}}}}
"""

FILES = {
    "common/base.yaml": "services: {base: {init: true, environment: {BASE: '1', FLAG: base}}}\n",
    ".env": 'TAG=1\nPLACE="the moon"\n',
    "web.env": "FROM_FILE=1\n",
    "www/index.html": "hello\n",
    "motd.txt": "welcome\n",
    "token.txt": "s3cr3t-token\n",
}


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
    """A Compose project of that name."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "compose.yaml").write_text(COMPOSE.format(name=project))
    return tmp_path


def test_the_import_runs_the_same_containers_and_a_second_up_changes_nothing(
    phlo: Phlo, engine: Engine, project: str, folder: Path, docker_compose: str
) -> None:
    def compose(*words: str) -> None:
        done = subprocess.run(
            [docker_compose, "--progress", "quiet", *words], cwd=folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    try:
        compose("up", "--detach")
        theirs = inspected(engine, f"com.docker.compose.project={project}", "phlo.service")  # as phlo reads them
    finally:
        compose("down")
    said = phlo("import", "compose")
    assert "Left out: nothing" in said.stdout, said.stderr
    try:
        phlo("run", "up")
        ours = inspected(engine, f"phlo.project={project}", "phlo.service")
        assert set(ours) == {"web", "db", "prepare"}
        for service, container in theirs.items():
            assert normalized(ours[service]) == normalized(container), service
        assert answer(engine, ours["db"]["Id"], "cat /etc/motd /run/secrets/token") == "welcome\ns3cr3t-token\n"
        assert answer(engine, ours["web"]["Id"], "cat /cache/ready /www/index.html") == "ready\nhello\n"
        assert "Nothing to do" in phlo("run", "up").stderr
    finally:
        phlo("run", "down", "--volumes", "--yes")
        remove_project(engine, project)
        engine.delete(f"/volumes/{project}_cache")  # Compose made it, so phlo left it


def inspected(engine: Engine, label: str, service: str) -> dict[str, dict[str, Any]]:
    listed = engine.get("/containers/json", all=True, filters={"label": [label]})
    return {entry["Labels"][service]: engine.get(f"/containers/{entry['Id']}/json") for entry in listed}


def answer(engine: Engine, container: str, command: str) -> str:
    done = subprocess.run(["docker", "exec", container, "sh", "-c", command], capture_output=True, text=True)
    return done.stdout


def normalized(container: dict[str, Any]) -> dict[str, Any]:
    """What makes a container what it is, without what each tool names and numbers in its own way."""
    config, host = container["Config"], container["HostConfig"]
    labels = {key: value for key, value in config["Labels"].items() if not key.startswith(("com.docker", "phlo."))}
    mounts = [
        (one["Type"], one["Destination"], one["RW"], one.get("Name") if one["Destination"] == "/cache" else "")
        for one in container["Mounts"]
        if one["Destination"] not in ("/etc/motd", "/run/secrets/token")  # Compose mounts them, phlo puts them inside
    ]
    networks = {
        name: sorted(set(one["Aliases"] or ()) - {container["Id"][:12], container["Name"].strip("/")})
        for name, one in container["NetworkSettings"]["Networks"].items()
    }
    bindings = host["PortBindings"] or {}
    ports = {port: sorted(one["HostIp"] for one in binds or ()) for port, binds in bindings.items()}
    alike = (
        "AutoRemove", "CapAdd", "CapDrop", "Dns", "DnsOptions", "DnsSearch", "ExtraHosts", "GroupAdd", "IpcMode",
        "LogConfig", "Memory", "MemorySwap", "NanoCpus", "OomScoreAdj", "PidsLimit", "Privileged", "ReadonlyRootfs",
        "RestartPolicy", "ShmSize", "Sysctls", "Tmpfs", "UsernsMode", "Init",
    )  # fmt: skip
    return {
        "name": container["Name"],
        "image": container["Image"],
        "environment": sorted(config["Env"]),
        "labels": labels,
        "mounts": sorted(mounts),
        "networks": networks,
        "ports": ports,
        "exposed": sorted(port if "/" in port else f"{port}/tcp" for port in config.get("ExposedPorts") or ()),
        "security": [option.replace(":", "=", 1) for option in host["SecurityOpt"] or ()],
        "ulimits": sorted(json.dumps(one, sort_keys=True) for one in host["Ulimits"] or ()),
        **{
            key: config.get(key)
            for key in ("Cmd", "Entrypoint", "User", "WorkingDir", "Tty", "OpenStdin", "StopSignal")
        },
        **{key: config.get(key) for key in ("StopTimeout", "Healthcheck")},
        **{key: host.get(key) or None for key in alike},
    }


def test_nothing_is_overwritten_without_force(phlo: Phlo, folder: Path) -> None:
    phlo("import", "compose")
    first = (folder / "phlo.yaml").read_text()
    assert "nothing new" in phlo("import", "compose").stdout
    (folder / "phlo.yaml").write_text("name: mine\n")
    (folder / ".phlo" / ".env").unlink()
    assert "--force" in phlo("import", "compose", code=3).stderr
    assert (folder / "phlo.yaml").read_text() == "name: mine\n"
    assert not (folder / ".phlo" / ".env").exists()
    phlo("import", "compose", "--force")
    assert (folder / "phlo.yaml").read_text() == first
    assert os.stat(folder / ".phlo" / ".env").st_mode & 0o777 == 0o600


def test_the_result_leaves_out_what_else_is_installed(phlo: Phlo, folder: Path) -> None:
    phlo("import", "compose")
    planned = json.loads(phlo("plan", "--json").stdout)
    services = {step["service"] for step in planned["steps"] if step.get("service")}
    assert services == {"web", "db", "prepare"}
    assert discover_services(folder).services


def test_what_is_still_missing_is_said_at_once(phlo: Phlo, folder: Path) -> None:
    (folder / "web.env").unlink()
    said = phlo("import", "compose")
    assert "web.env" in said.stderr
    assert "fix what is marked" in said.stdout


def test_another_folder_can_hold_the_result(phlo: Phlo, folder: Path) -> None:
    (folder / "lake").mkdir()
    phlo("import", "compose", "compose.yaml", "-o", "lake/")
    assert "../www:/www:ro" in (folder / "lake" / "phlo.yaml").read_text()
    phlo("-C", "lake", "config", "validate")
    shutil.rmtree(folder / "lake")
