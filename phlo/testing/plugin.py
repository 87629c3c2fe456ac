"""pytest fixtures for the tests of a role, against a project that is up, and of operations.

    pytest -p phlo.testing.plugin --phlo-project DIR path/to/the/tests

`role` is the service as the project runs it; `host` is testinfra's host inside its container. Which service it is,
the nearest `service.yaml` above the test file says, or `pytestmark = pytest.mark.service("name")`.
`engine_host` is the local Docker engine as operations get it; it needs no project. `page` is a headless browser's page.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from phlo.child_environment import child_environment
from phlo.frozen import dataclass
from phlo.labels import LABEL_INSTANCE, LABEL_PROJECT, LABEL_SERVICE
from phlo.values import reveal

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from phlo.config.project import Project, ResolvedService
    from phlo.hosts.host import Host


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A service of a running project. container: the name of its first instance. address: where its ports are."""

    project: Project
    service: str
    container: str
    ports: dict[int, int]
    address: str = "127.0.0.1"

    @property
    def definition(self) -> ResolvedService:
        return self.project.services[self.service]

    def port(self, container_port: int) -> int:
        """The host port that a container port is published on."""
        return self.ports[container_port]

    def value(self, name: str) -> str:
        """The text of a variable, secret or not."""
        return reveal(self.project.values[name].text)

    def run(self, action: str, *words: str) -> str:
        """Run an action of the role, as `phlo run SERVICE.ACTION` does, and give what it prints; it has to end well."""
        import subprocess
        import sys

        argv = [sys.executable, "-m", "phlo", "run", f"{self.service}.{action}", *words]
        ended = subprocess.run(
            argv, cwd=self.project.root, env=child_environment(), capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, f"{action} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}"
        return ended.stdout


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("phlo")
    group.addoption("--phlo-project", default=".", help="folder of the running project that role tests look at")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "service(name): the service that these role tests are about")
    config.addinivalue_line("markers", "browser: opens pages in a headless browser")


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tell testinfra which container a module's `host` is."""
    if {"role", "host"} & set(metafunc.fixturenames) and not hasattr(metafunc.module, "testinfra_hosts"):
        name = service_of(metafunc.definition)
        metafunc.module.testinfra_hosts = [f"docker://{_find(metafunc.config, name).container}"]


@pytest.fixture
def role(request: pytest.FixtureRequest) -> Role:
    """The service that the test file is about, as the project runs it."""
    return _find(request.config, service_of(request.node))


@pytest.fixture
def page() -> Iterator[Page]:
    """A page of a headless browser. Brings Debian's Chromium along where it is missing and can be installed."""
    from phlo.testing.browser import open_page

    with open_page() as page:
        yield page


@pytest.fixture(scope="session")
def engine_host() -> Iterator[Host]:
    """The local Docker engine, as operations get it."""
    from contextlib import closing

    from phlo.hosts.connect import open_engine
    from phlo.hosts.host import Host

    with closing(open_engine(None, name="local", environ=os.environ)) as engine:
        yield Host(name="local", engine=engine)


def service_of(node: pytest.Item) -> str:
    """The service a test is about: by its marker, else by the nearest service.yaml above its file."""
    marker = node.get_closest_marker("service")
    if marker:
        return str(marker.args[0])
    from phlo.yaml_source import CoreLoader, load_yaml

    for folder in node.path.parents:
        if (folder / "service.yaml").is_file():
            return str(load_yaml(folder / "service.yaml", loader=CoreLoader).data["name"])
    raise pytest.UsageError(f"{node.path} belongs to no role: there is no service.yaml above it")


def _find(config: pytest.Config, service: str) -> Role:
    from contextlib import closing

    from phlo.hosts.connect import open_engine

    project = _project(config)
    labels = [f"{LABEL_PROJECT}={project.name}", f"{LABEL_SERVICE}={service}", f"{LABEL_INSTANCE}=1"]
    with closing(open_engine(None, name="local", environ=os.environ)) as engine:
        found = engine.get("/containers/json", filters={"label": labels})
    if not found:
        raise pytest.UsageError(f"{service} does not run in {project.name}; bring it up first: phlo run up {service}")
    return Role(project=project, service=service, container=found[0]["Names"][0][1:], ports=dict(_ports(found[0])))


def _ports(found: dict[str, Any]) -> Iterator[tuple[int, int]]:
    for port in found["Ports"]:
        if "PublicPort" in port:
            yield port["PrivatePort"], port["PublicPort"]


_PROJECT: pytest.StashKey[Project] = pytest.StashKey()


def _project(config: pytest.Config) -> Project:
    """The project, resolved once a session."""
    if _PROJECT not in config.stash:
        from phlo import inventory
        from phlo.config.request import Machine
        from phlo.config.resolve import resolve
        from phlo.discovery.services import discover_services
        from phlo.images.recipe import bases_json

        root = Path(config.getoption("--phlo-project")).resolve()
        config.stash[_PROJECT] = resolve(
            discover_services(root),
            inventory.load([], root=root),
            root=root,
            environ=os.environ,
            machine=Machine(bases=bases_json),
        )
    return config.stash[_PROJECT]
