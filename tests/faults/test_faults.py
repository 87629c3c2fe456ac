"""A sample of `invoke faults`, which strikes everywhere: here phlo is killed after every third request that writes."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.faults import clock, outside, own_files
from tests.faults.preload import COMPILER
from tests.faults.proxy import Kind
from tests.faults.scenario import CHANGED, FIRST, SCALED
from tests.faults.site import Site, strike

pytestmark = pytest.mark.integration
MORE_THAN_THERE_ARE = 200
# That a run gives to a container which it replaces, without the project's.
NAMES = {"-db-1.phlo-new", "-db-1.phlo-old", "-db-1"}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as site:
        for target in (CHANGED, SCALED, FIRST):
            site.reference(target)
        yield site


def test_whatever_write_phlo_is_killed_after_the_next_up_repairs(site: Site) -> None:
    target, struck = CHANGED, 0
    for at in range(1, MORE_THAN_THERE_ARE, 3):
        trial = strike(site, target, kind=Kind.KILL_AFTER, at=at, only_writes=True)
        assert trial.problems == [], f"{at}: {trial.struck}"
        if not trial.struck:
            break
        struck += 1
        target = FIRST if target is CHANGED else CHANGED  # the state it has come to is the start of the way back
    assert struck > 5  # a change of two services makes about two dozen writes


def test_a_foreign_container_is_never_touched_and_the_next_up_repairs(site: Site) -> None:
    site.reach(FIRST)
    names: list[str] = []
    for _ in range(MORE_THAN_THERE_ARE):
        trial = outside.name_taken(site, CHANGED, besides=names)
        assert trial.problems == [], trial.struck
        if not trial.struck:
            break
        names.append(trial.struck.split()[0].removeprefix(site.name))
        if set(names) >= NAMES:
            break
        site.reach(FIRST)
    assert set(names) >= NAMES


def test_a_taken_port_leaves_what_served_before_and_the_next_up_repairs(site: Site) -> None:
    site.reach(FIRST)
    trial = outside.port_taken(site, SCALED)
    assert trial.problems == []


@pytest.mark.parametrize("seed", range(2))
def test_ctrl_c_at_any_moment_leaves_what_the_next_up_repairs(seed: int, site: Site) -> None:
    site.reach(FIRST)
    assert outside.interrupted(site, CHANGED, seed=seed).problems == []


@pytest.mark.parametrize("seed", range(2))
def test_of_two_ups_at_once_one_does_it_and_the_other_says_so(seed: int, site: Site) -> None:
    site.reach(FIRST)
    assert outside.two_at_once(site, CHANGED, seed=seed).problems == []


@pytest.mark.parametrize(("number", "at"), [(signal.SIGTERM, 2), (signal.SIGHUP, 9), (signal.SIGTERM, 17)])
def test_a_signal_ends_a_run_with_its_code_and_leaves_nothing_half_done(number: int, at: int, site: Site) -> None:
    site.reach(FIRST)
    trial = outside.signalled(site, CHANGED, number=number, at=at, only_writes=True)
    assert trial.struck
    assert trial.problems == []


@pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
@pytest.mark.parametrize("which", [own_files.FILES, own_files.OUTPUT])
def test_a_full_disk_below_phlos_own_files_ends_a_run_with_an_error_and_without_a_lock(which: str, site: Site) -> None:
    site.reach(FIRST)
    trial = own_files.disk_full(site, CHANGED, which=which, at=1)
    assert trial.struck
    assert trial.problems == []


@pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
def test_rollback_undoes_the_last_run_though_its_clock_was_set_back(site: Site) -> None:
    site.reach(FIRST)
    assert clock.set_back(site, CHANGED).problems == []
