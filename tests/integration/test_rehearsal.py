"""`plan -v` lists the requests that `up` sends, in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from phlo.events import StepFinished
from phlo.execute import run
from phlo.execute.calls import with_calls
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import READING, dotted
from phlo.hosts.host import Host
from phlo.operations import container, network, operation, wait
from phlo.plan.graph import Plan, ordered
from phlo.testing.law import converge
from phlo.values import FileSpec, Secret, Step, step_id

MakeArgs = Callable[..., container.Args]
SECRET = "sentinel-of-the-rehearsal"


def steps_of(args: container.Args) -> list[Step]:
    gate = wait.Args(container=args.name, service=args.service)
    return [
        Step(host="local", service=args.service, name="container", operation="container", args=args),
        Step(
            host="local",
            service=args.service,
            name="gate",
            operation="wait",
            args=gate,
            after=(step_id("local", args.service, "container"),),
            gate=True,
        ),
    ]


def listed(args: container.Args, host: Host) -> list[str]:
    """The calls that a plan shows."""
    found: list[str] = []

    def take(event: object) -> None:
        if isinstance(event, StepFinished):
            found.extend(call for change in event.changes for call in change.calls)

    plan = Plan(title="up", project=args.project, steps=ordered(steps_of(args)))
    run(plan, {"local": host}, emit=take, run_id="test", check=True, shows_calls=True)
    return found


def sent(args: container.Args, host: Host, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a run sends to the engine that changes something."""
    found: list[str] = []
    send = Engine._send

    def noting(self: Engine, method: str, url: str, *rest: Any) -> Any:
        if method not in READING and "/exec" not in url:  # health checks of phlo's own
            found.append(kind_of(url.removeprefix(f"/v{dotted(self.api)}")))
        return send(self, method, url, *rest)

    plan = Plan(title="up", project=args.project, steps=ordered(steps_of(args)))
    with monkeypatch.context() as patched:
        patched.setattr(Engine, "_send", noting)
        outcome = run(plan, {"local": host}, emit=lambda _: None, run_id="test")
    assert not outcome.failures
    return found


def kind_of(path: str) -> str:
    """What a request is about: `containers start`, `containers create`, `containers` for one to remove."""
    _, kind, *rest = path.partition("?")[0].split("/")
    return f"{kind} {rest[-1]}" if len(rest) > 1 or rest == ["create"] else kind


CASES: dict[str, Mapping[str, Any]] = {
    "created": {},
    "recreated": {"body": {"Env": [Secret(f"TOKEN={SECRET}")]}},
    "recreated with files": {"files": (FileSpec(path="/etc/conf", content=Secret(SECRET)),)},
    "recreated beside the old one": {"body": {"HostConfig": {"Init": True}}, "starts_first": True},
}


@pytest.mark.parametrize("case", CASES)
def test_the_calls_of_a_plan_are_those_that_a_run_sends(
    case: str, service: MakeArgs, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    if case != "created":
        converge("container", service(), host)
    args = service(**CASES[case])

    calls = listed(args, host)
    kinds = [kind_of(call.split()[1]) for call in calls]

    assert calls
    assert SECRET not in " ".join(calls)
    assert kinds == sent(args, host, monkeypatch)
    assert listed(args, host) == []


def test_a_rehearsal_changes_nothing(project: str, host: Host) -> None:
    args = network.Args(name=f"{project}_lake", project=project)
    module = operation("network")
    seen = module.observe(args, host.reader())
    (change,) = module.decide(args, seen)

    rehearsed = with_calls("network", module, change, args, seen, host)

    assert rehearsed.calls == (f"POST /networks/create {{Name: {args.name}, CheckDuplicate, Labels}}",)
    assert host.engine.get("/networks", filters={"name": [args.name]}) == []
