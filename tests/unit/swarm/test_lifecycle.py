"""Swarm services stopped, started, gone back with, and found: what is decided out of what a manager says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from phlo.errors import OperationError
from phlo.operations import hook
from phlo.swarm.operations import power as swarm_power
from phlo.swarm.operations import rollback as swarm_rollback
from phlo.swarm.operations.facts import stops_tasks
from phlo.swarm.operations.place import hosts_of
from phlo.swarm.operations.rollback import kept_services, version_before

HOOKS = hook.AroundStop(
    before=(hook.Args(service="web", name="drain", point="pre_stop", command="true", folder=Path()),)
)


def spec(*, replicas: int | None = 2, run: str = "r1", env: str = "A=1") -> dict[str, Any]:
    return {
        "Name": "lake_web",
        "Labels": {"phlo.project": "lake", "phlo.service": "web", "phlo.run": run},
        "Mode": {"Global": {}} if replicas is None else {"Replicated": {"Replicas": replicas}},
        "TaskTemplate": {"ContainerSpec": {"Env": [env]}},
    }


JOB = {**spec(), "Mode": {"ReplicatedJob": {"TotalCompletions": 1}}}


def power(state: str, replicas: int = 2) -> swarm_power.Args:
    return swarm_power.Args(
        service="web", name="lake_web", state=state, replicas=replicas, cause="asked for", around_stop=HOOKS
    )


@pytest.mark.parametrize(
    ("state", "there", "changes"),
    [
        ("stopped", spec(), [("run", False), ("stop", True)]),
        ("stopped", spec(replicas=0), []),
        ("stopped", JOB, []),
        ("started", spec(), []),
        ("started", spec(replicas=0), [("start", True)]),
        ("started", JOB, []),
        ("restarted", spec(), [("run", False), ("restart", True)]),
        ("restarted", spec(replicas=0), [("start", True)]),
        ("restarted", spec(replicas=None), [("run", False), ("restart", True)]),
        ("restarted", JOB, []),
    ],
)
def test_a_service_is_stopped_and_started_by_how_many_tasks_it_has(
    state: str, there: Mapping[str, Any], changes: list[tuple[str, bool]]
) -> None:
    found = swarm_power.decide(power(state), {"Spec": there})
    assert [(change.verb, change.is_counted) for change in found] == changes


def test_a_start_says_how_many_there_will_be() -> None:
    (change,) = swarm_power.decide(power("started", 3), {"Spec": spec(replicas=0)})
    assert change.causes == ("replicas: 0 -> 3",)


def test_what_is_on_every_node_cannot_be_stopped_and_what_is_not_there_not_started() -> None:
    with pytest.raises(OperationError, match="on every node"):
        swarm_power.decide(power("stopped"), {"Spec": spec(replicas=None)})
    with pytest.raises(OperationError, match="is not there"):
        swarm_power.decide(power("started"), None)
    assert swarm_power.decide(power("stopped"), None) == []


@pytest.mark.parametrize(
    ("wanted", "is_stopped"),
    [(spec(), False), (spec(replicas=3), False), (spec(replicas=1), True), (spec(env="A=2"), True)],
)
def test_tasks_stop_when_they_are_replaced_or_fewer(wanted: Mapping[str, Any], is_stopped: bool) -> None:
    assert stops_tasks(wanted, spec(), {}) is is_stopped


@pytest.mark.parametrize(
    ("before", "now", "is_kept"),
    [
        (spec(run="r1"), spec(run="r2"), True),
        (spec(run="r2"), spec(run="r2"), False),  # by hand, or a stop
        (spec(run="r3"), spec(run="r2"), False),  # what did not work, and was rolled back
        (spec(run="r1", replicas=0), spec(run="r2"), False),  # it did not run
        (spec(run=""), spec(run="r2"), False),
        (JOB, {**JOB, "Labels": {"phlo.run": "r2"}}, False),
        (None, spec(run="r2"), False),
    ],
)
def test_the_version_before_is_that_of_an_earlier_run(
    before: Mapping[str, Any] | None, now: Mapping[str, Any], is_kept: bool
) -> None:
    assert (version_before({"Spec": now, "PreviousSpec": before}) is not None) is is_kept


def test_going_back_tells_what_changes_and_the_hooks_of_the_tasks_that_stop() -> None:
    current = {"Spec": spec(run="r2", env="A=2"), "PreviousSpec": spec(run="r1")}
    arguments = swarm_rollback.Args(service="web", name="lake_web", made_by="r1", cause="why", around_stop=HOOKS)
    first, change = swarm_rollback.decide(arguments, swarm_rollback.Seen(current=current))
    assert (first.verb, change.verb, change.causes) == ("run", "restore", ("why", "environment.A changed"))
    turned = {"Spec": spec(run="r3"), "PreviousSpec": spec(run="r2", env="A=2")}
    assert swarm_rollback.decide(arguments, swarm_rollback.Seen(current=turned)) == []


class Manager:
    """Answers as a manager's engine does."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    def get(self, path: str, /, **query: Any) -> Any:
        return self._answers[path.removeprefix("/")]


def test_services_that_can_go_back_are_listed_with_their_runs() -> None:
    services = [{"ID": "1", "Spec": spec(run="r2"), "PreviousSpec": spec(run="r1")}, {"ID": "2", "Spec": spec()}]
    (found,) = kept_services(Manager(services=services), "lake", host="a")  # type: ignore[arg-type]
    assert (found.service, found.name, found.kept, found.made_by, found.replaced_by) == (
        *("web", "lake_web", "", "r1", "r2"),
    )


def task(node: str, *, state: str = "running", desired: str = "running", env: str = "A=1", **more: Any) -> Any:
    container = {"ContainerSpec": {"Env": [env]}}
    return {"NodeID": node, "Status": {"State": state}, "DesiredState": desired, "Spec": container, **more}


def node(identity: str, name: str | None) -> Any:
    labels = {f"phlo.host.{name}": "true", "phlo.group.lake": "true"} if name else {}
    return {"ID": identity, "Spec": {"Labels": labels}, "Description": {"Hostname": "stranger"}}


NODES = [node("1", "a"), node("2", "b"), node("3", None)]
TURN = {"JobIteration": {"Index": 1}}


@pytest.mark.parametrize(
    ("tasks", "hosts"),
    [
        ([task("2", Slot=1), task("1", Slot=2)], ("b", "a")),
        ([task("2", Slot=1), task("2", Slot=2)], ("b",)),
        ([task("2", Slot=1, env="A=0"), task("1", Slot=2)], ("a",)),  # one is of the version before
        ([task("2", Slot=1, env="A=0")], ("b",)),
        ([task("2", state="failed", desired="shutdown"), task("1", state="starting")], ()),
        ([], ()),
    ],
)
def test_the_hosts_of_a_service_are_those_of_its_running_tasks(tasks: list[Any], hosts: tuple[str, ...]) -> None:
    manager = Manager(services=[{"ID": "s", "Spec": spec()}], tasks=tasks, nodes=NODES)
    assert hosts_of(manager, "lake", "web") == hosts  # type: ignore[arg-type]


def test_a_job_that_has_ended_is_where_it_ran() -> None:
    manager = Manager(
        services=[{"ID": "s", "Spec": JOB, "JobStatus": TURN}],
        tasks=[task("2", state="complete", desired="complete", **TURN)],
        nodes=NODES,
    )
    assert hosts_of(manager, "lake", "web") == ("b",)  # type: ignore[arg-type]


def test_a_node_that_the_inventory_does_not_know_is_an_error_with_what_to_do() -> None:
    manager = Manager(services=[{"ID": "s", "Spec": spec()}], tasks=[task("3")], nodes=NODES)
    with pytest.raises(OperationError, match="the node stranger") as caught:
        hosts_of(manager, "lake", "web")  # type: ignore[arg-type]
    assert "phlo swarm join" in caught.value.fix
