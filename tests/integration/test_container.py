"""Containers converge on a real engine, whatever was there before."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from phlo.errors import OperationError
from phlo.events import Event
from phlo.execute import Outcome, run
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.image_source import ImageSource
from phlo.labels import is_set_aside
from phlo.operations import container, network, wait
from phlo.operations.container import NetworkAttachment
from phlo.plan.graph import Plan, ordered
from phlo.testing.law import assert_converges, converge
from phlo.testing.role_project import free_ports
from phlo.values import Change, FileSpec, ImageNeeds, Secret, Step, step_id

MakeArgs = Callable[..., container.Args]


def inspect(engine: Engine, args: container.Args) -> dict[str, Any]:
    found: dict[str, Any] = engine.get(f"/containers/{args.name}/json")
    return found


def names(engine: Engine, args: container.Args) -> list[str]:
    """The service's containers, but for one that is kept for a rollback."""
    found = engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={args.project}"]})
    return sorted(name for entry in found for name in [entry["Names"][0].lstrip("/")] if not is_set_aside(name))


def plan_of(args: container.Args, **gate: Any) -> Plan:
    """A container and its gate, as `up` would have them."""
    gate_args = wait.Args(container=args.name, service=args.service, is_one_shot=args.is_one_shot, **gate)
    steps = [
        Step(host="local", service=args.service, name="container", operation="container", args=args),
        Step(
            host="local",
            service=args.service,
            name="gate",
            operation="wait",
            args=gate_args,
            after=(step_id("local", args.service, "container"),),
            gate=True,
        ),
    ]
    return Plan(title="up", project=args.project, steps=ordered(steps))


def bring_up(args: container.Args, host: Host, **gate: Any) -> tuple[Outcome, list[Event]]:
    events: list[Event] = []
    outcome = run(plan_of(args, **gate), {"local": host}, emit=events.append, run_id="test")
    return outcome, events


def only(changes: tuple[Change, ...]) -> Change:
    assert len(changes) == 1, changes
    return changes[0]


# -- what creates a container, and what recreates it ----------------------------------------------------------


def test_a_missing_container_is_created_and_runs(service: MakeArgs, host: Host) -> None:
    args = service()
    assert only(assert_converges("container", args, host)).verb == "create"
    assert inspect(host.engine, args)["State"]["Status"] == "running"


CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "environment added": ({"body": {"Env": ["FLAG=on"]}}, "environment.FLAG"),
    "command": ({"body": {"Cmd": ["sleep", "9"]}}, "command"),
    "memory": ({"body": {"HostConfig": {"Memory": 64 << 20}}}, "mem"),
    "restart policy": ({"body": {"HostConfig": {"RestartPolicy": {"Name": "always"}}}}, "restart"),
    "file": ({"files": (FileSpec(path="/etc/conf", content=b"x"),)}, "file /etc/conf added"),
    "user": ({"body": {"User": "1000"}}, "user"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_changed_attribute_makes_it_anew_and_the_cause_names_it(case: str, service: MakeArgs, host: Host) -> None:
    fields, cause = CHANGES[case]
    assert_converges("container", service(), host)
    change = only(assert_converges("container", service(**fields), host))
    assert change.verb == "recreate"
    assert any(text.startswith(cause) for text in change.causes), change.causes


def test_another_image_under_the_same_tag_makes_it_anew(service: MakeArgs, host: Host, tiny: str) -> None:
    reference = f"phlo-test/{service().project}:1"
    host.engine.post(f"/images/{tiny}/tag", repo=reference.split(":")[0], tag="1")
    args = service(image=ImageSource(reference=reference))
    assert_converges("container", args, host)
    source = inspect(host.engine, args)["Id"]
    host.engine.post("/commit", {"Labels": {"other": "image"}}, container=source, repo=reference.split(":")[0], tag="1")
    try:
        change = only(assert_converges("container", args, host))
        assert change.verb == "recreate"
        assert change.causes[0].startswith("image: ")
    finally:
        host.engine.delete(f"/images/{reference}", force=True)


def test_the_files_of_a_read_only_container_are_not_taken_for_a_change_by_hand(service: MakeArgs, host: Host) -> None:
    plain = service()
    body = {**plain.body, "HostConfig": {**plain.body.get("HostConfig", {}), "ReadonlyRootfs": True}}
    files = tuple(FileSpec(path=path, content=b"x") for path in ("/etc/app/conf", "/etc/app/deep/conf"))
    assert only(assert_converges("container", service(body=body, files=files), host)).verb == "create"


def test_a_changed_file_is_named(service: MakeArgs, host: Host) -> None:
    def with_file(text: str) -> container.Args:
        return service(files=(FileSpec(path="/etc/app/conf", content=Secret(text), mode=0o600, uid=7),))

    assert_converges("container", with_file("one"), host)
    change = only(assert_converges("container", with_file("two"), host))
    assert change.causes == ("file /etc/app/conf changed",)
    code, output = host.engine.exec(
        with_file("").name, ["sh", "-c", "cat /etc/app/conf; stat -c ' %a %u' /etc/app/conf"]
    )
    assert (code, output) == (0, b"two 600 7\n")


def test_being_told_to_makes_it_anew(service: MakeArgs, host: Host) -> None:
    converge("container", service(), host)
    change = only(converge("container", service(is_forced=True), host))
    assert (change.verb, change.causes) == ("recreate", ("asked for with --recreate",))


# -- what somebody did by hand ---------------------------------------------------------------------------------


BY_HAND: dict[str, tuple[str, dict[str, Any] | None, str]] = {
    "stopped": ("stop", None, "start"),
    "paused": ("pause", None, "unpause"),
    "restart policy updated": ("update", {"RestartPolicy": {"Name": "always"}}, "update"),
    "memory updated": ("update", {"Memory": 64 << 20, "MemorySwap": 128 << 20}, "update"),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_a_change_by_hand_is_repaired_in_place(case: str, service: MakeArgs, host: Host) -> None:
    request, body, verb = BY_HAND[case]
    args = service(body={"HostConfig": {"Memory": 32 << 20, "RestartPolicy": {"Name": "unless-stopped"}}})
    converge("container", args, host)
    before = inspect(host.engine, args)["Id"]
    host.engine.post(f"/containers/{args.name}/{request}", body)
    assert only(assert_converges("container", args, host)).verb == verb
    after = inspect(host.engine, args)
    assert after["Id"] == before
    assert after["State"]["Status"] == "running"


def test_a_network_disconnected_by_hand_is_connected_in_place(service: MakeArgs, host: Host, project: str) -> None:
    for suffix in ("a", "b"):
        assert_converges("network", network.Args(name=f"{project}_{suffix}", project=project), host)
    networks = tuple(
        NetworkAttachment(name=f"{project}_{suffix}", endpoint={"Aliases": ["web"]}) for suffix in ("a", "b")
    )
    args = service(networks=networks, body={"HostConfig": {"NetworkMode": f"{project}_a"}})
    converge("container", args, host)
    before = inspect(host.engine, args)["Id"]
    host.engine.post(f"/networks/{project}_b/disconnect", {"Container": args.name})
    assert only(assert_converges("container", args, host)).verb == "connect"
    found = inspect(host.engine, args)
    assert found["Id"] == before
    assert "web" in found["NetworkSettings"]["Networks"][f"{project}_b"]["Aliases"]


def test_a_network_made_anew_is_joined_again(service: MakeArgs, host: Host, project: str) -> None:
    net = network.Args(name=f"{project}_a", project=project)
    assert_converges("network", net, host)
    args = service(networks=(NetworkAttachment(name=net.name),), body={"HostConfig": {"NetworkMode": net.name}})
    converge("container", args, host)
    host.engine.post(f"/containers/{args.name}/stop")
    host.engine.delete(f"/networks/{net.name}")
    assert_converges("network", net, host)
    assert only(assert_converges("container", args, host)).verb == "recreate"


def test_a_container_of_somebody_else_is_never_touched(service: MakeArgs, host: Host, tiny: str) -> None:
    args = service()
    stranger = host.engine.post("/containers/create", {"Image": tiny, "Cmd": ["true"]}, name=args.name)["Id"]
    try:
        with pytest.raises(OperationError, match="is taken by a container that phlo did not make"):
            converge("container", args, host)
        assert inspect(host.engine, args)["Id"] == stranger
    finally:
        host.engine.delete(f"/containers/{stranger}", force=True)


# -- one-shots ---------------------------------------------------------------------------------------------------


def test_a_one_shot_that_succeeded_runs_again_only_when_its_inputs_change(service: MakeArgs, host: Host) -> None:
    args = service(body={"Cmd": ["sh", "-c", "echo done"]}, is_one_shot=True)
    assert bring_up(args, host)[0].status == "changed"
    assert bring_up(args, host)[0].status == "ok"
    changed = service(body={"Cmd": ["sh", "-c", "echo again"]}, is_one_shot=True)
    assert bring_up(changed, host)[0].status == "changed"


def test_a_one_shot_that_failed_says_so_and_runs_again(service: MakeArgs, host: Host) -> None:
    args = service(body={"Cmd": ["sh", "-c", "echo no luck; exit 3"]}, is_one_shot=True)
    for _ in range(2):
        outcome, _ = bring_up(args, host)
        assert outcome.status == "failed"
        error = outcome.failures[0]
        assert error.what == "ended with exit status 3"
        assert any("no luck" in line for line in error.detail)


# -- the gate ------------------------------------------------------------------------------------------------------


SECOND = 1_000_000_000


def healthcheck(command: str, interval_seconds: int = 1, retries: int = 1) -> dict[str, Any]:
    return {
        "Test": ["CMD-SHELL", command],
        "Interval": interval_seconds * SECOND,
        "Timeout": SECOND,
        "Retries": retries,
    }


def test_a_probe_of_ones_own_ends_the_wait_before_the_engines_interval(service: MakeArgs, host: Host) -> None:
    args = service(body={"Healthcheck": healthcheck("true", interval_seconds=3600)})
    outcome, _ = bring_up(args, host, timeout_seconds=20)
    assert outcome.status == "changed"
    assert inspect(host.engine, args)["State"]["Health"]["Status"] == "starting"


def test_an_unhealthy_container_shows_its_probe_and_its_log(service: MakeArgs, host: Host) -> None:
    body = {
        "Cmd": ["sh", "-c", "echo cannot find the database; trap 'exit 0' TERM; while :; do sleep 1 & wait; done"],
        "Healthcheck": healthcheck("echo no answer; exit 7"),
    }
    outcome, _ = bring_up(service(body=body), host)
    assert outcome.status == "failed"
    error = outcome.failures[0]
    assert error.what == "is unhealthy"
    assert "last health probe: exit status 7" in error.detail
    assert any("no answer" in line for line in error.detail)
    assert any("cannot find the database" in line for line in error.detail)


def test_a_container_that_stops_at_once_shows_its_status_and_log(service: MakeArgs, host: Host) -> None:
    outcome, _ = bring_up(service(body={"Cmd": ["sh", "-c", "echo bad flag; exit 64"]}), host)
    error = outcome.failures[0]
    assert error.what == "stopped with exit status 64 instead of running"
    assert any("bad flag" in line for line in error.detail)


def test_a_service_that_is_not_ready_in_time_fails(service: MakeArgs, host: Host) -> None:
    args = service(body={"Healthcheck": healthcheck("false", retries=100)})
    outcome, _ = bring_up(args, host, timeout_seconds=0.3)
    assert outcome.failures[0].what.startswith("was not ready within 0.3 s (health: starting)")


def test_a_program_that_is_not_in_the_image_is_named(service: MakeArgs, host: Host) -> None:
    outcome, _ = bring_up(service(body={"Cmd": ["/no/such/program"]}), host)
    assert outcome.failures[0].what == 'the image has no program "/no/such/program"'


# -- roll-back -------------------------------------------------------------------------------------------------------


def test_what_worked_is_put_back_when_the_new_version_does_not(service: MakeArgs, host: Host) -> None:
    good = service()
    bring_up(good, host)
    before = inspect(host.engine, good)["Id"]
    outcome, _ = bring_up(service(body={"Cmd": ["sh", "-c", "exit 1"]}), host)
    assert outcome.status == "rolled_back"
    after = inspect(host.engine, good)
    assert (after["Id"], after["State"]["Status"]) == (before, "running")
    assert names(host.engine, good) == [good.name]
    assert bring_up(good, host)[0].status == "ok"


def test_a_version_that_cannot_even_be_made_never_stops_what_runs(service: MakeArgs, host: Host) -> None:
    good = service()
    bring_up(good, host)
    before = inspect(host.engine, good)["State"]["StartedAt"]
    bad = service(body={"HostConfig": {"Memory": 1}})
    outcome, _ = bring_up(bad, host)
    assert outcome.failures
    assert inspect(host.engine, good)["State"]["StartedAt"] == before
    assert names(host.engine, good) == [good.name]


def test_a_taken_port_is_named_and_what_worked_is_put_back(service: MakeArgs, host: Host) -> None:
    good = service()
    bring_up(good, host)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        bindings = {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}
        bad = service(body={"ExposedPorts": {"80/tcp": {}}, "HostConfig": {"PortBindings": bindings}})
        outcome, _ = bring_up(bad, host)
    assert outcome.status == "rolled_back"
    assert outcome.failures[0].what == f"the host port 127.0.0.1:{port} is taken"
    assert inspect(host.engine, good)["State"]["Status"] == "running"


def test_a_port_is_handed_over_from_the_old_to_the_new(service: MakeArgs, host: Host) -> None:
    (port,) = free_ports(1)
    bindings = {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}

    def version(text: str) -> container.Args:
        body = {"Env": [f"V={text}"], "ExposedPorts": {"80/tcp": {}}, "HostConfig": {"PortBindings": bindings}}
        return service(body=body)

    assert bring_up(version("1"), host)[0].status == "changed"
    assert bring_up(version("2"), host)[0].status == "changed"
    assert bring_up(version("2"), host)[0].status == "ok"


# -- the next version first --------------------------------------------------------------------------------------------


@pytest.fixture
def net(project: str, host: Host) -> NetworkAttachment:
    args = network.Args(name=f"{project}_a", project=project)
    assert_converges("network", args, host)
    return NetworkAttachment(name=args.name, endpoint={"Aliases": ["web"]})


def started_first(service: MakeArgs, net: NetworkAttachment, version: str, **body: Any) -> container.Args:
    whole = {"Env": [f"V={version}"], **body, "HostConfig": {"NetworkMode": net.name, **body.get("HostConfig", {})}}
    return service(body=whole, networks=(net,), starts_first=True, gate_timeout_seconds=5)


def test_a_version_that_does_not_work_never_stops_the_one_that_does(
    service: MakeArgs, net: NetworkAttachment, host: Host
) -> None:
    good = started_first(service, net, "1")
    bring_up(good, host)
    before = inspect(host.engine, good)
    outcome, _ = bring_up(started_first(service, net, "2", Cmd=["sh", "-c", "echo no luck; exit 3"]), host)
    assert outcome.status == "rolled_back"
    assert any("no luck" in line for line in outcome.failures[0].detail)
    after = inspect(host.engine, good)
    assert (after["Id"], after["State"]["StartedAt"]) == (before["Id"], before["State"]["StartedAt"])
    assert names(host.engine, good) == [good.name]
    assert bring_up(good, host)[0].status == "ok"


def test_the_next_version_has_the_service_s_names_before_the_old_one_stops(
    service: MakeArgs, net: NetworkAttachment, host: Host
) -> None:
    bring_up(started_first(service, net, "1"), host)
    new = started_first(service, net, "2")
    assert bring_up(new, host)[0].status == "changed"
    found = inspect(host.engine, new)
    assert "web" in found["NetworkSettings"]["Networks"][net.name]["Aliases"]
    old = next(
        entry
        for entry in host.engine.get("/containers/json", all=True, filters={"label": list(new.labels())})
        if is_set_aside(entry["Names"][0])
    )
    assert found["State"]["StartedAt"] < host.engine.get(f"/containers/{old['Id']}/json")["State"]["FinishedAt"]
    assert names(host.engine, new) == [new.name]
    assert bring_up(new, host)[0].status == "ok"


def test_one_with_a_host_port_has_to_work_before_it_gets_the_port(
    service: MakeArgs, net: NetworkAttachment, host: Host
) -> None:
    (port,) = free_ports(1)
    bindings = {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}

    def version(text: str, **body: Any) -> container.Args:
        published = {"ExposedPorts": {"80/tcp": {}}, "HostConfig": {"PortBindings": bindings}}
        return started_first(service, net, text, **published, **body)

    bring_up(version("1"), host)
    before = inspect(host.engine, version("1"))["State"]["StartedAt"]
    assert bring_up(version("2", Cmd=["sh", "-c", "exit 3"]), host)[0].status == "rolled_back"
    assert inspect(host.engine, version("1"))["State"]["StartedAt"] == before
    assert bring_up(version("3"), host)[0].status == "changed"
    assert inspect(host.engine, version("3"))["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"] == str(port)
    assert bring_up(version("3"), host)[0].status == "ok"


def test_a_version_on_trial_that_a_killed_run_left_is_removed(
    service: MakeArgs, net: NetworkAttachment, host: Host
) -> None:
    args = started_first(service, net, "1")
    converge("container", args, host)
    before = inspect(host.engine, args)["State"]["StartedAt"]
    host.engine.post("/containers/create", body_of(args, host), name=f"{args.name}.phlo-new")
    host.engine.post(f"/containers/{args.name}.phlo-new/start")
    assert not bring_up(args, host)[0].failures
    assert names(host.engine, args) == [args.name]
    assert inspect(host.engine, args)["State"]["StartedAt"] == before


def test_the_old_one_that_a_killed_run_left_beside_the_new_is_stopped(
    service: MakeArgs, net: NetworkAttachment, host: Host
) -> None:
    args = started_first(service, net, "1")
    converge("container", args, host)
    body = body_of(args, host)
    host.engine.post(f"/containers/{args.name}/rename", name=f"{args.name}.phlo-old")
    host.engine.post("/containers/create", body, name=args.name)
    host.engine.post(f"/containers/{args.name}/start")
    assert not bring_up(args, host)[0].failures
    listed = host.engine.get("/containers/json", filters={"label": list(args.labels())})
    assert [entry["Names"] for entry in listed] == [[f"/{args.name}"]]


def test_an_anonymous_volume_keeps_its_data(service: MakeArgs, host: Host) -> None:
    def version(text: str) -> container.Args:
        return service(body={"Env": [f"V={text}"], "Volumes": {"/data": {}}})

    bring_up(version("1"), host)
    host.engine.exec(version("1").name, ["sh", "-c", "echo kept > /data/file"])
    assert bring_up(version("2"), host)[0].status == "changed"
    assert host.engine.exec(version("2").name, ["cat", "/data/file"]) == (0, b"kept\n")
    assert bring_up(version("2"), host)[0].status == "ok"


# -- what a killed run leaves behind -----------------------------------------------------------------------------------


def leave_staged(args: container.Args, host: Host) -> None:
    converge("container", args, host)
    host.engine.post("/containers/create", body_of(args, host), name=f"{args.name}.phlo-new")


def leave_replaced_alone(args: container.Args, host: Host) -> None:
    converge("container", args, host)
    host.engine.post(f"/containers/{args.name}/stop")
    host.engine.post(f"/containers/{args.name}/rename", name=f"{args.name}.phlo-old")


def leave_replaced_and_staged(args: container.Args, host: Host) -> None:
    leave_replaced_alone(args, host)
    host.engine.post("/containers/create", body_of(args, host), name=f"{args.name}.phlo-new")


def leave_replaced_and_created(args: container.Args, host: Host) -> None:
    leave_replaced_alone(args, host)
    host.engine.post("/containers/create", body_of(args, host), name=args.name)


def leave_replaced_and_running(args: container.Args, host: Host) -> None:
    leave_replaced_alone(args, host)
    created = replace(args, project=args.project)
    host.engine.post("/containers/create", body_of(created, host), name=args.name)
    host.engine.post(f"/containers/{args.name}/start")


def leave_created(args: container.Args, host: Host) -> None:
    converge("container", args, host)
    body = body_of(args, host)
    host.engine.delete(f"/containers/{args.name}", force=True)
    host.engine.post("/containers/create", body, name=args.name)


def body_of(args: container.Args, host: Host) -> dict[str, Any]:
    """The body that the container of these arguments was made from, labels and all."""
    listed = host.engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={args.project}"]})
    config = host.engine.get(f"/containers/{listed[0]['Id']}/json")["Config"]
    return {"Image": config["Image"], "Cmd": config["Cmd"], "Labels": config["Labels"], "StopTimeout": 1}


@pytest.mark.parametrize(
    "leave",
    [
        leave_staged,
        leave_replaced_alone,
        leave_replaced_and_staged,
        leave_replaced_and_created,
        leave_replaced_and_running,
        leave_created,
    ],
    ids=lambda leave: leave.__name__.removeprefix("leave_"),
)
@pytest.mark.parametrize("is_changed", [False, True], ids=["same", "changed"])
def test_the_next_run_repairs_what_a_killed_one_left(
    leave: Callable[[container.Args, Host], None], is_changed: bool, service: MakeArgs, host: Host
) -> None:
    args = service()
    leave(args, host)
    wanted = service(body={"Env": ["V=2"]}) if is_changed else args
    assert not bring_up(wanted, host)[0].failures
    assert names(host.engine, args) == [args.name]
    assert inspect(host.engine, args)["State"]["Status"] == "running"
    assert bring_up(wanted, host)[0].status == "ok"


def test_an_uncommitted_version_of_a_killed_run_is_rolled_back_when_it_fails(service: MakeArgs, host: Host) -> None:
    args = service()
    leave_replaced_and_running(args, host)
    worked = host.engine.get(f"/containers/{args.name}.phlo-old/json")["Id"]
    outcome, _ = bring_up(service(body={"Cmd": ["sh", "-c", "exit 1"]}), host)
    assert outcome.status == "rolled_back"
    found = inspect(host.engine, args)
    assert (found["Id"], found["State"]["Status"]) == (worked, "running")


def test_a_new_version_that_lacks_what_the_service_needs_is_never_started(service: MakeArgs, host: Host) -> None:
    args = service()
    bring_up(args, host)
    before = inspect(host.engine, args)["Id"]

    outcome, _ = bring_up(
        replace(args, body={**args.body, "Env": ["NEW=1"]}, needs=ImageNeeds(programs=("sh", "nowhere"))), host
    )

    assert 'there is no program "nowhere"' in str(outcome.failures[0])
    assert names(host.engine, args) == [args.name]
    found = inspect(host.engine, args)
    assert (found["Id"], found["State"]["Status"]) == (before, "running")


def test_a_container_that_has_what_it_needs_is_started(service: MakeArgs, host: Host) -> None:
    """A link to a program counts, and an absolute path."""
    args = service(
        needs=ImageNeeds(user=65534, programs=("sh", "/bin/busybox"), data=("/tmp",)), body={"User": "nobody"}
    )

    outcome, _ = bring_up(args, host)

    assert not outcome.failures
    assert inspect(host.engine, args)["State"]["Status"] == "running"
