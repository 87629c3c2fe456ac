"""Hosts that have nothing but Docker and an SSH server."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from phlo.errors import HostError
from phlo.hosts.connect import open_engine
from phlo.hosts.host import Host
from phlo.images.image_shipper import ship
from phlo.images.trim import layers_there, trimmed
from tests.hosts.bed import Bed
from tests.hosts.conftest import Phlo

PROJECT = """
name: {name}
services:
  defaults: false
  web:
    type: inline
    image: {image}
    hosts: [all]
    command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
"""


@pytest.fixture
def placed(folder: Path, project: str, tiny: str) -> None:
    (folder / "phlo.yaml").write_text(PROJECT.format(name=project, image=tiny))


def hosts_of(listed: str) -> list[str]:
    return sorted(one["host"] for one in json.loads(listed))


@pytest.mark.usefixtures("placed")
def test_a_service_runs_on_every_host_and_the_second_up_has_nothing_to_do(phlo: Phlo) -> None:
    phlo("up")
    assert hosts_of(phlo("ps", "--json").stdout) == ["data-1", "data-2", "data-3"]
    assert "Nothing to do" in phlo("up").stderr


@pytest.mark.usefixtures("placed")
def test_an_image_that_a_host_lacks_is_sent_from_this_machine(phlo: Phlo, bed: Bed, tiny: str) -> None:
    for host in bed.hosts:
        bed.run(host.name, f"docker rmi -f {tiny} >/dev/null 2>&1 || true")
    assert "send image" in phlo("plan").stdout
    phlo("up")
    assert [bed.run(host.name, f"docker images -q {tiny}") != "" for host in bed.hosts] == [True] * 3


@pytest.mark.usefixtures("placed")
def test_a_lost_host_fails_its_own_part_and_the_others_go_on(phlo: Phlo, bed: Bed) -> None:
    bed.cut("data-2")
    try:
        told = phlo("up", code=4).stderr
    finally:
        bed.restore("data-2")
    assert "data-2" in told
    assert "cannot be reached" in told
    wait_for_ssh(bed, "data-2")
    assert hosts_of(phlo("ps", "--json").stdout) == ["data-1", "data-3"]
    phlo("up")
    assert hosts_of(phlo("ps", "--json").stdout) == ["data-1", "data-2", "data-3"]


def test_a_folder_that_is_written_to_is_seeded_once_and_then_lives_on_the_host(
    phlo: Phlo, bed: Bed, folder: Path, project: str, tiny: str
) -> None:
    (folder / "data").mkdir()
    (folder / "data/a").write_text("first")
    (folder / "phlo.yaml").write_text(
        f"name: {project}\nservices:\n  defaults: false\n  app: {{type: inline, image: '{tiny}', hosts: [data-2], "
        "command: [sh, -c, 'echo written > /data/b; exec sleep infinity'], init: true, volumes: ['./data:/data']}\n"
    )
    planned = phlo("plan").stdout
    assert f"create volume {project}_folder-data-" in planned
    assert "what data holds now goes into it, once" in planned
    phlo("up")
    (folder / "data/a").write_text("second")
    assert "Nothing to do" in phlo("up").stderr
    assert phlo("exec", "app", "cat", "/data/a", "/data/b").stdout == "firstwritten\n"


def test_a_host_key_that_is_not_known_is_refused_with_what_to_do(bed: Bed, tmp_path: Path) -> None:
    config = tmp_path / "ssh_config"
    config.write_text(bed.ssh_config.read_text().replace(f"{bed.folder}/known_hosts", str(tmp_path / "none")))
    error = refused(bed, config)
    address = bed.host("data-1").address
    assert f"the host key of ssh://{address} is not known" in error.what
    assert f"ssh -F {config} {address}" in error.fix


def test_a_host_key_that_has_changed_is_refused(bed: Bed, tmp_path: Path) -> None:
    known, config = tmp_path / "known_hosts", tmp_path / "ssh_config"
    keys = {host.name: (host.folder / "host_key.pub").read_text().split()[1] for host in bed.hosts}
    known.write_text((bed.folder / "known_hosts").read_text().replace(keys["data-1"], keys["data-2"]))
    config.write_text(bed.ssh_config.read_text().replace(f"{bed.folder}/known_hosts", str(known)))
    assert "is not the one that is known" in refused(bed, config).what


def test_a_key_that_the_host_does_not_take_is_told(bed: Bed, tmp_path: Path) -> None:
    config = tmp_path / "ssh_config"
    config.write_text(bed.ssh_config.read_text().replace(f"{bed.folder}/key", f"{bed.folder}/data-1/host_key"))
    assert "does not let you in" in refused(bed, config).what


def test_the_connection_is_left_for_the_next_run(bed: Bed) -> None:
    seen = []
    for _ in range(2):
        with closing(engine_of(bed, bed.ssh_config)) as engine:
            engine.ping()
        # Those of other tests, which sign in otherwise, are among them.
        seen.append({line for line in processes() if bed.host("data-1").address in line and " -N " in line})
    assert seen[1]
    assert seen[1] <= seen[0]


def test_the_agent_is_not_forwarded(bed: Bed) -> None:
    with closing(engine_of(bed, bed.ssh_config)) as engine:
        engine.ping()
    address = bed.host("data-1").address
    assert "ForwardAgent=no" in next(line for line in processes() if address in line and " -N " in line)


def test_a_layer_that_a_host_has_is_not_sent_again(bed: Bed, tiny: str, project: str) -> None:
    name = f"{project}:1"
    made = _printed("docker", "run", "--detach", tiny, "sh", "-c", "echo above > /probe")
    try:
        _printed("docker", "wait", made)
        _printed("docker", "commit", made, name)
        with (
            closing(engine_of(bed, bed.ssh_config)) as there,
            closing(open_engine(None, name="local", environ=os.environ)) as here,
        ):
            origin, to = Host(name="local", engine=here), Host(name="data-1", engine=there)
            ship(tiny, origin, to)
            layers = layers_there(name, here.reader(), there.reader())
            archive = list(trimmed(here.get_bytes(f"/images/{name}/get"), layers))
            assert sum(map(len, archive)) < 100_000, "the layer below has two megabytes"
            ship(name, origin, to)
        assert bed.run("data-1", f"docker run --rm {name} cat /probe") == "above\n"
        bed.run("data-1", f"docker rmi {name}")
    finally:
        _printed("docker", "rm", "--force", made)
        _printed("docker", "rmi", name)


def _printed(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def engine_of(bed: Bed, config: Path):  # type: ignore[no-untyped-def]
    address = f"ssh://{bed.host('data-1').address}"
    return open_engine(address, name="data-1", environ=os.environ, ssh_options=("-F", str(config)))


def refused(bed: Bed, config: Path) -> HostError:
    with closing(engine_of(bed, config)) as engine, pytest.raises(HostError) as caught:
        engine.ping()
    return caught.value


def processes() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def wait_for_ssh(bed: Bed, name: str) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            bed.run(name, "true")
            return
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
