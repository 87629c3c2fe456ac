"""The commands for containers that exist, beside those of `docker compose`."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phlo.hosts.engine import Engine

Phlo = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def web(folder: Path, project: str, tiny: str, phlo: Phlo) -> Iterator[str]:
    """The name of a running container: a shell that ends with SIGTERM, with a published port and a volume."""
    (folder / "phlo.yaml").write_text(
        f"""\
name: {project}
services:
  defaults: false
  web:
    type: inline
    image: {tiny}
    command: [sh, -c, "trap 'exit 7' TERM; trap 'echo hello' HUP; while :; do sleep 0.1; done"]
    init: false
    ports: ["127.0.0.1::80", "[::1]::53/udp"]
    volumes: ["data:/data"]
"""
    )
    phlo("up", "--quiet")
    yield f"{project}-web-1"
    phlo("down", "--volumes", "--yes", "-t", "0")


def state_of(engine: Engine, container: str) -> str:
    return str(engine.get(f"/containers/{container}/json")["State"]["Status"])


def test_a_paused_service_goes_on_when_it_is_unpaused(web: str, engine: Engine, phlo: Phlo) -> None:
    phlo("pause", "web")
    assert state_of(engine, web) == "paused"
    phlo("pause", "web")
    phlo("unpause", "web")
    assert state_of(engine, web) == "running"
    phlo("unpause", "web")


def test_kill_sends_the_signal_and_refuses_when_nothing_runs(web: str, engine: Engine, phlo: Phlo) -> None:
    phlo("kill", "-s", "SIGHUP", "web")
    assert state_of(engine, web) == "running"
    phlo("kill", "web")
    assert state_of(engine, web) == "exited"
    refused = phlo("kill", "web", code=1)
    assert "no running container" in refused.stderr


def test_wait_ends_with_the_exit_code_of_the_container(web: str, engine: Engine, phlo: Phlo) -> None:
    ended: list[subprocess.CompletedProcess[str]] = []
    waiting = threading.Thread(target=lambda: ended.append(phlo("wait", "web", code=7)))
    waiting.start()
    engine.post(f"/containers/{web}/stop")
    waiting.join(60)
    assert ended[0].stdout == "web: exit code 7\n"


def test_ports_have_their_protocol_and_ipv6_addresses_have_brackets(web: str, engine: Engine, phlo: Phlo) -> None:
    published = engine.get(f"/containers/{web}/json")["NetworkSettings"]["Ports"]
    tcp, udp = published["80/tcp"][0]["HostPort"], published["53/udp"][0]["HostPort"]
    assert phlo("port", "web", "80").stdout == f"127.0.0.1:{tcp}\n"
    assert phlo("port", "web", "53/udp").stdout == f"[::1]:{udp}\n"
    listed = phlo("ps").stdout
    assert f"127.0.0.1:{tcp}->80" in listed
    assert f"[::1]:{udp}->53/udp" in listed
    assert "81/tcp is not published" in phlo("port", "web", "81", code=1).stderr
    phlo("port", "web", "http", code=3)


def test_reports_name_the_processes_images_volumes_and_projects(web: str, project: str, tiny: str, phlo: Phlo) -> None:
    assert "sleep 0.1" in phlo("top", "web").stdout
    (used,) = json.loads(phlo("stats", "--json").stdout)
    assert used["service"] == "web"
    assert 0 < used["memory_bytes"] <= used["memory_limit_bytes"]
    assert used["processes"] >= 1
    (image,) = json.loads(phlo("images", "--json").stdout)
    assert image["reference"] == tiny
    assert "web" in image["used_by"]  # besides the services of other projects that run from the same image
    assert image["size_bytes"] > 0
    assert {one["volume"]: one["services"] for one in json.loads(phlo("volumes", "--json").stdout)} == {
        f"{project}_data": ["web"]
    }
    assert {"host": "local", "project": project, "states": {"running": 1}} in json.loads(phlo("ls", "--json").stdout)


def test_events_of_the_project_are_printed_as_they_happen(web: str, folder: Path, engine: Engine) -> None:
    command = [sys.executable, "-m", "phlo", "events", "--json"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        try:
            found = _until_event(following, lambda: engine.post(f"/containers/{web}/kill", signal="HUP"))
        finally:
            following.kill()
    assert (found["service"], found["Action"]) == ("web", "kill")


def _until_event(following: subprocess.Popen[str], make: Callable[[], object]) -> dict[str, object]:
    """Make something happen again and again, until an event of it is read."""
    done = threading.Event()

    def repeat() -> None:
        while not done.wait(0.1):
            make()

    making = threading.Thread(target=repeat)
    making.start()
    try:
        assert following.stdout is not None
        found: dict[str, object] = json.loads(following.stdout.readline())
        return found
    finally:
        done.set()
        making.join()


def test_exec_takes_a_long_input_while_the_command_prints(web: str, folder: Path) -> None:
    lines = folder / "lines"
    lines.write_text("".join(f"line {number}\n" for number in range(200_000)))
    with lines.open("rb") as stdin:
        done = subprocess.run(
            [sys.executable, "-m", "phlo", "exec", "-T", "web", "sh", "-c", "cat; exit 5"],
            cwd=folder,
            stdin=stdin,
            capture_output=True,
            timeout=60,
        )
    assert done.returncode == 5, done.stderr
    assert done.stdout == lines.read_bytes()


def test_attach_shows_what_the_container_prints_from_now_on(web: str, folder: Path, engine: Engine) -> None:
    command = [sys.executable, "-m", "phlo", "attach", "--no-stdin", "web"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as attached:
        assert attached.stdout is not None
        done = threading.Event()

        def repeat() -> None:
            while not done.wait(0.1):
                engine.post(f"/containers/{web}/kill", signal="HUP")

        making = threading.Thread(target=repeat)
        making.start()
        try:
            assert attached.stdout.readline() == "hello\n"
        finally:
            done.set()
            making.join()
        engine.post(f"/containers/{web}/stop")
        attached.communicate(timeout=60)
    assert attached.returncode == 7


def test_cp_follows_the_rules_of_docker_cp(web: str, folder: Path, phlo: Phlo) -> None:
    source = folder / "source"
    (source / "inner").mkdir(parents=True)
    (source / "inner" / "a").write_text("a")
    (source / "link").symlink_to("inner/a")

    phlo("cp", "source", "web:/data")
    phlo("cp", "source/.", "web:/data/renamed")
    phlo("cp", "source/inner/a", "web:/data/b")
    listed = phlo("exec", "web", "find", "/data", "!", "-type", "d").stdout.split()
    assert sorted(listed) == [
        "/data/b",
        "/data/renamed/inner/a",
        "/data/renamed/link",
        "/data/source/inner/a",
        "/data/source/link",
    ]

    phlo("cp", "web:/data/source", "copy")
    assert (folder / "copy" / "inner" / "a").read_text() == "a"
    assert (folder / "copy" / "link").is_symlink()
    phlo("cp", "web:/data/source", "copy")
    assert (folder / "copy" / "source" / "inner" / "a").read_text() == "a"
    (folder / "flat").mkdir()
    phlo("cp", "web:/data/source/.", "flat")
    assert (folder / "flat" / "inner" / "a").read_text() == "a"
    phlo("cp", "web:/data/b", "flat/c")
    assert (folder / "flat" / "c").read_text() == "a"


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("web:/none", "."), 1, "there is no /none"),
        (("none", "web:/data"), 1, "there is no none"),
        (("phlo.yaml", "web:/none/x"), 1, "there is no folder /none"),
        (("web:/data", "phlo.yaml"), 1, "is a folder"),
        (("phlo.yaml", "phlo.yaml"), 3, "needs a service on one side"),
        (("web:/a", "web:/b"), 3, "between a service and this machine"),
        (("wbe:/a", "."), 3, 'Did you mean "web"'),
    ],
)
def test_cp_refuses_what_it_cannot_copy(web: str, phlo: Phlo, words: tuple[str, str], code: int, text: str) -> None:
    done = phlo("cp", *words, code=code)
    assert text in done.stderr


def test_cp_streams_a_tar_archive(web: str, folder: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("from-tar")
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"tar"))
    phlo = [sys.executable, "-m", "phlo", "cp"]
    subprocess.run([*phlo, "-", "web:/data"], cwd=folder, input=buffer.getvalue(), check=True, timeout=60)
    done = subprocess.run([*phlo, "web:/data/from-tar", "-"], cwd=folder, capture_output=True, check=True, timeout=60)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        stream = archive.extractfile("from-tar")
        assert stream is not None
        assert stream.read() == b"tar"
