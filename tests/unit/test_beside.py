"""No test takes a port or a name that a project on this machine may have."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from phlo import inventory
from phlo.config.project import Project
from phlo.config.resolve import resolve
from phlo.discovery.services import discover_services
from scripts.docs.blocks import ROOT
from tests.support.beside import default_ports, move_ports, stand_beside
from tests.support.pages import Run, runs

# Places in the tests' own text where a port of the host is written down.
FIXED = re.compile(
    r"""ports"?:\ ?\[f?"(?:[\d.]+:)?(\d{2,5})(?:-\d+)?:\d   # ports: ["8080:80"]
    |create_server\(\("[^"]*",\ ([1-9]\d*)                   # a server of the test
    |"HostPort":\ "([1-9]\d*)"                               # the engine's API
    |\b[A-Z_]+_PORT"?[:=]\ ?"?(\d{4,5})                      # a role's variable""",
    re.VERBOSE,
)
# Text that never reaches the host as it is written.
STANDS_FOR_ANOTHER = {
    "tests/integration/test_compose_attributes.py": "free ports take the place of 48300 to 48339",
    "tests/integration/test_role_test.py": "`phlo test` moves the port, which is what is tested",
    "packages/phlo-api/tests/test_server.py": "nothing of the project is started",
    "tests/security/test_api_values.py": "nothing of the project is started",
}
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/phlo.yaml"))


def sources() -> Iterator[Path]:
    """The tests that start containers or servers: unit tests do not, and those of hosts have networks of their own."""
    for folder in ("integration", "e2e", "faults", "security", "browser"):
        yield from sorted(ROOT.glob(f"tests/{folder}/**/*.py"))
    yield from sorted(ROOT.glob("packages/*/tests/*.py"))
    yield from sorted(ROOT.glob("packages/*/src/*/tests/*"))


def test_no_test_publishes_a_fixed_port() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{number}": line.strip()
        for path in sources()
        if path.is_file() and str(path.relative_to(ROOT)) not in STANDS_FOR_ANOTHER
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if FIXED.search(line)
    }

    assert found == {}, "take phlo.testing.role_project.free_ports"


@pytest.mark.parametrize("run", runs("here"), ids=lambda run: run.id)
def test_a_page_moves_every_port_that_its_set_up_gives(run: Run) -> None:
    scripts = [run.setup, *(step["run"] for step in run.steps), *run.meanwhile, *run.meanwhile.values()]
    given = {
        int(port)
        for script in scripts
        for port in re.findall(r"_PORT=(\d+)|--port (\d+)", script)
        for port in port
        if port
    }

    assert given <= set(run.ports)


def resolved(folder: Path) -> Project:
    found = discover_services(folder), inventory.load([], root=folder)
    return resolve(*found, root=folder, environ=os.environ)


def host_ports(project: Project) -> set[int]:
    return {
        int(port.published) for service in project.services.values() for port in service.compose.ports if port.published
    }


@pytest.mark.parametrize("example", ["github-stats", "lakehouse", "quickstart"])
def test_a_copy_of_an_example_has_no_default_port_and_a_name_of_its_own(example: str, tmp_path: Path) -> None:
    for name in EXAMPLES:  # the full lakehouse names the light one
        shutil.copytree(ROOT / "examples" / name, tmp_path / name, ignore=shutil.ignore_patterns(".phlo", "tests"))
    folder = tmp_path / example
    assert host_ports(resolved(folder)) & default_ports()

    name = stand_beside(folder, os.environ)

    assert re.fullmatch(rf"{example}-[0-9a-f]{{6}}", resolved(folder).name)
    assert resolved(folder).name == name
    assert host_ports(resolved(folder)) & default_ports() == set()


def test_a_service_that_is_enabled_later_gets_free_ports_too(tmp_path: Path) -> None:
    for name in ("github-stats", "lakehouse"):
        shutil.copytree(ROOT / "examples" / name, tmp_path / name, ignore=shutil.ignore_patterns(".phlo", "tests"))
    folder = tmp_path / "lakehouse"
    stand_beside(folder, os.environ)
    text = (folder / "phlo.yaml").read_text()
    (folder / "phlo.yaml").write_text(text.replace("s3: minio\n", "s3: seaweedfs\n"))
    assert host_ports(resolved(folder)) & default_ports() == {8181, 8333}

    move_ports(folder, os.environ)

    assert host_ports(resolved(folder)) & default_ports() == set()
