"""The plan of `up`, made from a phlo.yaml without asking any host."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from phlo import inventory
from phlo.config.project import Project
from phlo.config.resolve import resolve
from phlo.discovery.catalog import Catalog
from phlo.errors import PlanError
from phlo.plan import Options, Plan, build

EXPECTED = Path(__file__).parent / "expected"

STACK = """
name: lake
services:
  db:
    type: inline
    image: db:1
    volumes: ["data:/var/lib/db"]
    healthcheck: {test: ["CMD", "ready"]}
  db-setup:
    type: inline
    image: db:1
    restart: "no"
    depends_on: [db]
  app:
    type: inline
    image: app:2
    depends_on:
      db-setup: {condition: service_completed_successfully}
      cache: {condition: service_started}
    networks: [default, edge]
  cache:
    type: inline
    image: cache:1
    scale: 2
networks:
  edge: {external: true}
"""


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Project]:
    def make(text: str) -> Project:
        (tmp_path / "phlo.yaml").write_text(text)
        catalog = Catalog(services={}, plugins=(), problems=(), inputs=())
        hosts = inventory.load([], root=tmp_path)
        return resolve(catalog, hosts, root=tmp_path, environ={})

    return make


def text(plan: Plan) -> str:
    """One line a step: what it is and what it waits for, both gates and needs."""
    lines = []
    for step in plan.steps:
        needs = f" <- {', '.join(sorted(step.after))}" if step.after else ""
        lines.append(f"{step.id}{' (gate)' if step.gate else ''}{needs}")
    return "\n".join(lines) + "\n"


def assert_expected(plan: Plan, name: str) -> None:
    """Compare with a file; `PHLO_WRITE_EXPECTED=1` rewrites it, to be read before it is committed."""
    path = EXPECTED / name
    if os.environ.get("PHLO_WRITE_EXPECTED"):
        path.write_text(text(plan))
    assert text(plan) == path.read_text()


def test_containers_wait_for_what_they_depend_on_and_nothing_else_waits(project: Callable[[str], Project]) -> None:
    assert_expected(build(project(STACK)), "stack.txt")


def test_equal_projects_have_equal_plans(project: Callable[[str], Project]) -> None:
    assert build(project(STACK)) == build(project(STACK))


def test_a_plan_for_some_services_leaves_the_others_out(project: Callable[[str], Project]) -> None:
    plan = build(project(STACK), Options(only=frozenset({"app"})))
    assert {step.service for step in plan.steps if step.service} == {"app"}
    ids = {step.id for step in plan.steps}
    assert all(need in ids for step in plan.steps for need in step.after)


def test_two_services_cannot_publish_one_port(project: Callable[[str], Project]) -> None:
    stack = STACK.replace("image: app:2", 'image: app:2\n    ports: ["80:80"]')
    stack = stack.replace("image: db:1\n    volumes", 'image: db:1\n    ports: ["80:5432"]\n    volumes')
    with pytest.raises(PlanError, match="app and db both publish port 80/tcp on local") as caught:
        build(project(stack))
    assert "services.db.port" in caught.value.fix


@pytest.mark.parametrize(
    ("first", "second", "is_conflict"),
    [
        ("80:1", "80:2", True),
        ("127.0.0.1:80:1", "80:2", True),
        ("127.0.0.1:80:1", "127.0.0.2:80:2", False),
        ("80:1/udp", "80:2/tcp", False),
        ("80-82:1-3", "82:4", True),
        ("1", "1", False),
    ],
)
def test_ports_clash_only_on_the_same_address_and_protocol(
    first: str, second: str, is_conflict: bool, project: Callable[[str], Project]
) -> None:
    stack = f"""
name: lake
services:
  a: {{type: inline, image: a:1, ports: ["{first}"]}}
  b: {{type: inline, image: b:1, ports: ["{second}"]}}
"""
    if is_conflict:
        with pytest.raises(PlanError, match="both publish"):
            build(project(stack))
    else:
        build(project(stack))


def test_a_service_of_several_instances_cannot_publish_a_fixed_port(project: Callable[[str], Project]) -> None:
    stack = 'name: lake\nservices:\n  a: {type: inline, image: a:1, scale: 2, ports: ["80:80"]}\n'
    with pytest.raises(PlanError, match="a has 2 instances and publishes the fixed port 80"):
        build(project(stack))


@pytest.mark.parametrize(
    "fixed", ["network_mode: host", "mac_address: '02:42:ac:11:00:02'", "networks: {default: {ipv4_address: 10.9.0.7}}"]
)
def test_what_is_started_beside_itself_cannot_have_what_only_one_has(
    project: Callable[[str], Project], fixed: str
) -> None:
    stack = f"name: lake\nservices:\n  a: {{type: inline, image: a:1, update: {{order: start-first}}, {fixed}}}\n"
    with pytest.raises(PlanError, match="a cannot be started beside itself"):
        build(project(stack))


def test_services_that_depend_on_each_other_are_shown_as_a_circle(project: Callable[[str], Project]) -> None:
    made = project(
        "name: lake\nservices:\n  a: {type: inline, image: a:1, depends_on: [b]}\n  b: {type: inline, image: b:1}\n"
    )
    b, a = made.services["b"], made.services["a"]
    (need,) = a.depends_on
    circle = replace(b, depends_on=(replace(need, service="a"),))
    with pytest.raises(PlanError, match="a -> b -> a"):
        build(replace(made, services={"a": a, "b": circle}))


def test_the_instances_of_a_service_are_replaced_in_the_order_of_hosts_and_numbers(
    project: Callable[[str], Project],
) -> None:
    steps = {step.id: step for step in build(project(STACK)).steps}
    rollout = steps["local/cache/container:1"].rollout
    assert rollout is not None
    assert rollout.gates == ("local/cache/ready:1", "local/cache/ready:2")
    assert rollout.images == ("local/cache/image",)
    assert (rollout.parallelism, rollout.allowed_failures) == (1, 0)
    assert rollout is steps["local/cache/container:2"].rollout
    assert [steps[f"local/cache/container:{number}"].index for number in (1, 2)] == [0, 1]
    assert steps["local/db/container"].rollout is None


def test_ids_of_steps_have_the_whole_name_of_their_service(project: Callable[[str], Project]) -> None:
    stack = """
name: lake
services:
  ready-db: {type: inline, image: a:1}
  container-web:
    type: inline
    image: b:1
    scale: 2
    depends_on: {ready-db: {condition: service_started, restart: true}}
"""
    steps = build(project(stack)).steps
    assert {step.id for step in steps if step.operation == "restart"} == {
        "local/container-web/restart:1",
        "local/container-web/restart:2",
    }
    assert all(step.id.startswith(f"{step.host}/{step.service}/") for step in steps)
