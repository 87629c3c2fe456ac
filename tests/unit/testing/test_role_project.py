from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from phlo import inventory
from phlo.config.project import Project
from phlo.config.request import Request
from phlo.config.resolve import resolve
from phlo.discovery.catalog import Catalog
from phlo.discovery.role import read_role
from phlo.testing.lint import lint
from phlo.testing.role_project import isolate, needed_services, write_role_project
from phlo.testing.subject import Subject

GOOD = """
description: What it is
env_vars: {TOKEN: {secret: true, description: What for}}
compose: {healthcheck: {test: [CMD, "true"]}, ports: ["8080:80", "0.0.0.0:53:53/udp"], container_name: fixed}
"""


class Bench:
    """Roles by name, the first of which is tested."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.folders: list[Path] = []
        self.project = top / "project"
        self.project.mkdir()

    def role(self, name: str, text: str, own_project: str | None = None) -> None:
        folder = self.top / name
        (folder / "tests").mkdir(parents=True)
        image = "" if "image:" in text else "image: x:1\n"
        (folder / "service.yaml").write_text(f"name: {name}\n{image}{text}")
        (folder / "tests" / "test_role.py").write_text("")
        if own_project is not None:
            (folder / "tests" / "phlo.yaml").write_text(own_project)
        self.folders.append(folder)

    def subject(self) -> Subject:
        every = [one for folder in self.folders for one in read_role(folder, label=folder.name, kind="package")]
        mine = tuple(one for one in every if one.root == self.folders[0])
        catalog = Catalog(services={one.name: one for one in every})
        return Subject(name=mine[0].name, folder=self.folders[0], services=mine, catalog=catalog, roles={})

    def write(self) -> dict[str, Any]:
        write_role_project(self.subject(), self.project)
        return self.read()

    def read(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.project / "phlo.yaml").read_text())
        return found

    def resolve(self) -> Project:
        subject = self.subject()
        return resolve(
            subject.catalog,
            inventory.load([], root=self.project),
            root=self.project,
            environ={},
            request=Request(services=(subject.name,)),
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_the_role_needs_is_enabled_and_other_defaults_are_not(bench: Bench) -> None:
    bench.role("app", "depends_on: [db]\nrequires: [store]\nwants: [mail]\n")
    bench.role("db", "default: true\n")
    bench.role("store", "default: true\nprovides: {store: {}}\n")
    bench.role("other-store", "provides: {store: {}}\n")
    bench.role("post", "default: true\nprovides: {mail: {}}\n")
    written = bench.write()
    assert written["services"] == {"enabled": ["app", "db", "store"], "defaults": False}
    assert written["capabilities"] == {"store": "store"}
    assert set(bench.resolve().services) == {"app", "db", "store"}


def test_two_tests_of_a_role_never_share_a_name(bench: Bench) -> None:
    bench.role("app", "")
    assert bench.write()["name"] != bench.write()["name"]


def test_the_roles_own_test_project_has_the_say(bench: Bench) -> None:
    services = "services: {app: {scale: 2}, helper: {type: inline, image: x:1}}\n"
    own = f"name: x\nenv: {{A: b}}\ncapabilities: {{store: two}}\n{services}"
    bench.role("app", "requires: [store]\n", own)
    bench.role("one", "default: true\nprovides: {store: {}}\n")
    bench.role("two", "provides: {store: {}}\n")
    written = bench.write()
    assert written["name"].startswith("phlo-test-app-")
    assert written["env"] == {"A": "b"}
    assert written["services"]["enabled"] == ["app", "two"]
    assert bench.resolve().services["app"].scale == 2


def test_published_ports_are_moved_to_free_ones_and_names_are_made_its_own(bench: Bench) -> None:
    bench.role("app", GOOD)
    name = bench.write()["name"]
    isolate(bench.project, bench.resolve())
    app = bench.resolve().services["app"]
    assert [(port.target, port.protocol, port.host_ip) for port in app.compose.ports] == [
        (80, "tcp", "127.0.0.1"),
        (53, "udp", "0.0.0.0"),
    ]
    assert not {port.published for port in app.compose.ports} & {"8080", "53", None}
    assert app.compose.container_name == f"{name}-app"


def test_needs_that_go_round_in_a_circle_end(bench: Bench) -> None:
    bench.role("a", "depends_on: [b]\n")
    bench.role("b", "depends_on: [a, gone]\n")
    services = bench.subject().catalog.services
    assert needed_services(services["a"], services, {}) == {"a", "b"}


FINDINGS = {
    "": "nothing defines when it is ready",
    "image: x\n": "x is not pinned to a version",
    "image: registry.test:5000/x\n": "registry.test:5000/x is not pinned to a version",
    "image: x:latest\n": "x:latest is not pinned to a version",
    "env_vars: {A: {secret: true, default: changeme, description: x}}\n": "a published default is not a secret",
    "env_vars: {A: {default: x}}\n": "A has no description",
    "compose: {command: [echo, $NOWHERE]}\n": "the variable NOWHERE is not set",
}


@pytest.mark.parametrize("text", FINDINGS)
def test_what_is_wrong_with_a_role_is_found_with_its_place(text: str, bench: Bench) -> None:
    bench.role("app", f"description: x\n{text}")
    bench.write()
    found = [str(finding) for finding in lint(bench.subject(), bench.resolve())]
    assert any(FINDINGS[text] in finding and "app/service.yaml" in finding for finding in found), found


@pytest.mark.parametrize("image", ["x:1", "registry.test:5000/x:1.2", f"x@sha256:{'0' * 64}", "x:${TAG:-1}"])
def test_a_good_role_has_no_findings(image: str, bench: Bench) -> None:
    bench.role("app", f"image: {image}\n{GOOD}")
    bench.write()
    assert lint(bench.subject(), bench.resolve()) == []


def test_a_one_shot_needs_no_health_check(bench: Bench) -> None:
    bench.role("app", "description: x\none_shot: true\n")
    bench.write()
    assert lint(bench.subject(), bench.resolve()) == []


def test_a_role_without_tests_or_description_is_told_so(bench: Bench) -> None:
    bench.role("app", "one_shot: true\n")
    (bench.folders[0] / "tests" / "test_role.py").unlink()
    bench.write()
    found = [finding.what for finding in lint(bench.subject(), bench.resolve())]
    assert found == ["has no description", "has no tests"]
