"""A host that has only SSH becomes a host for services, by phlo's own roles."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import yaml

from tests.hosts.bare import Bare, bare_host

PROJECT = """
name: {name}
services:
  defaults: false
  web:
    type: inline
    image: {image}
    command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
    stop_grace_period: 1s
"""
ROLES = ["users", "sysctl", "docker-host"]


def inventory_of(host: Bare, user: str, **variables: object) -> str:
    reached = {"ansible_host": host.address, "ansible_ssh_common_args": f"-F {host.ssh_config}", "ansible_user": user}
    return yaml.safe_dump({"all": {"hosts": {"bare": {**reached, **variables}}}})


def test_a_bare_host_is_bootstrapped_takes_a_deploy_and_is_left_alone_the_second_time(
    tmp_path: Path, tiny: str
) -> None:
    (tmp_path / "ssh").mkdir()
    controllers = hierarchies()
    with bare_host(tmp_path / "ssh", name=f"phlo-test-bare-{uuid.uuid4().hex[:8]}") as host:
        wanted: dict[str, object] = {
            "users": [{"name": "ada", "groups": ["ops"], "keys": [host.key], "sudo": True}],
            "sysctl_values": {"net.ipv4.conf.all.log_martians": 1},
            "swap_megabytes": 1,
            "docker_host_address_pools": [{"base": "10.201.0.0/16", "size": 24}],
            "docker_host_deploy_user": "deploy",
            "docker_host_deploy_keys": [host.key],
        }
        every, chosen, deploys = (tmp_path / name for name in ("every.yaml", "chosen.yaml", "deploys.yaml"))
        every.write_text(inventory_of(host, "root", **wanted))
        chosen.write_text(inventory_of(host, "root", **wanted, bootstrap_roles=ROLES))
        deploys.write_text(inventory_of(host, "deploy"))
        phlo = _phlo(tmp_path)

        said = phlo("hosts bootstrap", "-i", str(every), "--check", "--diff")
        for line in (
            r"~ chrony +install apt chrony \(chrony: not installed",
            r"~ the package +install apt unattended-upgrades",
            r"~ it is written ",
            r"~ the engine's packages +install apt docker.io,iptables,ca-certificates \(docker.io: not installed",
            r"~ users +\[ada\] +create user ada \(not found\)",
        ):
            assert re.search(line, said), said
        assert host.run(
            "sh", "-c", "command -v dockerd chronyd; ls /swapfile /etc/docker 2>/dev/null; id ada 2>&1 || true"
        ) == ("id: \u2018ada\u2019: no such user")

        phlo("hosts bootstrap", "-i", str(chosen))
        assert "ops" in host.run("id", "-nG", "ada").split()
        assert "docker" in host.run("id", "-nG", "deploy").split()
        assert host.run("cat", "/proc/sys/net/ipv4/conf/all/log_martians") == "1"
        (tmp_path / "phlo.yaml").write_text(PROJECT.format(name="bare", image=tiny))
        phlo("up", "-i", str(deploys))
        running = ["services", "list", "-i", str(deploys)]
        assert re.search(r"web .*[Rr]unning", phlo(*running))

        again = phlo("hosts bootstrap", "-i", str(chosen))
        assert re.search(r"✓ bare +\d+ ok, \d+ skipped", again), again

        # New settings wait while containers run.
        started = host.run("stat", "-c", "%Y", "/run/docker.pid")
        more = '{"docker_host_options": {"labels": ["a=b"]}}'
        kept = phlo("hosts bootstrap", "-i", str(chosen), "-e", more)
        assert "Containers run, so the engine was not restarted" in kept
        assert host.run("stat", "-c", "%Y", "/run/docker.pid") == started
        assert re.search(r"web .*[Rr]unning", phlo(*running))
        phlo("hosts bootstrap", "-i", str(chosen), "-e", more, "-e", "docker_host_restart=true")
        assert host.run("stat", "-c", "%Y", "/run/docker.pid") != started
        assert re.search(r"web .*[Rr]unning", phlo(*running))
        last = phlo("hosts bootstrap", "-i", str(chosen), "-e", more)
        assert re.search(r"✓ bare +\d+ ok, \d+ skipped", last), last
    assert hierarchies() == controllers


def hierarchies() -> dict[str, str]:
    """Controller -> the hierarchy of cgroups that it is in, of this machine."""
    lines = Path("/proc/cgroups").read_text().splitlines()
    return {line.split()[0]: line.split()[1] for line in lines if not line.startswith("#")}


def _phlo(folder: Path) -> Callable[..., str]:
    def call(*words: str) -> str:
        first, *rest = words
        done = subprocess.run(
            [sys.executable, "-m", "phlo", *first.split(), *rest],
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=600,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return call
