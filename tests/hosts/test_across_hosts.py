"""Services of different hosts find each other by the names they have on one host."""

from __future__ import annotations

from pathlib import Path

from tests.hosts.bed import Bed
from tests.hosts.conftest import Phlo

PROJECT = """
name: {name}
services:
  defaults: false
  page:
    type: inline
    image: {image}
    hosts: [data-1]
    init: true
    command: [httpd, -f, -p, "8080", -h, /etc]
    expose: ["8080"]
    healthcheck: {{test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1:8080/hostname"], interval: 1s}}
  reader:
    type: inline
    image: {image}
    hosts: [data-2, data-3]
    init: true
    depends_on: [page]
    command: [sleep, infinity]
    stop_grace_period: 1s
"""


def test_a_service_is_reached_under_its_name_from_other_hosts(
    phlo: Phlo, bed: Bed, folder: Path, project: str, tiny: str
) -> None:
    (folder / "phlo.yaml").write_text(PROJECT.format(name=project, image=tiny))
    phlo("up")
    for host in ("data-2", "data-3"):
        read = bed.run(host, f"docker exec {project}-reader-1 wget -q -O - http://page:8080/hostname")
        assert read.strip() == bed.run("data-1", f"docker exec {project}-page-1 hostname").strip()
    assert "Nothing to do" in phlo("up").stderr


def test_the_port_is_open_on_the_hosts_own_address_alone(
    phlo: Phlo, bed: Bed, folder: Path, project: str, tiny: str
) -> None:
    (folder / "phlo.yaml").write_text(PROJECT.format(name=project, image=tiny))
    phlo("up")
    address = f"{bed.host('data-1').address}:8080"
    assert bed.run("data-1", f"docker port {project}-page-1").split() == ["8080/tcp", "->", address]
    assert bed.run("data-2", f"docker port {project}-reader-1") == ""
