"""phlo makes of a compose project what Docker Compose makes of it, or the difference is listed with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.compose.attributes import ATTRIBUTES
from tests.peers.compose import recording
from tests.peers.compose.compare import differences
from tests.peers.compose.corpus import handmade
from tests.peers.compose.fileset import FileSet
from tests.peers.known import Differences

RECORDED = recording.load()
SETS = recording.sets(RECORDED)
KNOWN = Differences(Path(__file__).with_name("differences.yaml")).listed()


@pytest.mark.parametrize("one", [pytest.param(one, id=one.id) for one in SETS])
def test_a_file_set_is_what_it_is_in_compose(one: FileSet) -> None:
    found = differences(one, RECORDED[one.digest])
    if one.id in KNOWN:
        assert found, "phlo and Compose agree now: run `invoke peers compose --options --prune`"
    else:
        assert not found, "\n".join([*(f"--- {path}\n{text}" for path, text in one.files.items()), *found])


def test_every_file_set_of_the_corpus_is_recorded() -> None:
    missing = [one.id for one in handmade() if one.digest not in RECORDED]
    assert not missing, "run `invoke peers compose --record`"


def test_nothing_else_is_recorded_or_listed() -> None:
    digests = {one.digest for one in handmade()}
    assert [one.id for one in SETS if one.group != "generated" and one.digest not in digests] == []
    assert sorted(set(KNOWN) - {one.id for one in SETS}) == []


def test_there_are_enough_file_sets() -> None:
    assert len(SETS) >= 1000


def test_every_attribute_is_in_a_file_set() -> None:
    """Those are left out that a Compose file never had, or only before version 2."""
    old = {"volume_driver", "log_driver", "log_opt", "net", "dockerfile", "cpuset_cpus", "extends"}
    written = "\n".join(text for one in SETS for text in one.files.values())
    assert [name for name in ATTRIBUTES if name not in old and f"{name}:" not in written] == []


def test_recordings_hold_no_path_of_the_machine_that_made_them() -> None:
    text = repr(RECORDED)
    assert "/tmp/peers-" not in text
    assert "/root" not in text
    assert "/home/" not in text.replace(f"{recording.ROOT}/home/", "")
