"""No secret leaves phlo but for the engine: a whole project with sentinel secrets, and everything phlo ever wrote."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from phlo.discovery import ServiceDiscovery
from phlo.hosts.engine import Engine
from tests.integration.conftest import remove_project
from tests.support.unprotected import UNPROTECTED

# One for each way that a secret comes in; two with what JSON, URLs and lines do to a text.
SENTINELS = {
    "FROM_PROCESS": "sentinel-process-8c1f",
    "FROM_DOTENV": "sentinel-dotenv-77ab",
    "FROM_PHLO_YAML": "sentinel-inline-03de",
    "FROM_FILE": "sentinel-file-41aa",
    "FROM_COMMAND": 'sentinel-"quoted"/and 5b&c2',
    "FROM_VAULT": "sentinel-first-line-9e\nsentinel-second-line-5d",
    "FOR_BUILD": "sentinel-build-2b90",
    "FOR_HOOK": "sentinel-hook-6f31",
}
GENERATED = "GENERATED"
PASSPHRASE = "sentinel-passphrase-1d4e"

ROLE = """
name: web
description: Shows every secret it has
default: true
image: phlo/test-busybox:1
env_vars:
  FROM_PROCESS: {secret: true}
  FROM_DOTENV: {secret: true}
  FROM_PHLO_YAML: {secret: true}
  GENERATED: {secret: true}
  FOR_HOOK: {secret: true}
provides:
  page: {key: "${FROM_FILE}", url: "http://user:${FROM_FILE}@web"}
templates:
  - {source: all.j2, dest: /srv/all, secret: true}
hooks:
  post_start:
    - name: tell
      command: ["sh", "-c", "cat /proc/self/environ >> $WITNESS; echo told $TOLD; exit ${CODE:-0}"]
      environment: {TOLD: "${FOR_HOOK}", CODE: "${HOOK_CODE:-0}"}
compose:
  command:
    - sh
    - -c
    - 'env; cat /srv/all; [ "$$BROKEN" != 1 ] || exit 7; trap "exit 0" TERM; while :; do sleep 1 & wait $$!; done'
  environment:
    A: ${FROM_PROCESS}
    B: prefix-${FROM_DOTENV}-suffix
    C: ${FROM_PHLO_YAML}
    D: ${FROM_FILE}
    E: ${FROM_COMMAND}
    F: ${FROM_VAULT}
    G: ${GENERATED}
    BROKEN: ${BROKEN:-0}
    ROUND: ${ROUND:-0}
  healthcheck: {test: ["CMD-SHELL", 'env; [ "$$UNHEALTHY" != 1 ]'], interval: 1s, retries: 1}
  stop_grace_period: 1s
"""
TEMPLATE = """
{{ FROM_PROCESS }} {{ FROM_DOTENV }} {{ FROM_PHLO_YAML }} {{ FROM_FILE }} {{ FROM_COMMAND }} {{ GENERATED }}
{{ page.key }} {{ page.url }} {{ {"a": FROM_VAULT} | tojson }} round {{ ROUND | default(0) }}
"""
USER = """
name: user
description: Uses what web provides, and is built
default: true
requires: [page]
env_vars: {FOR_BUILD: {secret: true}}
build: {args: {KEY: "${FOR_BUILD}", CODE: "${BUILD_CODE:-0}"}}
templates: [{source: page.j2, dest: /srv/page}]
compose: {stop_grace_period: 1s}
"""
DOCKERFILE = """
FROM phlo/test-busybox:1
ARG KEY
ARG CODE
RUN echo building with $KEY; exit $CODE
"""
PROJECT = """
name: {name}
env: {{FROM_PHLO_YAML: {FROM_PHLO_YAML}}}
secret_sources:
  FROM_FILE: {{file: kept/file}}
  FROM_COMMAND: {{command: [sh, kept/look]}}
"""
LOOK = """
cat /proc/self/environ >> $WITNESS
cat kept/command
"""
PLAY = """
- hosts: all
  tasks:
    - {name: a program, command: {command: 'cat /proc/self/environ >> $WITNESS', shell: true}}
    - {name: show, debug: {msg: "it is {{ FROM_FILE }} and {{ GENERATED }}"}}
    - {name: keep, set_fact: {kept: "x{{ FROM_DOTENV }}"}}
    - {name: show what was kept, debug: {var: kept}}
    - {name: in the container, exec: {command: [sh, -c, "env; exit 3"], service: web}, ignore_errors: true}
    - {name: refused, assert: {that: "FROM_PROCESS == 'x'", fail_msg: "not {{ FROM_PROCESS }}"}, ignore_errors: true}
    - {name: fails, fail: {msg: "with {{ FROM_VAULT }}"}}
"""


class Scene:
    """A project, phlo run in it, and everything that was ever told."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.told: list[tuple[str, str]] = []
        # Outside of the project: what the environments of the programs that phlo starts hold.
        self.witness = folder.with_name(f"{folder.name}-witness")

    def phlo(self, *words: str, codes: tuple[int, ...] = (0,), **environment: str) -> str:
        environ = {
            **os.environ,
            "NO_COLOR": "1",
            "FROM_PROCESS": SENTINELS["FROM_PROCESS"],
            "FOR_BUILD": SENTINELS["FOR_BUILD"],
            "FOR_HOOK": SENTINELS["FOR_HOOK"],
            "PHLO_SECRETS_PASSPHRASE": PASSPHRASE,
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "WITNESS": str(self.witness),
            **environment,
        }
        done = subprocess.run(
            [sys.executable, "-m", "phlo", *words],
            cwd=self.folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=180,
            stdin=subprocess.DEVNULL,
        )
        told = f"{done.stdout}\n{done.stderr}"
        self.told.append((f"{' '.join(words)} {environment}", told))
        assert done.returncode in codes, f"{words} ended with {done.returncode}\n{told}"
        return told

    def set_vault(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "phlo", "secrets", "set", "FROM_VAULT"],
            cwd=self.folder,
            env={**os.environ, "PHLO_SECRETS_PASSPHRASE": PASSPHRASE, "WITNESS": str(self.witness)},
            input=SENTINELS["FROM_VAULT"],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        self.told.append(("secrets set", done.stdout + done.stderr))


@pytest.fixture
def scene(tmp_path: Path, project: str, tiny: str, engine: Engine) -> Iterator[Scene]:
    def write(path: str, text: str) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    write("roles/web/service.yaml", ROLE)
    write("roles/web/templates/all.j2", TEMPLATE)
    write("roles/user/service.yaml", USER)
    write("roles/user/templates/page.j2", "{{ page.url }}")
    write("roles/user/image/Dockerfile", DOCKERFILE)
    write("kept/file", SENTINELS["FROM_FILE"])
    write("kept/look", LOOK)
    write("kept/command", SENTINELS["FROM_COMMAND"])
    write(".phlo/.env", f"FROM_DOTENV={SENTINELS['FROM_DOTENV']}\n")
    write("play.yaml", PLAY)
    installed = [service.name for service in ServiceDiscovery().get_default_services()]
    disabled = f"services: {{disabled: [{', '.join(installed)}]}}\n"
    write("phlo.yaml", PROJECT.format(name=project, **SENTINELS) + disabled)
    found = Scene(tmp_path, project)
    found.set_vault()
    yield found
    remove_project(engine, project)
    for image in engine.get("/images/json", filters={"reference": ["phlo/user"]}):
        engine.delete(f"/images/{image['Id']}", force=True)


def forms(text: str) -> set[str]:
    """A secret as it stands, its lines, and what JSON and URLs make of it."""
    return {
        form
        for line in {text, *text.split("\n")}
        for form in (line, json.dumps(line)[1:-1], urllib.parse.quote(line, safe=""))
    }


@contextmanager
def every_argv() -> Iterator[set[str]]:
    """The command lines of all processes that began meanwhile and were seen."""
    seen: set[str] = set()
    is_over = threading.Event()
    before = set(os.listdir("/proc"))

    def look() -> None:
        while not is_over.wait(0.01):
            for entry in os.scandir("/proc"):
                if entry.name.isdigit() and entry.name not in before:
                    try:
                        with open(f"/proc/{entry.name}/cmdline", "rb") as stream:
                            seen.add(stream.read().decode(errors="replace"))
                    except OSError:
                        continue  # it has ended

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        is_over.set()
        watcher.join()


def leaks(where: str, text: str, secrets: dict[str, str]) -> list[str]:
    found = []
    for name, secret in secrets.items():
        for form in forms(secret):
            at = text.find(form)
            if at >= 0:
                found.append(f"{name} in {where}: ...{text[max(0, at - 60) : at + len(form) + 20]!r}")
                break
    return found


def labels(engine: Engine, project: str) -> str:
    mine: Any = {"label": [f"phlo.project={project}"]}
    found = [one["Labels"] for one in engine.get("/containers/json", all=True, filters=mine)]
    found += [one["Labels"] for one in engine.get("/networks", filters=mine)]
    found += [one["Labels"] for one in engine.get("/volumes", filters=mine)["Volumes"] or ()]
    found += [one["Labels"] for one in engine.get("/images/json", filters={"reference": ["phlo/user"]})]
    assert found
    return json.dumps(found)


def configurations(engine: Engine, project: str) -> str:
    """What the containers of a project are made of, without the environment, which is where secrets belong.

    The state has what a service's own health check prints.
    """
    mine: Any = {"label": [f"phlo.project={project}"]}
    found = []
    for one in engine.get("/containers/json", all=True, filters=mine):
        container = engine.get(f"/containers/{one['Id']}/json")
        container["Config"].pop("Env")
        container.pop("State")
        found.append(container)
    assert found
    return json.dumps(found)


def test_no_secret_is_in_anything_that_phlo_shows_keeps_or_starts(scene: Scene, engine: Engine) -> None:
    phlo = scene.phlo
    with every_argv() as argv:
        phlo("secrets", "list", "--json")
        phlo("plan", "--diff", "-vv")
        phlo("plan", "--json")
        phlo("plan", "-o", "saved.plan")
        phlo("plan", "show", "saved.plan", "--json")
        phlo("up", "--diff", "-vv", "--junit", "junit.xml", "--profile-tasks")
        phlo("up")
        phlo("up", "--output", "json", "-vv", ROUND="1")
        phlo("up", "--debug", codes=(1, 5), BROKEN="1")
        phlo("up", "--debug", "--output", "json", "--junit", "failed.xml", codes=(1, 5), UNHEALTHY="1", BROKEN="1")
        phlo("up", "--debug", codes=(1, 5), HOOK_CODE="9", ROUND="2")
        phlo("up", "--debug", "-vv", codes=(1, 5), BUILD_CODE="8")
        phlo("up", "-vv", ROUND="3")
        phlo("config", "show", "--sources")
        phlo("config", "show", "--json")
        for name in (*SENTINELS, GENERATED, "web.environment", "web.environment.B"):
            phlo("config", "explain", name, "--json", codes=(0, 3))
        phlo("services", "list", "--json")
        phlo("services", "show", "web", "--json")
        phlo("ps", "--json")
        assert "A=***" in phlo("logs")
        phlo("history", "--json")
        phlo("history", "show", "--json", codes=(0, 3))
        phlo("why", "web")
        phlo("run", "--list", "--json")
        phlo("run", "play", "play.yaml", "--debug", "-vv", codes=(1,))
        phlo("run", "play", "play.yaml", "--output", "json", codes=(1,))
        phlo("rollback", codes=(0, 1, 3))
        phlo("secrets", "rotate", GENERATED)
        phlo("secrets", "rotate", "FROM_FILE", "--debug", codes=(3,))
        tagged = labels(engine, scene.name)
        made = configurations(engine, scene.name)
        history = [
            json.dumps(engine.get(f"/images/{image['Id']}/history"))
            for image in engine.get("/images/json", filters={"reference": ["phlo/user"]})
        ]
        phlo("down", "--volumes", "--yes", *UNPROTECTED, "-vv")

    kept = (scene.folder / ".phlo" / ".env.local").read_text()
    (generated,) = re.findall(rf"^{GENERATED}=(\S+)$", kept, re.MULTILINE)
    secrets = {**SENTINELS, GENERATED: generated, "passphrase": PASSPHRASE}
    found = [leak for where, text in scene.told for leak in leaks(where, text, secrets)]
    found += leaks("the labels", tagged, secrets)
    found += leaks("a container", made, secrets)
    # What phlo got in its own environment goes on to the programs that it starts, except for the passphrase.
    inherited = {"FROM_PROCESS", "FOR_BUILD", "FOR_HOOK"}
    others = {name: text for name, text in secrets.items() if name not in inherited}
    environments = scene.witness.read_text()
    assert SENTINELS["FOR_HOOK"] in environments
    found += leaks("the environment of a program", environments, others)
    # Docker keeps build arguments in the history, as the guide on secrets says; nothing else may be there.
    built = {name: text for name, text in secrets.items() if name != "FOR_BUILD"}
    assert history
    found += [leak for one in history for leak in leaks("the history of an image", one, built)]
    found += [leak for line in argv for leak in leaks("an argv", line, secrets)]
    given = {
        scene.folder / name for name in ("phlo.yaml", ".phlo/.env", ".phlo/.env.local", "kept/file", "kept/command")
    }
    written = [path for path in scene.folder.rglob("*") if path.is_file() and path not in given]
    assert {path.name for path in written} >= {"junit.xml", "failed.xml", "saved.plan"}
    for path in written:
        found += leaks(str(path.relative_to(scene.folder)), path.read_bytes().decode(errors="replace"), secrets)
    assert not found, "\n".join(found)
