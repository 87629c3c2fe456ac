"""The commands that guides show, run as they stand there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.hosts.bed import Bed

GUIDES = Path(__file__).resolve().parents[2] / "docs" / "guides"
SERVICES = """
name: {name}
services:
  defaults: false
  store: {{type: inline, image: {image}, expose: ["8080"], init: true, command: [httpd, -f, -p, "8080", -h, /etc]}}
  worker: {{type: inline, image: {image}, depends_on: [store]}}
"""


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (GUIDES / page).read_text(), re.DOTALL)


class Workbench:
    """A folder, an inventory beside the project, and `phlo` on PATH."""

    def __init__(self, folder: Path, bed: Bed) -> None:
        self.folder = folder
        given = yaml.safe_load(bed.inventory.read_text())["all"]
        hosts = given["hosts"]
        groups = {
            "storage": {"hosts": {"data-1": hosts["data-1"]}, "services": ["store"]},
            "compute": {"hosts": {name: hosts[name] for name in ("data-2", "data-3")}, "services": ["worker"]},
        }
        self.inventory = yaml.safe_dump({"all": {"vars": given["vars"], "children": groups}})

    def run(self, command: list[str], cwd: Path, code: int = 0, **environ: str) -> str:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, "NO_COLOR": "1", "PATH": path, **environ},
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def write(self, folder: Path, name: str, image: str) -> None:
        (folder / "phlo.yaml").write_text(SERVICES.format(name=name, image=image))
        (folder / "inventories").mkdir()
        (folder / "inventories" / "production.yaml").write_text(self.inventory)


@pytest.fixture
def bench(tmp_path: Path, bed: Bed) -> Iterator[Workbench]:
    made = Workbench(tmp_path, bed)
    yield made
    for file in tmp_path.glob("**/phlo.yaml"):
        for words in ([], ["-i", "inventories/production.yaml"]):
            made.run(["phlo", "down", "--volumes", "--yes", *words], file.parent)


def test_from_laptop_to_production_in_six_commands(bench: Workbench, project: str, tiny: str) -> None:
    commands = [shlex.split(line[2:]) for line in blocks("laptop-to-production.md", "console")[0].splitlines()]
    assert [command[0] for command in commands] == ["phlo"] * 6
    init, up, *rest = commands
    bench.run(init, bench.folder)
    place = bench.folder / init[-1]
    bench.write(place, project, tiny)
    bench.run(up, place)
    said = [bench.run(command, place) for command in rest]
    assert [line.split()[1] for line in said[0].splitlines()[1:]] == ["ok"] * 3
    states = [line.split()[1:4] for line in said[-1].splitlines() if line.startswith("  ")]
    assert sorted(states) == [[host, service, "Running"] for host, service in WHERE]


WHERE = (("data-1", "store"), ("data-2", "worker"), ("data-3", "worker"))


def test_the_deploy_script_of_the_guide_deploys(bench: Workbench, project: str, tiny: str) -> None:
    bench.write(bench.folder, project, tiny)
    script = bench.folder / "deploy.sh"
    script.write_text(blocks("scripted.md", "sh")[0])
    for _ in range(2):  # a second deploy has nothing to do, and nothing to complain of
        bench.run(["sh", str(script)], bench.folder, INVENTORY="inventories/production.yaml")
    listed = bench.run(["phlo", "services", "list", "-i", "inventories/production.yaml"], bench.folder)
    assert listed.count("Running") == len(WHERE)
    assert "<testsuite" in (bench.folder / "report.xml").read_text()


def test_the_program_of_the_guide_is_an_inventory(bench: Workbench, bed: Bed) -> None:
    program = bench.folder / "hosts"
    program.write_text(blocks("scripted.md", "python")[0])
    program.chmod(0o755)
    addresses = " ".join(host.address for host in bed.hosts)
    said = bench.run(["phlo", "inventory", "list", "-i", "hosts"], bench.folder, ADDRESSES=addresses)
    rows = [line.split() for line in said.splitlines()[1:]]
    assert rows == [
        [f"node-{number}", f"ssh://{host.address}", host.address, "compute", "trino"]
        for number, host in enumerate(bed.hosts, 1)
    ]
