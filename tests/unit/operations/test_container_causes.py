"""Which cause a change of a container has: what was edited, what somebody did by hand, and what phlo did itself."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.frozen import replace
from phlo.labels import LABEL_ATTRIBUTES
from phlo.operations.container import Seen
from phlo.operations.container.decide import decide
from tests.support.container_seen import args_of, changes, seen_after


def with_host_config(seen: Seen, **values: Any) -> Seen:
    assert seen.current is not None
    return replace(seen, current={**seen.current, "HostConfig": {**seen.current["HostConfig"], **values}})


def without_networks(seen: Seen) -> Seen:
    return replace(seen, current={**(seen.current or {}), "NetworkSettings": {"Networks": {}}})


def test_an_attribute_that_the_engine_shows_no_trace_of_is_named() -> None:
    assert [change.causes for change in changes({"cgroup": "host"}, {})] == [("cgroup removed",)]
    assert [change.causes for change in changes({}, {"init": False})] == [("init added",)]
    limits = {"mem_limit": "64m"}
    assert [change.causes for change in changes({**limits, "memswap_limit": -1}, limits)] == [
        ("memswap_limit removed",)
    ]


def test_a_container_of_an_earlier_phlo_has_no_record_of_its_attributes() -> None:
    seen = seen_after(args_of({}))
    assert seen.current is not None
    del seen.current["Config"]["Labels"][LABEL_ATTRIBUTES]

    assert [change.causes for change in decide(args_of({"init": False}), seen)] == [("its configuration changed",)]


def test_an_engines_own_default_is_no_further_cause_of_an_edit() -> None:
    seen = with_host_config(seen_after(args_of({})), Runtime="crun", ShmSize=128 << 20)

    assert decide(args_of({}), seen) == []
    assert [change.causes for change in decide(args_of({"user": "7"}), seen)] == [("user: none -> 7",)]
    assert [change.causes for change in decide(args_of({"runtime": "other"}), seen)] == [("runtime: crun -> other",)]


def test_the_names_of_a_shared_network_are_no_difference() -> None:
    for names in ({"domainname": "example.org"}, {}):
        args = args_of({"network_mode": "container:other", **names})
        seen = seen_after(args)
        assert seen.current is not None
        seen.current["Config"].update(Hostname="of-the-other", Domainname="of.the.other")

        assert decide(args, seen) == []


def test_a_network_that_phlo_made_anew_was_not_left_by_hand() -> None:
    args = args_of({})
    seen = without_networks(seen_after(args))

    (by_hand,) = decide(args, seen)
    assert (by_hand.verb, by_hand.causes) == ("connect", ("changed by hand: network lake_default disconnected",))
    (renewed,) = decide(args, replace(seen, renewed=frozenset({"lake_default"})))
    assert (renewed.verb, renewed.causes) == ("connect", ("network lake_default was recreated",))


@pytest.mark.parametrize(
    ("before", "after", "causes"),
    [
        ({"network_mode": "bridge"}, {}, ("network_mode: bridge -> not set",)),
        ({}, {"network_mode": "bridge"}, ("network_mode: not set -> bridge",)),
        ({"network_mode": "bridge"}, {"network_mode": "none"}, ("network_mode: bridge -> none",)),
        ({"network_mode": "none"}, {}, ("network_mode: none -> not set",)),
        ({"network_mode": "host"}, {"networks": ["extra"]}, ("network_mode: host -> not set",)),
        ({"networks": ["extra"]}, {"networks": ["default", "extra"]}, ("network lake_default added",)),
        (
            {"networks": {"default": {"priority": 1}, "extra": None}},
            {"networks": {"default": None, "extra": {"priority": 1}}},
            ("networks.first: lake_default -> lake_extra",),
        ),
    ],
)
def test_networks_and_modes_are_told_apart(
    before: dict[str, Any], after: dict[str, Any], causes: tuple[str, ...]
) -> None:
    assert [change.causes for change in changes(before, after)] == [causes]
