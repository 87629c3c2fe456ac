"""What the operations decide, and the requests that they send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from phlo_nessie.operations import api, nessie_branch, nessie_merge

from phlo.errors import OperationError
from phlo.operations.service_container import Target

SERVER = Target(id="1", name="nessie-1")
MAIN = api.Reference(type="BRANCH", name="main", hash="aa11")
GIVEN: dict[str, Any] = {"project": "lake", "own_service": "nessie"}


@pytest.mark.parametrize(
    ("values", "found", "expected"),
    [
        ({}, None, [("branch:dev", "create", ("not found",))]),
        ({}, "BRANCH", []),
        ({"type": "tag"}, None, [("tag:dev", "create", ("not found",))]),
        ({"type": "tag"}, "TAG", []),
        ({"state": "absent"}, None, []),
        ({"state": "absent"}, "BRANCH", [("branch:dev", "remove", ("asked for",))]),
    ],
)
def test_a_branch_or_tag_is_made_or_removed(values: Any, found: str | None, expected: Any) -> None:
    args = nessie_branch.Args(name="dev", **values, **GIVEN)
    reference = api.Reference(type=found, name="dev", hash="bb22") if found else None

    changes = nessie_branch.decide(args, nessie_branch.Seen(server=SERVER, found=reference, source=MAIN))

    assert [(change.at, change.verb, change.causes) for change in changes] == expected


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_tag_is_not_taken_for_a_branch(state: Any) -> None:
    args = nessie_branch.Args(name="dev", state=state, **GIVEN)
    seen = nessie_branch.Seen(server=SERVER, found=api.Reference(type="TAG", name="dev", hash="bb22"))

    with pytest.raises(OperationError, match='"dev" is a tag, not a branch'):
        nessie_branch.decide(args, seen)


@pytest.mark.parametrize(
    ("news", "causes"),
    [((), []), (("stats.commits", "stats"), [("stats.commits is new on dev", "stats is new on dev")])],
)
def test_a_merge_is_done_when_there_is_something_new(news: tuple[str, ...], causes: Any) -> None:
    dev = api.Reference(type="BRANCH", name="dev", hash="bb22")
    seen = nessie_merge.Seen(server=SERVER, source=dev, into=MAIN, news=news)

    changes = nessie_merge.decide(nessie_merge.Args(source="dev", **GIVEN), seen)

    assert [change.causes for change in changes] == causes


def test_a_request_says_how_long_its_body_is() -> None:
    head, _, content = api.request("POST", "trees", {"name": "ü"}).partition("\r\n\r\n")

    assert head.splitlines()[0] == "POST /api/v2/trees HTTP/1.0"
    assert f"Content-Length: {len(content.encode())}" in head
    assert json.loads(content) == {"name": "ü"}


def test_a_reference_is_pinned_to_its_commit() -> None:
    assert api.Reference(type="BRANCH", name="feature/x", hash="cc33").pinned == "feature%2Fx@cc33"
