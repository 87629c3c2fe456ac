"""Three hosts become a Docker Swarm, and a project lives on it.

The kernel here has no IPVS, so ports are the nodes' own and names mean all tasks (`swarm_publish: host`).
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.hosts.bed import Bed
from tests.hosts.conftest import Phlo
from tests.support.pages import Run, read_page, runs

PORT = 18080
PROJECT = """
name: {name}
services:
  defaults: false
  page:
    type: inline
    image: {image}
    hosts: [cluster]
    scale: 2
    init: true
    command: [sh, -c, "{command}"]
    environment: {{GREETING: "{greeting}"}}
    configs: [{{source: page, target: /srv/index.html}}]
    secrets: [{{source: key, target: /run/key}}]
    ports: ["{port}:8080"]
    stop_grace_period: 1s
    healthcheck: {{test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1:8080/"], interval: 1s}}
    update: {{monitor: 5s, delay: 3s}}
  reader:
    enabled: true
    hosts: [data-3]
    environment: {{TONE: "{tone}"}}
  job:
    type: inline
    image: {image}
    hosts: [cluster]
    restart: "no"
    command: [sh, -c, "echo the job is done"]
configs:
  page: {{content: "{greeting} world"}}
secrets:
  key: {{environment: PAGE_KEY}}
"""
# The role of a service: what it does with its container, and with that of another service on another node.
READER = """
name: reader
description: Reads pages
category: test
image: {image}
depends_on: [page]
hooks:
  pre_start: [{{name: one, command: "echo pre_start >> hooks"}}]
  post_start: [{{name: two, command: "echo post_start >> hooks"}}]
  pre_stop: [{{name: three, command: "echo pre_stop >> hooks"}}]
  post_stop: [{{name: four, command: "echo post_stop >> hooks"}}]
compose:
  init: true
  volumes: ["kept:/kept"]
  command: [sleep, infinity]
  stop_grace_period: 1s
  deploy: {{update_config: {{monitor: {monitor}}}}}
"""
READER_TASKS = """
- name: a mark in the volume
  exec: {command: [touch, /kept/mark], creates: /kept/mark}
"""
READER_SHOW = """
help: Show what there is
tasks:
  - name: what another service keeps for itself, wherever it is
    exec: {service: page, command: [cat, /run/key], reads: true}
    no_log: true
    register: key
  - name: what a container of its own sees on the network of all nodes
    run: {service: reader, shell: true, command: "ls /kept; wget -q -O - http://page:8080/"}
    changed_when: false
    register: seen
  - debug: {msg: "{{ seen.stdout_lines | join(' ') }} {{ key.stdout | length }}"}
"""
SERVE = "exec httpd -f -p 8080 -h /srv"
SENTINEL = "sentinel-of-the-swarm"


@pytest.fixture(scope="module")
def bed(bed: Bed) -> Iterator[Bed]:
    """The hosts as a Swarm, the first a manager; afterwards they are single hosts again."""
    as_it_was = bed.inventory.read_text()
    write_swarm(bed)
    yield bed
    bed.inventory.write_text(as_it_was)
    for host in bed.hosts:
        bed.run(host.name, "docker swarm leave --force >/dev/null 2>&1; docker network rm docker_gwbridge || true")


def write_swarm(bed: Bed) -> None:
    written = yaml.safe_load(bed.inventory.read_text())
    hosts = written["all"].pop("hosts")
    hosts["data-1"]["swarm_role"] = "manager"
    variables = {"orchestrator": "swarm", "swarm_publish": "host"}
    written["all"]["children"] = {"cluster": {"vars": variables, "hosts": hosts}}
    bed.inventory.write_text(yaml.safe_dump(written))


@pytest.fixture
def swarm(bed: Bed, phlo: Phlo) -> Phlo:
    phlo("swarm init")
    phlo("swarm join")
    return phlo


def write(
    folder: Path,
    name: str,
    image: str,
    *,
    greeting: str = "hello",
    command: str = SERVE,
    tone: str = "low",
    monitor: str = "1s",
) -> None:
    """Write the project. monitor: for how long the Swarm looks at a new task of `reader` before its update is done."""
    text = PROJECT.format(name=name, image=image, greeting=greeting, command=command, port=PORT, tone=tone)
    (folder / "phlo.yaml").write_text(text)
    (folder / "roles/reader/tasks").mkdir(parents=True, exist_ok=True)
    (folder / "roles/reader/service.yaml").write_text(READER.format(image=image, monitor=monitor))
    (folder / "roles/reader/tasks/main.yaml").write_text(READER_TASKS)
    (folder / "roles/reader/tasks/show.yaml").write_text(READER_SHOW)
    (folder / ".phlo").mkdir(exist_ok=True)
    (folder / ".phlo/.env.local").write_text(f"PAGE_KEY={SENTINEL}\n")


class Client:
    """Asks for the page all the time, at one node after the other; a request is lost when no node answers it."""

    def __init__(self, bed: Bed) -> None:
        self._urls = [f"http://{host.address}:{PORT}/" for host in bed.hosts]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.asked = self.lost = 0
        self.answers: set[str] = set()

    def __enter__(self) -> Client:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def page(self) -> str | None:
        for url in self._urls:
            try:
                with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  a node of this test
                    return str(answer.read().decode())
            except OSError:
                continue
        return None

    def _ask(self) -> None:
        while not self._ended.is_set():
            found = self.page()
            self.asked += 1
            self.lost += found is None
            if found is not None:
                self.answers.add(found)
            time.sleep(0.02)


def test_hosts_become_one_swarm_and_a_second_time_there_is_nothing_to_do(bed: Bed, phlo: Phlo) -> None:
    before = phlo("swarm status", code=1).stdout
    assert before.count("not joined") == 3
    assert "phlo swarm init" in phlo("swarm join", code=3).stderr
    said = [phlo("swarm init"), phlo("swarm join")]
    for again in (phlo("swarm init"), phlo("swarm join")):
        assert "Nothing to do" in again.stderr
        assert again.stdout == ""
    rows = {row.split()[1]: row.split()[2:] for row in phlo("swarm status").stdout.splitlines()[1:]}
    assert rows["data-1"][:4] == ["manager", "ready", "active", "leader"]
    assert rows["data-2"][:3] == rows["data-3"][:3] == ["worker", "ready", "active"]
    for host in bed.hosts:
        assert bed.run(host.name, "docker info -f '{{.Swarm.NodeAddr}}'").strip() == host.address
    token = bed.run("data-1", "docker swarm join-token -q worker").strip()
    assert not any(token in done.stdout + done.stderr for done in said)


@pytest.mark.parametrize("run", runs("swarm"), ids=lambda run: run.id)
def test_a_guide_about_swarms_does_what_it_says(run: Run, bed: Bed, tmp_path: Path) -> None:
    read_page(run, tmp_path, bed.shell)


def test_a_project_lives_on_a_swarm(swarm: Phlo, bed: Bed, folder: Path, project: str, tiny: str) -> None:
    write(folder, project, tiny)
    assert f"create service {project}_page (not found)" in swarm("plan").stdout
    swarm("up")
    assert "Nothing to do" in swarm("up").stderr

    assert Client(bed).page() == "hello world"
    listed = swarm("ps").stdout
    assert listed.count(f"{project}_page.") == 2
    assert f"data-3  reader   {project}_reader.1" in listed
    assert "Done" in swarm("services list").stdout
    assert "the job is done" in swarm("logs", "job").stdout
    assert swarm("exec", "page", "cat", "/run/key").stdout == SENTINEL

    write(folder, project, tiny, greeting="goodbye")
    changed = swarm("plan").stdout
    assert "environment.GREETING changed" in changed
    assert "files./srv/index.html changed" in changed
    with Client(bed) as client:
        swarm("up")
    print(f"rolling update: {client.lost} of {client.asked} requests lost")
    assert client.lost == 0
    assert client.answers == {"hello world", "goodbye world"}
    assert bed.run("data-1", "docker config ls -q").count("\n") == 2, (
        "that of the version before is kept for a rollback"
    )

    bed.run("data-1", f"docker service scale -d {project}_page=1")
    assert "replicas: 1 -> 2" in swarm("plan").stdout
    swarm("up")
    assert "Nothing to do" in swarm("up").stderr
    history = subprocess.run(
        [sys.executable, "-m", "phlo", "history"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert history.stdout.count(" up ") >= 3, history.stdout

    swarm("down", "--volumes", "--yes")
    for host in bed.hosts:
        left = bed.run(host.name, f"docker ps -aq; docker volume ls -q; docker network ls -q -f name={project}")
        assert left == "", host.name
    assert bed.run("data-1", "docker service ls -q; docker config ls -q; docker secret ls -q") == ""
    written = "".join(path.read_text() for path in (folder / ".phlo/runs").glob("*"))
    assert SENTINEL not in written


def test_hooks_tasks_and_actions_of_a_role_run_where_its_task_is(
    swarm: Phlo, bed: Bed, folder: Path, project: str, tiny: str
) -> None:
    def hooks() -> list[str]:
        found = (folder / "hooks").read_text().split()
        (folder / "hooks").write_text("")
        return found

    write(folder, project, tiny)
    planned = swarm("plan").stdout
    assert "run hook reader.post_start.two" in planned
    swarm("up")
    assert hooks() == ["pre_start", "post_start"]
    assert bed.run("data-3", f"ls /var/lib/docker/volumes/{project}_kept/_data") == "mark\n"
    assert "Nothing to do" in swarm("up").stderr
    assert f"mark hello world {len(SENTINEL)}" in swarm("run reader.show").stderr

    swarm("stop", "reader")
    assert hooks() == ["pre_stop", "post_stop"]
    assert "reader" not in swarm("ps").stdout
    assert "replicas: 0 -> 1" in swarm("plan").stdout
    swarm("start", "reader")
    assert "Nothing to do" in swarm("up").stderr

    # Until Ctrl-C comes, the Swarm is still looking at the new task.
    write(folder, project, tiny, tone="high", monitor="10m")
    stopped = interrupted(bed, folder, f"{project}_reader")
    assert stopped.returncode == 130, stopped.stderr
    assert "stopped waiting for the update" in stopped.stderr
    assert "rolled back" in stopped.stderr
    assert hooks() == ["pre_start", "pre_stop"]
    write(folder, project, tiny, tone="high")
    assert "environment.TONE changed" in swarm("plan", "-o", "the.plan").stdout
    swarm("up", "--plan", "the.plan")
    assert hooks() == ["pre_start", "pre_stop", "post_stop", "post_start"]
    assert "is out of date" in swarm("up", "--plan", "the.plan", code=3).stderr

    assert "environment.TONE changed" in swarm("rollback").stderr
    assert swarm("exec", "reader", "sh", "-c", "echo $TONE").stdout == "low\n"
    assert "environment.TONE changed" in swarm("plan").stdout
    assert hooks() == ["pre_stop", "post_stop"]


def interrupted(bed: Bed, folder: Path, service: str) -> subprocess.CompletedProcess[str]:
    """`phlo up`, with Ctrl-C once the Swarm has begun to replace a service's tasks."""
    argv = [sys.executable, "-m", "phlo", "up", "-i", str(bed.inventory)]
    run = subprocess.Popen(argv, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while "updating" not in bed.run("data-1", f"docker service inspect -f '{{{{.UpdateStatus}}}}' {service}"):
        assert time.monotonic() < deadline, f"{service} is not being updated"
        assert run.poll() is None
    run.send_signal(signal.SIGINT)
    stdout, stderr = run.communicate(timeout=120)
    return subprocess.CompletedProcess(argv, run.returncode, stdout, stderr)


def test_a_version_that_does_not_work_is_rolled_back_by_the_swarm(
    swarm: Phlo, bed: Bed, folder: Path, project: str, tiny: str
) -> None:
    write(folder, project, tiny)
    swarm("up")
    write(folder, project, tiny, greeting="never", command="echo it is broken; exit 3")
    with Client(bed) as client:
        told = swarm("up", code=5).stderr
    print(f"roll-back: {client.lost} of {client.asked} requests lost")
    assert "the Swarm has rolled it back" in told
    assert "task: non-zero exit (3)" in told
    assert "it is broken" in told
    assert client.lost == 0
    assert client.answers == {"hello world"}
    assert "environment.GREETING changed" in swarm("plan").stdout
    write(folder, project, tiny)
    assert "Nothing to do" in swarm("up").stderr


def test_another_manager_is_talked_to_when_the_first_one_is_lost(
    phlo: Phlo, bed: Bed, folder: Path, project: str, tiny: str
) -> None:
    """The last test of this Swarm: all of its nodes are managers afterwards."""
    written = yaml.safe_load(bed.inventory.read_text())
    for name, host in written["all"]["children"]["cluster"]["hosts"].items():
        host.pop("swarm_role", None)
        host["PITCH"] = name
    bed.inventory.write_text(yaml.safe_dump(written))
    phlo("swarm init")
    phlo("swarm join")
    text = f"""
name: {project}
services:
  defaults: false
  reader:
    {{type: inline, image: "{tiny}", hosts: [data-3], command: [sleep, infinity], init: true, stop_grace_period: 1s,
      update: {{monitor: 1s}}, environment: {{PITCH: "${{PITCH}}", TONE: low}}}}
"""
    (folder / "phlo.yaml").write_text(text)
    phlo("up")
    bed.run("data-1", "pkill -x dockerd; while pgrep -x dockerd; do sleep 0.2; done")
    try:
        (folder / "phlo.yaml").write_text(text.replace("low", "high"))
        told = phlo("up").stderr
        assert "Talking to data-2, another manager" in told
        assert "(environment.TONE changed)" in told, "the variables are still those of the first manager"
        assert phlo("exec", "reader", "sh", "-c", "echo $PITCH $TONE").stdout == "data-1 high\n"
    finally:
        bed.run("data-1", "setsid dockerd --host=unix:///run/docker.sock >/run/dockerd.log 2>&1 </dev/null & sleep 1")
        deadline = time.monotonic() + 120
        while (
            "Reachable" not in (nodes := bed.run("data-2", "docker node ls")).partition("data-1")[2].partition("\n")[0]
        ):
            assert time.monotonic() < deadline, f"data-1 is not a manager again:\n{nodes}"
            time.sleep(0.5)
