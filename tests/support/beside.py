"""Lets a test's project run beside any other on this machine: a name and ports of its own, and a clean end."""

from __future__ import annotations

import json
import re
import subprocess
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

from phlo import inventory
from phlo.config.resolve import resolve
from phlo.discovery.services import discover_services
from phlo.testing.role_project import isolate
from scripts.docs.blocks import ROOT

# A number of four or five digits where a role, an example or a page of the documentation publishes a port.
_DEFAULT = re.compile(r"""(?:_PORT:\s+default: "?|port: |published: |127\.0\.0\.1:)(\d{4,5})\b""")

# The longest that a test may take that builds images; MinIO's is compiled from source.
BUILD_SECONDS = 2400


def stand_beside(folder: Path, environ: Mapping[str, str]) -> str:
    """Give a project a name of its own, which is returned, and free ports to every service that is enabled in it."""
    path = folder / "phlo.yaml"
    name = f"{folder.name}-{uuid.uuid4().hex[:6]}"
    path.write_text(re.sub(r"^name: .*$", f"name: {name}", path.read_text(), flags=re.MULTILINE))
    move_ports(folder, environ)
    return name


def move_ports(folder: Path, environ: Mapping[str, str]) -> None:
    """Give free ports to every service that is enabled; again after another one was enabled."""
    found = resolve(
        discover_services(folder),
        inventory.load([], root=folder),
        root=folder,
        environ=environ,
    )
    isolate(folder, found)


def default_ports() -> frozenset[int]:
    """The host ports that roles and examples have unless somebody changes them: a user's project may hold each."""
    files = [*ROOT.glob("packages/*/src/*/*.yaml"), *ROOT.glob("examples/*/phlo.yaml")]
    return frozenset(int(port) for path in files for port in _DEFAULT.findall(path.read_text(encoding="utf-8")))


def published_ports(name: str) -> dict[str, set[int]]:
    """Container -> its ports on the host, of the containers that have a text in their name, running or not."""
    form = "{{.Name}}\t{{json .HostConfig.PortBindings}}"
    found = docker("ps", "--all", "--quiet", "--filter", f"name={name}").split()
    lines = docker("inspect", "--format", form, *found, may_fail=True).splitlines() if found else []
    return {
        container.lstrip("/"): {
            int(one["HostPort"]) for bound in (json.loads(bindings) or {}).values() for one in bound if one["HostPort"]
        }
        for container, bindings in (line.split("\t") for line in lines)
    }


def fixed_ports(name: str) -> dict[str, set[int]]:
    """Container -> default ports that it publishes, of the containers that have a text in their name."""
    defaults = default_ports()
    return {found: taken for found, ports in published_ports(name).items() if (taken := ports & defaults)}


def assert_no_default_port(name: str) -> None:
    """Fail where a test's container publishes a port that a user's project has by default."""
    wrong = fixed_ports(name)
    assert not wrong, f"a test publishes default ports, which another project on this machine may hold: {wrong}"


def remove_images(references: Iterable[str]) -> None:
    """Remove images by name: by its id, an image would be removed under its other names too."""
    if listed := list(references):
        docker("image", "rm", *listed, may_fail=True)


def docker(*words: str, may_fail: bool = False) -> str:
    """What a docker command prints."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True)
    assert may_fail or done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()
