"""Which containers go back, and in which order."""

from __future__ import annotations

import pytest

from phlo.errors import PlanError
from phlo.hosts.live import Kept
from phlo.plan.rollback import build_rollback, to_put_back


def kept(service: str, made_by: str, replaced_by: str, *, instance: int = 1) -> Kept:
    name = f"lake-{service}-{instance}"
    return Kept(
        host="local",
        service=service,
        instance=instance,
        name=name,
        kept=f"{name}.phlo-before-{replaced_by}",
        made_by=made_by,
        replaced_by=replaced_by,
    )


DB, WEB, API = kept("db", "run1", "run3"), kept("web", "run1", "run5"), kept("api", "run2", "run5")


@pytest.mark.parametrize(
    ("run", "services"),
    [(None, ["web", "api"]), ("run5", ["web", "api"]), ("run4", ["web", "api"]), ("run3", ["db", "web", "api"])],
)
def test_what_a_run_and_those_after_it_replaced_goes_back(run: str | None, services: list[str]) -> None:
    assert [one.service for one in to_put_back([DB, WEB, API], run)] == services


@pytest.mark.parametrize(
    ("found", "run", "what"),
    [
        ([], None, "there is nothing to roll back"),
        ([DB], "run4", "nothing was replaced by the run run4 or since"),
        ([WEB, kept("api", "run4", "run5")], "run3", "not all there any more"),
    ],
)
def test_what_cannot_be_gone_back_to_is_refused(found: list[Kept], run: str | None, what: str) -> None:
    with pytest.raises(PlanError, match=what):
        to_put_back(found, run)


def test_a_refusal_names_the_services_that_are_in_the_way() -> None:
    with pytest.raises(PlanError) as caught:
        to_put_back([WEB, kept("api", "run4", "run5")], "run3")
    assert caught.value.detail == ("local api: replaced again by the run run5",)


def test_a_service_goes_back_after_those_it_depends_on_and_each_has_a_gate() -> None:
    needs = {"web": ["db"], "db": ["secrets"]}
    plan = build_rollback("lake", [WEB, kept("web", "run1", "run5", instance=2), DB], needs, gate_timeout_seconds=5.0)
    assert [step.id for step in plan.steps] == [
        "local/db/rollback:1",
        "local/db/ready:1",
        "local/web/rollback:1",
        "local/web/ready:1",
        "local/web/rollback:2",
        "local/web/ready:2",
    ]
    assert [step.id for step in plan.steps if step.gate] == [
        "local/db/ready:1",
        "local/web/ready:1",
        "local/web/ready:2",
    ]
