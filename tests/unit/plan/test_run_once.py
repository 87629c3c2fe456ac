"""The plan of a one-off container: what the service needs, and the service's container with another command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from phlo import inventory
from phlo.compose.model import Mount
from phlo.config.project import Project
from phlo.config.resolve import resolve
from phlo.discovery.catalog import Catalog
from phlo.operations import container
from phlo.plan import Options
from phlo.plan.run_once import OneOff, build_run_once

STACK = """
name: lake
services:
  defaults: false
  db: {type: inline, image: db:1}
  web:
    type: inline
    image: web:1
    command: [serve]
    entrypoint: [/entry]
    restart: always
    scale: 2
    container_name: given
    environment: {MODE: web, KEPT: "1"}
    ports: ["8080"]
    volumes: ["data:/data", "./code:/code"]
    networks: {default: {ipv4_address: 10.7.0.9, aliases: [www]}}
    depends_on: [db]
networks:
  default: {ipam: {config: [{subnet: 10.7.0.0/24}]}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "phlo.yaml").write_text(STACK.replace("    scale: 2\n    container_name: given\n", "    scale: 2\n"))
    catalog = Catalog(services={}, plugins=(), problems=(), inputs=())
    return resolve(catalog, inventory.load([], root=tmp_path), root=tmp_path, environ={})


@pytest.fixture
def made(project: Project) -> Callable[..., container.Args]:
    def make(**fields: object) -> container.Args:
        one_off = OneOff(name="once", **fields)  # type: ignore[arg-type]
        return build_run_once(project, "web", one_off, Options(only=frozenset(project.services)))[1]

    return make


def test_what_the_service_needs_is_brought_up_and_no_container_of_it(project: Project) -> None:
    plan, _, host = build_run_once(project, "web", OneOff(name="once"), Options(only=frozenset(project.services)))
    assert host == "local"
    assert {step.id for step in plan.steps} == {
        "local//network:default",
        "local//volume:data",
        "local//preflight",
        "local/db/image",
        "local/db/container",
        "local/db/ready",
        "local/web/image",
    }
    (preflight,) = (step for step in plan.steps if step.operation == "preflight")
    assert [each.service for each in preflight.args.containers] == ["db"]


def test_the_container_has_the_services_settings_and_the_other_command(made: Callable[..., container.Args]) -> None:
    args = made(command=("migrate", "--now"), environment={"MODE": "job"})
    assert args.name == "once"
    assert args.body["Cmd"] == ["migrate", "--now"]
    assert args.body["Entrypoint"] == ["/entry"]
    assert args.body["Env"] == ["KEPT=1", "MODE=job"]


def test_what_only_one_container_can_have_is_left_out(made: Callable[..., container.Args]) -> None:
    args = made()
    host_config = args.body["HostConfig"]
    assert "RestartPolicy" not in host_config
    assert "PortBindings" not in host_config
    assert [dict(each.endpoint) for each in args.networks] == [{}]


def test_ports_and_names_are_given_on_request(made: Callable[..., container.Args]) -> None:
    args = made(publishes=True, has_aliases=True)
    assert list(args.body["HostConfig"]["PortBindings"]) == ["8080/tcp"]
    assert args.networks[0].endpoint["Aliases"] == ["web", "www"]


def test_a_mount_replaces_the_services_mount_at_its_path(made: Callable[..., container.Args]) -> None:
    args = made(volumes=(Mount(type="bind", source="/elsewhere", target="/code", creates_host_path=True),))
    host_config = args.body["HostConfig"]
    assert host_config["Binds"] == ["/elsewhere:/code:rw"]
    assert [mount["Source"] for mount in host_config["Mounts"]] == ["lake_data"]


def test_another_entry_point_does_not_get_the_services_command(made: Callable[..., container.Args]) -> None:
    args = made(entrypoint=("/bin/sh", "-c"))
    assert args.body["Entrypoint"] == ["/bin/sh", "-c"]
    assert args.body["Cmd"] == []
