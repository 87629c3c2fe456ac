from __future__ import annotations

from typing import Any

import pytest

from phlo.operations.container.owners import Owner, causes_to_make_anew, causes_to_restart

BODY = {"HostConfig": {"NetworkMode": "container:lake-db-1", "VolumesFrom": ["lake-data-1:ro"]}}
EARLY, LATE = "2026-01-01T10:00:00.5Z", "2026-01-01T10:00:00.75Z"


def container(status: str = "running") -> dict[str, Any]:
    return {
        "Created": "2026-01-01T10:00:00.6Z",
        "State": {"Status": status, "StartedAt": "2026-01-01T10:00:00.6Z"},
        "HostConfig": {"NetworkMode": "container:1"},
    }


@pytest.mark.parametrize(
    ("owner", "anew", "again"),
    [
        (Owner("1", EARLY, EARLY), [], []),
        (Owner("1", EARLY, LATE), [], ["lake-db-1, whose network it shares, was restarted"]),
        (
            Owner("1", EARLY, EARLY, is_started=True),
            [],
            ["lake-db-1, whose network it shares, is to be started"],
        ),
        (
            Owner("1", EARLY, EARLY, is_made_anew=True),
            ["lake-db-1, whose network it shares, is to be recreated"],
            [],
        ),
        (Owner(is_made_anew=True), ["lake-db-1, whose network it shares, is to be recreated"], []),
    ],
)
def test_the_owner_of_a_namespace_is_followed(owner: Owner, anew: list[str], again: list[str]) -> None:
    owners = {"lake-db-1": owner}
    assert list(causes_to_make_anew(BODY, container(), owners)) == anew
    assert list(causes_to_restart(BODY, container(), owners)) == again


def test_an_owner_that_was_replaced_needs_a_new_container() -> None:
    owners = {"lake-db-1": Owner("2", LATE, LATE)}
    assert list(causes_to_make_anew(BODY, container(), owners)) == ["lake-db-1, whose network it shares, was recreated"]


def test_what_does_not_run_is_not_restarted() -> None:
    assert list(causes_to_restart(BODY, container("exited"), {"lake-db-1": Owner("1", EARLY, LATE)})) == []


@pytest.mark.parametrize(
    ("owner", "anew"),
    [
        (Owner("3", EARLY, LATE), []),
        (Owner("3", LATE, LATE), ["lake-data-1, whose volumes it uses, was recreated"]),
    ],
)
def test_volumes_of_another_container_are_taken_again_when_it_was_recreated(owner: Owner, anew: list[str]) -> None:
    assert list(causes_to_make_anew(BODY, container(), {"lake-data-1": owner})) == anew
