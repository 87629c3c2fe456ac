"""A part of `invoke faults` that takes minutes, not hours: phlo is killed after every request that writes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults import outside
from tests.faults.proxy import Kind
from tests.faults.scenario import CHANGED, FIRST, SCALED
from tests.faults.site import Site, strike

pytestmark = pytest.mark.integration
MORE_THAN_THERE_ARE = 200


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as site:
        for target in (CHANGED, SCALED, FIRST):
            site.reference(target)
        yield site


def test_whatever_write_phlo_is_killed_after_the_next_up_repairs(site: Site) -> None:
    target, struck = CHANGED, 0
    for at in range(1, MORE_THAN_THERE_ARE):
        trial = strike(site, target, kind=Kind.KILL_AFTER, at=at, only_writes=True)
        assert trial.problems == [], f"{at}: {trial.struck}"
        if not trial.struck:
            break
        struck += 1
        target = FIRST if target is CHANGED else CHANGED  # the state it has come to is the start of the way back
    assert struck > 15  # a change of two services makes about two dozen


def test_a_foreign_container_is_never_touched_and_the_next_up_repairs(site: Site) -> None:
    site.reach(FIRST)
    names: list[str] = []
    for _ in range(MORE_THAN_THERE_ARE):
        trial = outside.name_taken(site, CHANGED, besides=names)
        assert trial.problems == [], trial.struck
        if not trial.struck:
            break
        names.append(trial.struck.split()[0].removeprefix(site.name))
        site.reach(FIRST)
    assert {"-db-1.phlo-new", "-db-1.phlo-old", "-db-1"} <= set(names)


def test_a_taken_port_leaves_what_served_before_and_the_next_up_repairs(site: Site) -> None:
    site.reach(FIRST)
    trial = outside.port_taken(site, SCALED)
    assert trial.problems == []


@pytest.mark.parametrize("seed", range(3))
def test_ctrl_c_at_any_moment_leaves_what_the_next_up_repairs(seed: int, site: Site) -> None:
    site.reach(FIRST)
    assert outside.interrupted(site, CHANGED, seed=seed).problems == []


@pytest.mark.parametrize("seed", range(3))
def test_of_two_ups_at_once_one_does_it_and_the_other_says_so(seed: int, site: Site) -> None:
    site.reach(FIRST)
    assert outside.two_at_once(site, CHANGED, seed=seed).problems == []
