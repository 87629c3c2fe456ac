"""Services on a Swarm: the body that the Swarm gets, and the steps around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from phlo import inventory
from phlo.config.project import Project
from phlo.config.resolve import resolve
from phlo.discovery.catalog import Catalog
from phlo.errors import PlanError
from phlo.inventory.clusters import Cluster
from phlo.plan import Options, build, build_down, build_power
from phlo.plan.prune import build_prune
from phlo.swarm.steps import service_name
from phlo.values import Source

HOSTS = """
all:
  children:
    lake:
      vars: {{orchestrator: swarm, swarm_publish: {publish}}}
      hosts:
        a: {{docker_host: "ssh://10.0.0.1", swarm_role: manager}}
        b: {{docker_host: "ssh://10.0.0.2"}}
        c: {{docker_host: "ssh://10.0.0.3"}}
"""
FULL = """
hosts: [lake]
scale: 4
command: [serve]
entrypoint: [tini]
environment: {A: "1"}
labels: {team: x}
working_dir: /w
user: "7"
hostname: h
init: true
read_only: true
stop_signal: SIGINT
stop_grace_period: 5s
cap_add: [NET_ADMIN]
extra_hosts: ["other:10.9.9.9"]
dns: [10.1.1.1]
sysctls: {net.core.somaxconn: "1024"}
ulimits: {nofile: 10}
tmpfs: ["/t:size=1m"]
healthcheck: {test: [CMD, ok], interval: 2s}
logging: {driver: json-file, options: {max-size: 1m}}
ports: ["8080:80"]
update: {parallelism: 2, order: start-first, delay: 3s, max_failures: 1}
deploy:
  placement:
    constraints: ["node.platform.os == linux"]
    preferences: [{spread: node.labels.rack}]
    max_replicas_per_node: 2
  resources: {limits: {cpus: "1.5", memory: 64m, pids: 9}, reservations: {cpus: "0.5", memory: 32m}}
  restart_policy: {condition: on-failure, delay: 1s, max_attempts: 4}
  rollback_config: {parallelism: 0, order: stop-first}
  labels: {tier: front}
"""


def project(folder: Path, services: str, publish: str = "mesh") -> Project:
    (folder / "hosts.yaml").write_text(HOSTS.format(publish=publish))
    (folder / "phlo.yaml").write_text(f"name: lake\nservices:\n{services}")
    hosts = inventory.load([folder / "hosts.yaml"], root=folder)
    return resolve(Catalog(services={}), hosts, root=folder, environ={})


def service(name: str, body: str) -> str:
    inner = "".join(f"    {line}\n" for line in f"type: inline\nimage: {name}:1\n{body}".strip().splitlines())
    return f"  {name}:\n{inner}"


def body_of(found: Project, name: str) -> dict[str, Any]:
    step = next(one for one in build(found).steps if one.id == f"a/{name}/service")
    return dict(step.args.body)


def test_an_empty_entry_point_clears_the_images(tmp_path: Path) -> None:
    body = body_of(project(tmp_path, service("web", "entrypoint: []\nhosts: [lake]")), "web")
    assert body["TaskTemplate"]["ContainerSpec"]["Command"] == [""]


def test_every_setting_stands_where_the_swarm_looks_for_it(tmp_path: Path) -> None:
    body = body_of(project(tmp_path, service("web", FULL)), "web")
    task = body["TaskTemplate"]
    labels = {"phlo.project": "lake", "phlo.service": "web"}
    assert body["Name"] == "lake_web"
    assert body["Labels"] == {**labels, "tier": "front"}
    assert body["Mode"] == {"Replicated": {"Replicas": 4}}
    assert body["EndpointSpec"] == {
        "Mode": "vip",
        "Ports": [{"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8080, "PublishMode": "ingress"}],
    }
    assert body["UpdateConfig"] == {
        "Parallelism": 2,
        "Delay": 3_000_000_000,
        "FailureAction": "rollback",
        "MaxFailureRatio": 0.25,
        "Order": "start-first",
    }
    assert body["RollbackConfig"]["Parallelism"] == 0
    assert body["RollbackConfig"]["FailureAction"] == "pause"
    assert task["ContainerSpec"] == {
        "Args": ["serve"],
        "Command": ["tini"],
        "Env": ["A=1"],
        "Hostname": "h",
        "User": "7",
        "Dir": "/w",
        "StopSignal": "SIGINT",
        "Healthcheck": {"Test": ["CMD", "ok"], "Interval": 2_000_000_000},
        "ReadOnly": True,
        "Init": True,
        "Sysctls": {"net.core.somaxconn": "1024"},
        "CapabilityAdd": ["NET_ADMIN"],
        "Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 10}],
        "Labels": {"team": "x", **labels},
        "StopGracePeriod": 5_000_000_000,
        "Mounts": [{"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1 << 20}}],
        "Hosts": ["10.9.9.9 other"],
        "DNSConfig": {"Nameservers": ["10.1.1.1"]},
    }
    assert task["Resources"] == {
        "Limits": {"NanoCPUs": 1_500_000_000, "MemoryBytes": 64 << 20, "Pids": 9},
        "Reservations": {"NanoCPUs": 500_000_000, "MemoryBytes": 32 << 20},
    }
    assert task["RestartPolicy"] == {"Condition": "on-failure", "Delay": 1_000_000_000, "MaxAttempts": 4}
    assert task["Placement"] == {
        "Constraints": ["node.platform.os == linux"],
        "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.rack"}}],
        "MaxReplicas": 2,
    }
    assert task["Networks"] == [{"Target": "lake_default", "Aliases": ["web"]}]
    assert task["LogDriver"] == {"Name": "json-file", "Options": {"max-size": "1m"}}


def test_without_the_mesh_ports_are_the_nodes_own_and_names_mean_all_tasks(tmp_path: Path) -> None:
    body = body_of(project(tmp_path, service("web", "hosts: [lake]\nports: ['8080:80']"), "host"), "web")
    assert body["EndpointSpec"]["Mode"] == "dnsrr"
    assert [port["PublishMode"] for port in body["EndpointSpec"]["Ports"]] == ["host"]


@pytest.mark.parametrize(
    ("given", "mode", "condition"),
    [
        ("", {"Replicated": {"Replicas": 1}}, "any"),
        ("scale: 0", {"Replicated": {"Replicas": 0}}, "any"),
        ("deploy: {mode: global}", {"Global": {}}, "any"),
        ("restart: on-failure", {"Replicated": {"Replicas": 1}}, "on-failure"),
        ('restart: "no"', {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}}, "none"),
        ('restart: "no"\nscale: 2', {"ReplicatedJob": {"MaxConcurrent": 2, "TotalCompletions": 2}}, "none"),
        ('restart: "no"\ndeploy: {mode: global}', {"GlobalJob": {}}, "none"),
    ],
)
def test_how_many_tasks_there_are_and_when_one_is_started_again(
    tmp_path: Path, given: str, mode: object, condition: str
) -> None:
    body = body_of(project(tmp_path, service("web", f"hosts: [lake]\n{given}")), "web")
    assert body["Mode"] == mode
    assert body["TaskTemplate"]["RestartPolicy"] == {"Condition": condition}
    assert ("UpdateConfig" in body) == ("Job" not in str(mode)), "a Swarm refuses one of a job"


def test_steps_are_on_the_manager_but_for_images_and_volumes(tmp_path: Path) -> None:
    text = service("db", "hosts: [b]\nvolumes: ['data:/d']\nhealthcheck: {test: [CMD, ok]}")
    text += service("web", "hosts: [lake]\ndepends_on: [db]")
    steps = {step.id: step for step in build(project(tmp_path, text)).steps}
    assert {name for name, step in steps.items() if step.operation == "image"} == {
        "a/db/image",
        "b//image:db",
        "a/web/image",
        "b//image:web",
        "c//image:web",
    }
    assert [name for name, step in steps.items() if step.operation == "volume"] == ["b//volume:data"]
    assert steps["a//network:default"].args.options == {"Driver": "overlay", "Attachable": True}
    assert {"a/db/ready", "a//network:default", "c//image:web"} <= set(steps["a/web/service"].after)
    assert steps["a/web/ready"].gate
    assert steps["a//orphans"].args.others == {"db", "web"}


def test_a_run_about_one_service_leaves_the_others_alone(tmp_path: Path) -> None:
    text = service("db", "hosts: [lake]") + service("web", "hosts: [lake]\ndepends_on: [db]")
    steps = build(project(tmp_path, text), Options(only=frozenset({"web"}))).steps
    assert {step.service for step in steps} == {"", "web"}
    orphans = next(step for step in steps if step.id == "a//orphans")
    assert "db" in orphans.args.others


def cluster(*nodes: str) -> Cluster:
    source = Source(layer="inventory")
    return Cluster(
        orchestrator="swarm", name="lake", managers=nodes[:1], manager=nodes[0], workers=nodes[1:], source=source
    )


def test_down_removes_users_first_and_what_is_left_on_every_node(tmp_path: Path) -> None:
    plan = build_down("lake", ("a",), {"db": (), "web": ("db",)}, with_volumes=True, clusters={"a": cluster("a", "b")})
    steps = {step.id: step for step in plan.steps}
    assert steps["a/db/services"].after == ("a/web/services",)
    assert set(steps["a//networks"].after) == {"a//services"}
    assert steps["b//volumes"].after == ("b//containers",)
    assert {"a//configs", "a//secrets", "a//containers", "b//containers"} <= set(steps)


def test_prune_takes_services_off_the_swarm_before_their_containers_and_leaves_tasks_alone(tmp_path: Path) -> None:
    found = project(tmp_path, service("db", "hosts: [b]\nvolumes: ['data:/d']") + service("web", "hosts: [lake]"))
    plan = build_prune(found, ("a", "b", "c"), with_volumes=True, clusters={"a": cluster("a", "b", "c")})
    steps = {step.id: step for step in plan.steps}
    assert steps["a//orphans"].args.others == {"db", "web"}
    assert all(steps[f"{node}//containers"].after == ("a//orphans",) for node in ("a", "b", "c"))
    assert steps["b//containers"].args.scales == {"db": 1, "web": 1}
    assert steps["c//containers"].args.scales == {"web": 1}
    assert steps["a//networks"].args.others == {"lake_default"}, "the manager has the overlay of all"
    assert steps["b//volumes"].args.others == {"lake_data"}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("scale: 4", "web has up to 4 tasks, and publishes 8080 on 3 nodes"),
        ("scale: 3\nupdate: {order: start-first}", "web has up to 4 tasks, one of them beside the others"),
    ],
)
def test_more_tasks_than_nodes_with_a_port_on_each_is_refused(tmp_path: Path, given: str, error: str) -> None:
    text = service("web", f"hosts: [lake]\nports: ['8080:80']\n{given}")
    with pytest.raises(PlanError, match=error):
        build(project(tmp_path, text, "host"))
    build(project(tmp_path, text, "mesh"))


def test_two_services_share_a_port_on_nodes_of_their_own_only_without_the_mesh(tmp_path: Path) -> None:
    text = service("x", "hosts: [b]\nports: ['8080:80']") + service("y", "hosts: [c]\nports: ['8080:80']")
    build(project(tmp_path, text, "host"))
    with pytest.raises(PlanError, match="x and y both publish port 8080"):
        build(project(tmp_path, text, "mesh"))


def test_a_service_is_called_as_docker_stack_would_call_it(tmp_path: Path) -> None:
    found = project(tmp_path, service("web", "hosts: [lake]"))
    assert service_name(found.name, "web") == "lake_web"


def test_hooks_run_around_the_service_and_what_needs_it_waits_for_them(tmp_path: Path) -> None:
    hooks = "hooks:\n  pre_start: [{command: [echo, 1]}]\n  post_start: [{command: [echo, 2]}]\n"
    text = service("db", f"hosts: [lake]\nhealthcheck: {{test: [CMD, ok]}}\n{hooks}") + service(
        "web", "hosts: [lake]\ndepends_on: [db]"
    )
    steps = {step.id: step for step in build(project(tmp_path, text)).steps}
    before, after = steps["a/db/hook:pre_start:0"], steps["a/db/hook:post_start:1"]
    assert before.when_pending == ("a/db/service",)
    assert before.id in steps["a/db/service"].after
    assert (after.after, after.when_changed) == (("a/db/ready",), ("a/db/service",))
    assert after.id in steps["a/web/service"].after


def test_shared_memory_is_a_mount(tmp_path: Path) -> None:
    found = body_of(project(tmp_path, service("web", "hosts: [lake]\nshm_size: 1m\n")), "web")
    (mount,) = found["TaskTemplate"]["ContainerSpec"]["Mounts"]
    assert mount == {"Type": "tmpfs", "Target": "/dev/shm", "TmpfsOptions": {"SizeBytes": 1 << 20}}


@pytest.mark.parametrize(("state", "order"), [("started", ["db", "web"]), ("stopped", ["web", "db"])])
def test_services_start_after_what_they_need_works_and_stop_before_it(
    tmp_path: Path, state: str, order: list[str]
) -> None:
    needs = {"db": (), "web": ("db",)}
    places = {"db": ("a",), "web": ("a",)}
    found = project(tmp_path, service("db", "hosts: [lake]") + service("web", "hosts: [lake]\nscale: 2"))
    plan = build_power("lake", ["a"], needs, ["db", "web"], state, places=places, in_clusters=found.services)
    steps = {step.id: step for step in plan.steps}
    assert [step.service for step in plan.steps if step.operation == "swarm_power"] == order
    awaited = "a/db/ready" if state == "started" else "a/web/power"
    assert awaited in steps[f"a/{order[1]}/power"].after
    assert ("a/web/ready" in steps) is (state == "started")
    assert steps["a/web/power"].args.replicas == 2


def test_services_start_on_the_hosts_they_are_on_and_stop_on_all() -> None:
    places = {"db": ("a",), "web": ("b",)}
    asked = ("lake", ["a", "b"], {"db": (), "web": ("db",)}, ["db", "web"])
    started = {step.id: step.after for step in build_power(*asked, "started", places=places).steps}
    assert started == {"a/db/power": (), "b/web/power": ("a/db/power",)}
    assert len(build_power(*asked, "stopped", places=places).steps) == 4


HOST_80 = "ports: [{target: 80, published: 80, mode: host}]"
MESH_80 = "ports: [{target: 80, published: 80, mode: ingress}]"


@pytest.mark.parametrize(
    ("one", "two", "is_clash"),
    [
        (f"hosts: [a], {HOST_80}", f"hosts: [b], {HOST_80}", False),
        (f"hosts: [a], {HOST_80}", f"hosts: [a], {HOST_80}", True),
        (f"hosts: [lake], {HOST_80}", f"hosts: [lake], {HOST_80}", False),  # the Swarm chooses two of three nodes
        (f"hosts: [lake], scale: 2, {HOST_80}", f"hosts: [lake], scale: 2, {HOST_80}", True),
        (f"hosts: [lake], deploy: {{mode: global}}, {HOST_80}", f"hosts: [c], {HOST_80}", True),
        (f"hosts: [a], {MESH_80}", f"hosts: [b], {MESH_80}", True),
        (f"hosts: [a], {MESH_80}", f"hosts: [b], {HOST_80}", True),
        (f"hosts: [a], {MESH_80}", "hosts: [b], ports: ['80:80/udp']", False),
        (f"hosts: [a], {MESH_80}", "hosts: [b], ports: ['81:80']", False),
    ],
)
@pytest.mark.parametrize("publish", ["mesh", "host"])
def test_two_services_of_a_swarm_clash_where_they_need_one_port(
    one: str, two: str, is_clash: bool, publish: str, tmp_path: Path
) -> None:
    services = "".join(f"  {name}: {{type: inline, image: x, {text}}}\n" for name, text in (("one", one), ("two", two)))
    given = project(tmp_path, services, publish)
    if is_clash:
        with pytest.raises(PlanError, match='one and two both publish port 80/tcp on the Swarm "lake"'):
            build(given)
    else:
        build(given)
