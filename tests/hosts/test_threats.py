"""What docs/threat-model.md says of a service that somebody has broken into, tried on real hosts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.hosts.bed import Bed
from tests.hosts.conftest import Phlo
from tests.hosts.test_across_hosts import PROJECT

SECRET = "    environment: {{PASSWORD: '${{PAGE_PASSWORD}}'}}\n"
# 2375 to 2377: Docker's own, and Swarm's.
ENGINE_PORTS = (2375, 2376, 2377)


@pytest.fixture
def running(phlo: Phlo, folder: Path, project: str, tiny: str) -> str:
    text = PROJECT.replace("    expose:", f"{SECRET}    expose:", 1)
    (folder / "phlo.yaml").write_text(text.format(name=project, image=tiny))
    phlo("up", "-e", "PAGE_PASSWORD=hunter22-of-page")
    return project


def test_a_service_reaches_no_engine_and_no_host_gets_keys_or_the_secrets_of_another(
    running: str, bed: Bed, folder: Path
) -> None:
    def inside(command: str) -> str:
        return bed.run("data-2", f"docker exec {running}-reader-1 {command}")

    def connects(address: str, port: int) -> bool:
        try:
            inside(f"nc -w 3 {address} {port} -e /bin/true")
        except subprocess.CalledProcessError:
            return False
        return True

    # No socket: not mounted, and nowhere in the container.
    inspected = bed.run("data-2", f"docker inspect {running}-reader-1")
    assert "docker.sock" not in inspected
    assert inside("find / -xdev -name docker.sock") == ""

    # No port: neither of the container's own host nor of the others. That it can connect at all is shown by SSH's.
    gateway = inside("ip route").split("default via ")[1].split()[0]
    addresses = [gateway, *(host.address for host in bed.hosts)]
    assert all(connects(address, 22) for address in addresses[1:])
    assert not any(connects(address, port) for address in addresses for port in ENGINE_PORTS)

    # What listens on a host: its SSH server, and what another host needs, on the host's own address.
    listening = {host.name: sockets(bed, host.name) for host in bed.hosts}
    ssh = {host.name: f"{host.address}:22" for host in bed.hosts}
    assert listening == {
        "data-1": {ssh["data-1"], f"{bed.host('data-1').address}:8080"},
        "data-2": {ssh["data-2"]},
        "data-3": {ssh["data-3"]},
    }

    # What signs in stays here, and a secret is on the host of its service alone.
    key = (bed.folder / "key").read_text().splitlines()[-2]  # the first lines are the same in every key
    assert found_in(bed.folder / "data-2", key) == ""
    assert found_in(bed.folder / "data-1", "hunter22-of-page") != ""
    assert found_in(bed.folder / "data-2", "hunter22-of-page") == ""
    assert "hunter22-of-page" not in inspected


def sockets(bed: Bed, host: str) -> set[str]:
    """The TCP sockets that listen on a host; those of Docker's DNS are in namespaces of containers."""
    return {line.split()[3] for line in bed.run(host, "ss -Hltn").splitlines()}


def found_in(folder: Path, text: str) -> str:
    """The first file of a host that a text is in."""
    done = subprocess.run(
        ["grep", "-rlF", "--max-count=1", text, str(folder)], capture_output=True, text=True, check=False
    )
    return done.stdout.partition("\n")[0]
