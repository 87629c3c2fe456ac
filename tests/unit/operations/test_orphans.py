"""Which containers are orphans: those whose service phlo.yaml does not make part of the project."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.frozen import replace
from phlo.hosts.process import this_process
from phlo.operations import orphans
from phlo.operations.container.one_off import is_in_use


def listed(service: str, requested: str | None, instance: str = "1") -> dict[str, Any]:
    labels = {"phlo.project": "lake", "phlo.service": service, "phlo.instance": instance}
    labels |= {} if requested is None else {"phlo.requested": requested}
    return {"Names": [f"/lake-{service}-{instance}"], "Id": f"id-{service}", "Labels": labels}


KNOWN = orphans.Args(
    project="lake", scales={"web": 1}, known=frozenset({"metrics"}), optional=frozenset({"superset"}), is_removed=True
)


@pytest.mark.parametrize(
    ("service", "requested", "is_orphan"),
    [
        ("web", "false", False),
        ("gone", "false", True),  # renamed, disabled, or its package is not installed
        ("gone", "true", True),
        ("gone", None, True),
        ("superset", "false", True),  # was in `enabled:`
        ("superset", "true", False),  # phlo up superset
        ("superset", None, True),
        ("metrics", "false", True),  # was in `enabled:`, though it has a profile
        ("metrics", "true", False),  # phlo up --profile observability
        ("metrics", None, False),
    ],
)
def test_an_orphan_is_what_is_not_part_of_the_project(service: str, requested: str | None, is_orphan: bool) -> None:
    changes = orphans.decide(KNOWN, (listed(service, requested),))
    assert [change.verb for change in changes] == (["remove"] if is_orphan else [])


def test_a_run_about_some_services_leaves_the_others_alone() -> None:
    args = orphans.Args(project="lake", scales={"web": 1}, ignored=frozenset({"superset", "metrics"}), is_removed=True)
    assert orphans.decide(args, (listed("superset", "false"), listed("metrics", "false"))) == []


def test_an_orphan_that_is_not_to_be_removed_is_reported() -> None:
    args = orphans.Args(project="lake", scales={})
    (change,) = orphans.decide(args, (listed("superset", "false"),))
    assert (change.verb, change.is_counted) == ("keep", False)
    assert "--remove-orphans" in change.causes[1]


@pytest.mark.parametrize(
    ("owner", "state", "is_removed"),
    [
        (str(this_process()), "running", False),
        (str(this_process()), "created", False),
        (str(replace(this_process(), started="0")), "running", True),  # a later process has its number
        ("another-machine/1/2", "running", False),
        ("another-machine/1/2", "exited", True),
        ("", "running", False),  # detached
        ("", "exited", True),
    ],
    ids=["alive", "alive created", "later process", "elsewhere", "elsewhere exited", "detached", "detached exited"],
)
def test_a_one_off_container_goes_once_its_process_has_ended(owner: str, state: str, is_removed: bool) -> None:
    entry = {"Names": ["/once"], "Id": "1", "State": state, "Labels": {"phlo.project": "lake", "phlo.one-off": owner}}
    assert is_in_use(entry) is not is_removed
    args = orphans.Args(project="lake", scales={"web": 1})
    assert [change.verb for change in orphans.decide(args, () if is_in_use(entry) else (entry,))] == (
        ["remove"] if is_removed else []
    )
