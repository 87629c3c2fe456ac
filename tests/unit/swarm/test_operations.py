"""Swarm services: what differs and why, and when one works."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from phlo.errors import OperationError
from phlo.image_source import ImageSource
from phlo.images.present import ImageSeen
from phlo.swarm.operations import absent as swarm_absent
from phlo.swarm.operations import ready as swarm_ready
from phlo.swarm.operations import service as swarm_service
from phlo.swarm.operations.tasks import has_failed_job, told
from phlo.values import FileSpec, Secret

IMAGE = ImageSeen(reference="web:1", id="sha256:0123456789abcdef", config={})
BODY: dict[str, Any] = {
    "Name": "lake_web",
    "Labels": {"phlo.project": "lake", "phlo.service": "web"},
    "TaskTemplate": {
        "ContainerSpec": {"Env": ["A=1"], "Labels": {"phlo.project": "lake", "phlo.service": "web"}},
        "Resources": {"Limits": {}, "Reservations": {}},
        "RestartPolicy": {"Condition": "any"},
        "Placement": {},
        "Networks": [{"Target": "lake_default", "Aliases": ["web"]}],
    },
    "Mode": {"Replicated": {"Replicas": 2}},
    "EndpointSpec": {"Mode": "vip"},
    "UpdateConfig": {"Parallelism": 1, "Delay": 0, "FailureAction": "rollback", "MaxFailureRatio": 1 / 3, "Order": "x"},
}
FILES = (
    FileSpec(path="/etc/web.conf", content=b"port = 1\n"),
    FileSpec(path="/run/key", content=Secret("hunter2"), mode=0o400, uid=7),
)


def args(files: tuple[FileSpec, ...] = FILES, body: Mapping[str, Any] = BODY, **more: Any) -> swarm_service.Args:
    return swarm_service.Args(
        project="lake",
        service="web",
        name="lake_web",
        image=ImageSource(reference="web:1"),
        body=body,
        files=files,
        **more,
    )


def as_stored(wanted: swarm_service.Args) -> dict[str, Any]:
    """The specification as an engine gives it back: with ids for names, its own defaults, numbers of 32 bits."""
    spec = copy.deepcopy(swarm_service.specification(wanted, IMAGE, run="r1"))
    task = spec["TaskTemplate"]
    task["Networks"] = [{"Target": "n1", "Aliases": ["web"]}]
    task["ContainerSpec"] |= {"Isolation": "default", "DNSConfig": {}}
    task |= {"ForceUpdate": 3, "Runtime": "container"}
    task["RestartPolicy"]["MaxAttempts"] = 0
    if "UpdateConfig" in spec:
        spec["UpdateConfig"]["MaxFailureRatio"] = 0.33333334
        del spec["UpdateConfig"]["Delay"]
    return spec


def seen(spec: Mapping[str, Any] | None, **more: Any) -> swarm_service.Seen:
    current = None if spec is None else {"ID": "s1", "Version": {"Index": 7}, "Spec": spec}
    return swarm_service.Seen(image=IMAGE, current=current, networks={"n1": "lake_default"}, **more)


def causes(wanted: swarm_service.Args, there: swarm_service.Seen) -> tuple[str, ...]:
    changes = swarm_service.decide(wanted, there)
    assert all((change.verb, change.at) == ("update", "service:lake_web") for change in changes)
    return changes[0].causes if changes else ()


def test_one_that_is_not_there_is_created() -> None:
    (change,) = swarm_service.decide(args(), seen(None))
    assert (change.verb, change.causes) == ("create", ("not found",))


def test_what_an_engine_adds_by_itself_is_no_difference() -> None:
    assert causes(args(), seen(as_stored(args()))) == ()


def _with(path: str, value: Any) -> dict[str, Any]:
    body = copy.deepcopy(BODY)
    *keys, last = path.split(".")
    at = body
    for key in keys:
        at = at[key]
    at[last] = value
    return body


@pytest.mark.parametrize(
    ("path", "value", "cause"),
    [
        ("TaskTemplate.ContainerSpec.Env", ["A=2"], "environment.A changed"),
        ("TaskTemplate.ContainerSpec.Env", ["A=1", "B=1"], "environment.B added"),
        ("TaskTemplate.ContainerSpec.Env", [], "environment.A removed"),
        ("TaskTemplate.ContainerSpec.Args", ["x"], "command added"),
        ("TaskTemplate.ContainerSpec.User", "7", "user: none -> 7"),
        ("TaskTemplate.ContainerSpec.ReadOnly", True, "read_only: none -> true"),
        ("TaskTemplate.ContainerSpec.Healthcheck", {"Test": ["CMD", "x"]}, "healthcheck.test added"),
        ("TaskTemplate.ContainerSpec.StopGracePeriod", 5_000_000_000, "stop_grace_period: none -> 5s"),
        ("TaskTemplate.Resources", {"Limits": {"MemoryBytes": 64 << 20}}, "memory limit: none -> 64MB"),
        ("TaskTemplate.Resources", {"Reservations": {"NanoCPUs": 500_000_000}}, "cpu reservation: none -> 0.5"),
        ("TaskTemplate.RestartPolicy.Condition", "none", "restart: any -> none"),
        ("TaskTemplate.Placement", {"Constraints": ["a == b"]}, "placement: none -> a == b"),
        ("TaskTemplate.Networks", [], "networks.lake_default removed"),
        ("Mode", {"Replicated": {"Replicas": 5}}, "replicas: 2 -> 5"),
        ("EndpointSpec.Mode", "dnsrr", "endpoint_mode: vip -> dnsrr"),
        (
            "EndpointSpec.Ports",
            [{"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 81, "PublishMode": "host"}],
            "ports: 80/tcp published on 81 (host), was not published",
        ),
        ("UpdateConfig.Parallelism", 2, "update.parallelism: 1 -> 2"),
        ("UpdateConfig.Delay", 1_000_000_000, "update.delay: none -> 1s"),
    ],
)
def test_a_difference_is_told_in_the_users_words(path: str, value: Any, cause: str) -> None:
    wanted = args(body=_with(path, value))
    assert causes(wanted, seen(_networked(as_stored(args())))) == (cause,)


def _networked(spec: dict[str, Any]) -> dict[str, Any]:
    """As stored, with the network by its name, so that only what a case is about differs."""
    spec["TaskTemplate"]["Networks"] = [{"Target": "lake_default", "Aliases": ["web"]}]
    return spec


def test_what_was_changed_by_hand_is_found() -> None:
    there = as_stored(args())
    there["Mode"]["Replicated"]["Replicas"] = 9
    assert causes(args(), seen(there)) == ("replicas: 9 -> 2",)


def test_another_image_is_a_cause_with_its_name() -> None:
    there = as_stored(args())
    there["TaskTemplate"]["ContainerSpec"]["Image"] = "sha256:fedcba9876543210"
    assert causes(args(), seen(there)) == ("image: web:1 (fedcba987654) -> web:1 (0123456789ab)",)


def test_a_file_of_other_content_is_another_config_and_nothing_of_it_is_shown() -> None:
    there = seen(as_stored(args()))
    changed = (FileSpec(path="/etc/web.conf", content=b"port = 2\n"), FileSpec(path="/run/key", content=Secret("x")))
    assert causes(args(files=changed), there) == ("files./etc/web.conf changed", "files./run/key changed")
    assert causes(args(files=FILES[:1]), there) == ("files./run/key removed",)


def test_secrets_are_secrets_of_the_swarm_and_other_files_configs() -> None:
    process = swarm_service.specification(args(), IMAGE)["TaskTemplate"]["ContainerSpec"]
    (config,), (secret,) = process["Configs"], process["Secrets"]
    assert config["File"] == {"Name": "/etc/web.conf", "UID": "0", "GID": "0", "Mode": 0o644}
    assert secret["File"] == {"Name": "/run/key", "UID": "7", "GID": "0", "Mode": 0o400}
    assert process["Image"] == IMAGE.id


def test_the_name_of_a_file_fits_and_goes_by_its_content() -> None:
    long = swarm_service.Args(
        project="p" * 60, service="s" * 60, name="x", image=ImageSource(reference="web:1"), body=BODY
    )
    assert len(swarm_service.file_name(long, FILES[0])) <= 64
    one, other = (FileSpec(path="/a", content=content) for content in (b"1", b"2"))
    assert swarm_service.file_name(args(), one) != swarm_service.file_name(args(), other)


def test_a_forced_update_and_a_job_that_failed_have_their_causes() -> None:
    assert causes(args(is_forced=True), seen(as_stored(args()))) == ("asked for",)
    there = seen(as_stored(args()), has_failed=True)
    assert causes(args(is_job=True), there) == ("it did not end with status 0 the last time",)


def test_a_service_of_somebody_else_is_left_alone() -> None:
    there = as_stored(args())
    there["Labels"] = {}
    with pytest.raises(OperationError, match="taken by a service that phlo did not make"):
        swarm_service.decide(args(), seen(there))


# -- when it works ---------------------------------------------------------------------------------------------

READY = swarm_ready.Args(name="lake_web", service="web")
JOB = swarm_ready.Args(name="lake_web", service="web", is_job=True)


def listed(running: int, desired: int, mode: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    spec = {"Mode": mode or {"Replicated": {}}, "TaskTemplate": {"ContainerSpec": {"Env": ["A=1"]}}}
    return {"Spec": spec, "ServiceStatus": {"RunningTasks": running, "DesiredTasks": desired}, **more}


def task(state: str, *, desired: str = "running", env: str = "A=1", **more: Any) -> dict[str, Any]:
    return {
        "ID": state,
        "Status": {"State": state},
        "DesiredState": desired,
        "Spec": {"ContainerSpec": {"Env": [env]}},
        **more,
    }


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        (listed(2, 2), None),
        (listed(1, 2), "1 of 2 tasks run"),
        (listed(0, 0), None),
        (listed(0, 0, {"Global": {}}), "0 of 0 tasks run"),
        (listed(2, 2, UpdateStatus={"State": "updating"}), "an update is under way"),
        (listed(2, 2, UpdateStatus={"State": "rollback_started"}), "a roll-back is under way"),
        (listed(2, 2, UpdateStatus={"State": "rollback_completed"}), None),
    ],
)
def test_it_works_once_as_many_tasks_run_as_shall(service: dict[str, Any], reason: str | None) -> None:
    changes = swarm_ready.decide(READY, swarm_ready.Seen(service=service, tasks=()))
    assert [change.causes for change in changes] == ([(reason,)] if reason else [])
    assert not any(change.is_counted for change in changes)


def test_a_job_works_once_its_tasks_have_ended_in_this_turn() -> None:
    job = listed(0, 0, {"ReplicatedJob": {"TotalCompletions": 1}}, JobStatus={"JobIteration": {"Index": 2}})
    old, new = ({"JobIteration": {"Index": index}} for index in (1, 2))
    before = swarm_ready.Seen(service=job, tasks=(task("complete", **old),))
    after = swarm_ready.Seen(service=job, tasks=(task("complete", **old), task("complete", **new)))
    assert swarm_ready.decide(JOB, before)[0].causes == ("0 of 1 tasks have ended",)
    assert swarm_ready.decide(JOB, after) == []


@pytest.mark.parametrize(
    ("tasks", "is_over"),
    [
        ([task("failed", desired="shutdown")], True),
        ([task("failed", desired="shutdown"), task("running")], False),
        ([task("complete", desired="shutdown")], False),
        ([], False),
    ],
)
def test_a_job_has_failed_when_nothing_tries_it_again(tasks: list[dict[str, Any]], is_over: bool) -> None:
    assert has_failed_job(listed(0, 0), tasks) is is_over


def test_how_far_an_update_is_counts_tasks_of_the_new_version() -> None:
    running = [task("running"), task("running", env="A=0"), task("failed")]
    assert told(listed(2, 2), running) == "the new version: 1 of 2 tasks that run"


# -- when it goes ----------------------------------------------------------------------------------------------


def test_services_of_the_project_are_removed_and_others_stay() -> None:
    wanted = swarm_absent.Args(kind="services", project="lake", others=frozenset({"web"}))
    found = ({"ID": "1", "Spec": {"Name": "lake_old", "Labels": {}}},)
    (change,) = swarm_absent.decide(wanted, found)
    assert (change.verb, change.at, change.data) == ("remove", "service:lake_old", "1")


def test_an_orphan_that_stays_is_shown_and_not_counted() -> None:
    wanted = swarm_absent.Args(kind="services", project="lake", cause="no such service", is_removed=False)
    (change,) = swarm_absent.decide(wanted, ({"ID": "1", "Spec": {"Name": "lake_old"}},))
    assert (change.verb, change.is_counted) == ("keep", False)
    assert change.causes == ("no such service", "remove it with --remove-orphans")
