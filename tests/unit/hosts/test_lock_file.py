"""The deploy lock of a host without a Docker engine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from phlo.errors import LockError
from phlo.frozen import replace
from phlo.hosts.local_transport import LocalTransport
from phlo.hosts.lock import Claim, acquire_at, claim_for
from phlo.hosts.lock_file import LockFile


@pytest.fixture
def place(tmp_path: Path) -> LockFile:
    return LockFile(transport=LocalTransport(), project="lake", host="a", folder=str(tmp_path))


def take(place: LockFile, claim: Claim) -> tuple[str | None, list[str]]:
    told: list[str] = []
    found = acquire_at(place, claim, host="a", wait_seconds=0, tell=told.append, pause=lambda seconds: None)
    return found, told


def test_one_holder_at_a_time(place: LockFile) -> None:
    identity, _ = take(place, claim_for("phlo play 'site.yml'"))
    assert identity is not None
    assert place.is_there(identity)
    with pytest.raises(LockError, match=r"held by .*phlo play 'site\.yml'"):
        take(place, claim_for("phlo play other.yml"))

    place.release("another")
    assert place.is_there(identity)
    place.release(identity)
    assert place.holder() is None
    assert take(place, claim_for("phlo play other.yml"))[0] is not None


def test_a_lock_whose_process_has_ended_is_taken_over(place: LockFile) -> None:
    claim = claim_for("phlo play site.yml")
    place.create(replace(claim, process=replace(claim.process, started="0")))
    identity, told = take(place, claim)
    assert identity is not None
    assert "its process has ended" in told[0]


def test_a_lease_is_renewed_while_the_lock_is_there(place: LockFile) -> None:
    claim = claim_for("phlo play site.yml")
    identity = place.create(claim)
    assert identity is not None
    os.utime(f"{place.path}/lease", (1, 1))
    os.utime(place.path, (1, 1))
    assert place.renew(identity)
    holder = place.holder()
    assert holder is not None
    assert holder.renewed > holder.since
    place.release(identity)
    assert not place.renew(identity)


def test_a_folder_of_somebody_else_is_an_error(place: LockFile) -> None:
    Path(place.path).mkdir()
    with pytest.raises(LockError, match="phlo did not make"):
        take(place, claim_for("phlo play site.yml"))
