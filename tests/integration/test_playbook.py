"""Playbooks, role tasks and actions on a real engine, by whole commands on the project in examples/playbooks."""

from __future__ import annotations

import json
import shutil
import tempfile
import urllib.request
from pathlib import Path

import jsonschema
import pytest

from phlo.discovery import ServiceDiscovery
from phlo.events_schema import schema_text
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.operations.arguments import make_args
from phlo.playbook.operations import Operations
from phlo.testing.law import assert_converges
from phlo.testing.role_project import free_ports
from tests.integration.conftest import Phlo
from tests.support.proxy import RecordingProxy

EXAMPLE = Path(__file__).parents[2] / "examples" / "playbooks"
SITE = "playbooks/site.yaml"


@pytest.fixture
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture
def folder(tmp_path: Path, project: str, port: int, tiny: str) -> Path:
    """The example, on a tiny image instead of one that is built."""
    shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns(".phlo"))
    installed = [service.name for service in ServiceDiscovery().get_default_services()]
    (tmp_path / "example" / "phlo.yaml").write_text(
        f"name: {project}\nenv: {{WEB_PORT: {port}}}\nservices:\n  web: {{image: {tiny}, image_source: pull}}\n"
        + "".join(f"  {name}: {{enabled: false}}\n" for name in installed)
    )
    return tmp_path / "example"


def page(port: int) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/", timeout=60) as answer:
        return str(answer.read().decode())


def exec_in(engine: Engine, project: str, *command: str) -> str:
    return engine.exec(f"{project}-web-1", list(command))[1].decode()


def test_role_tasks_are_part_of_up_and_the_second_up_changes_nothing(
    phlo: Phlo, engine: Engine, project: str, port: int
) -> None:
    first = phlo("run", "up").stderr
    assert "/srv/private" in first
    assert "A page" in page(port)
    assert exec_in(engine, project, "stat", "-c", "%a", "/srv/private") == "600\n"
    assert "Nothing to do" in phlo("run", "up").stderr


def test_up_repairs_what_a_role_s_task_sees_to(phlo: Phlo, engine: Engine, project: str) -> None:
    phlo("run", "up")
    exec_in(engine, project, "rm", "/srv/private")
    assert "/srv/private" in phlo("plan").stdout
    phlo("run", "up")
    assert exec_in(engine, project, "ls", "/srv/private") == "/srv/private\n"


def test_what_depends_on_a_service_waits_for_its_tasks(phlo: Phlo, folder: Path) -> None:
    with (folder / "phlo.yaml").open("a") as file:
        file.write("  after: {type: inline, image: phlo/test-busybox:1, stop_grace_period: 1s, depends_on: [web]}\n")
    lines = phlo("run", "up", "--output", "json").stdout.splitlines()
    ended = {event["step"]: event["time"] for event in map(json.loads, lines) if event["kind"] == "step_finished"}
    begun = {event["step"]: event["time"] for event in map(json.loads, lines) if event["kind"] == "step_started"}
    assert begun["local/after/container"] >= ended["local/web/tasks"]


def test_a_playbook_publishes_and_a_second_run_changes_nothing(phlo: Phlo, port: int) -> None:
    text = phlo("run", "play", SITE).stdout
    assert "Good morning" in page(port)
    assert text.count("tell the time") == 1
    assert "changed" not in phlo("run", "play", SITE).stdout.splitlines()[-1]


def test_what_is_wrong_is_put_back_and_fails_with_its_reason(phlo: Phlo, port: int) -> None:
    phlo("run", "play", SITE)
    text = phlo("run", "play", SITE, "-e", "text=Hello", "-e", "wanted=nonsense", code=1).stdout
    assert "it says what it should: the page does not say Hello" in text
    assert "Good morning" in page(port)


def test_check_mode_writes_nothing_and_shows_the_difference(phlo: Phlo) -> None:
    phlo("run", "play", SITE)
    with tempfile.TemporaryDirectory(prefix="phlo-proxy-") as place:
        proxy = RecordingProxy(Path(place) / "docker.sock")
        text = phlo("run", "play", SITE, "--check", "--diff", "-e", "text=Hello", DOCKER_HOST=proxy.address).stdout
        proxy.close()
    assert "+<p>Hello</p>" in text
    assert "-<p>Good morning</p>" in text
    # Looking inside a container is a POST as well; the example's playbook does not.
    assert proxy.writes == []


def test_an_action_has_arguments_and_help_and_is_listed(phlo: Phlo, port: int) -> None:
    phlo("run", "up")
    assert "web.publish" in phlo("run", "--list").stdout
    assert "what the page says" in phlo("run", "web.publish", "--help").stdout
    assert "published on port" in phlo("run", "web.publish", "--text", "Good evening").stderr
    assert "Good evening" in page(port)
    assert "--text is missing" in phlo("run", "web.publish", code=3).stderr


def test_an_action_s_argument_takes_the_place_of_an_option_of_the_same_name(phlo: Phlo, folder: Path) -> None:
    phlo("run", "up")
    (folder / "roles" / "web" / "tasks" / "say.yaml").write_text(
        "help: Say it\n"
        "arguments: {output: {choices: [table, csv], default: table, help: how}}\n"
        'tasks: [{exec: {command: [echo, "as {{ output }}"], interactive: true}, changed_when: false}]\n'
    )
    assert phlo("run", "web.say").stdout == "as table\n"  # what the tasks print is the result, the report is progress
    assert phlo("run", "web.say", "--output", "csv").stdout == "as csv\n"


@pytest.mark.parametrize("said_in", ["the role", "phlo.yaml"])
def test_an_action_of_a_service_of_a_profile_needs_no_profile_named(said_in: str, phlo: Phlo, folder: Path) -> None:
    role = folder / "roles" / "web"
    service, settings = role / "service.yaml", folder / "phlo.yaml"
    if said_in == "the role":
        service.write_text(f"profile: pages\n{service.read_text()}")
    else:
        settings.write_text(settings.read_text().replace("web: {", "web: {profiles: [pages], "))
    (role / "tasks" / "say.yaml").write_text(
        "help: Say it\ntasks: [{exec: {command: [echo, hello], interactive: true}, changed_when: false}]\n"
    )
    phlo("up", "--profile", "pages")
    assert phlo("run", "web.say").stdout == "hello\n"


def test_every_event_of_a_playbook_is_as_the_schema_says_and_none_has_a_secret(phlo: Phlo, folder: Path) -> None:
    (folder / "leaky.yaml").write_text(
        "- hosts: all\n  tasks:\n"
        '    - {exec: {service: web, command: "cat /srv/private"}, register: r}\n'
        '    - debug: {var: r}\n    - exec: {service: web, command: "echo {{ WEB_TOKEN }}"}\n'
        '    - exec: {service: web, command: "ls {{ WEB_TOKEN }}"}\n'
    )
    phlo("run", "up")
    done = phlo("run", "play", "leaky.yaml", "--output", "json", code=1)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    for event in events:
        jsonschema.validate(event, json.loads(schema_text()))
    token = (folder / ".phlo" / ".env.local").read_text().partition("WEB_TOKEN=")[2].split()[0]
    written = "".join(path.read_text() for path in (folder / ".phlo" / "runs").iterdir())
    assert len(token) >= 20
    assert token not in done.stdout + done.stderr + written


INJECTED = {"service": "", "folder": Path("/"), "network": "", "ask": None, "label": str, "clock": lambda: 0.0}

LAW = [
    ("copy", {"service": "web", "content": "x\n", "dest": "/tmp/x", "mode": "0600", "owner": "7:8"}),
    ("template", {"service": "web", "src": "t.j2", "dest": "/tmp/t"}),
    ("fetch", {"service": "web", "src": "/etc/passwd", "dest": "passwd"}),
    ("archive", {"service": "web", "path": "/etc", "dest": "etc.tar.gz", "replace": False}),
    ("exec", {"service": "web", "command": "touch /made", "creates": "/made"}),
    ("exec", {"service": "web", "command": "touch /made", "unless": "test -e /made"}),
    ("exec", {"service": "web", "command": "true", "reads": True}),
    ("wait_for", {"service": "web", "path": "/etc/passwd"}),
    ("wait_for", {"service": "web", "command": "true"}),
    ("command", {"command": "touch made", "creates": "made"}),
    ("command", {"service": "web", "command": "touch made", "chdir": "/tmp", "creates": "/tmp/mad*"}),
    ("file", {"service": "web", "path": "/tmp/folder/inner", "state": "directory", "mode": "0700"}),
    ("file", {"service": "web", "path": "/tmp/passwd", "src": "/etc/passwd", "state": "link"}),
    ("lineinfile", {"service": "web", "path": "/etc/passwd", "line": "x:x:9:9::/:/bin/sh", "insertafter": "^root"}),
    ("blockinfile", {"service": "web", "path": "/tmp/block", "block": "x", "create": True, "mode": "0600"}),
    ("stat", {"service": "web", "path": "/etc/passwd"}),
    ("slurp", {"service": "web", "src": "/bin/busybox"}),
    ("script", {"service": "web", "cmd": "make.sh /tmp/scripted", "creates": "/tmp/scripted"}),
    ("unarchive", {"service": "web", "src": "x.tar", "dest": "/tmp", "creates": "/tmp/unpacked"}),
    ("power", {"service": "web", "state": "started"}),
]


@pytest.fixture
def up(phlo: Phlo) -> None:
    phlo("run", "up")


@pytest.mark.parametrize(("name", "values"), LAW, ids=[f"{name} {', '.join(values)}" for name, values in LAW])
@pytest.mark.usefixtures("up")
def test_operations_for_tasks_obey_the_law(
    name: str, values: dict[str, object], host: Host, project: str, tmp_path: Path
) -> None:
    import tarfile

    (tmp_path / "t.j2").write_text("text")
    (tmp_path / "make.sh").write_text('#!/bin/sh\ntouch "$1"\n')
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("unpacked"))
    injected = {
        **INJECTED,
        "project": project,
        "root": tmp_path,
        "folder": tmp_path,
        "find_file": lambda name, kind: tmp_path / name,
        "decrypted": lambda content, path: content,
        "render": lambda path, label, names: path.read_text(),
    }
    kind = Operations().find(name).Args  # type: ignore[attr-defined]  # every module has one

    assert_converges(Operations().find(name), make_args(kind, values, injected=injected, where="here"), host)
