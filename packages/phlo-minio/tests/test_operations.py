"""What the operations decide, and what a policy looks like."""

from __future__ import annotations

from typing import Any

import pytest
from phlo_minio.operations import minio_policy, minio_user

from phlo.operations.service_container import Target
from phlo.values import Secret

STORE = Target(id="1", name="minio-1")
GIVEN: dict[str, Any] = {"project": "lake", "own_service": "minio"}
READ_LAKE = minio_policy.about(("lake",), "read")


@pytest.mark.parametrize(
    ("values", "document", "expected"),
    [
        ({"buckets": ("lake",)}, None, [("create", ("not found",))]),
        ({"buckets": ("lake",), "access": "read"}, READ_LAKE, []),
        ({"buckets": ("lake",)}, READ_LAKE, [("update", ("its statements differ",))]),
        ({"state": "absent"}, READ_LAKE, [("remove", ("asked for",))]),
        ({"state": "absent"}, None, []),
    ],
)
def test_a_policy_is_made_changed_or_removed(values: Any, document: Any, expected: Any) -> None:
    args = minio_policy.Args(name="any", **values, **GIVEN)

    changes = minio_policy.decide(args, minio_policy.Seen(store=STORE, document=document))

    assert [(change.verb, change.causes) for change in changes] == expected


@pytest.mark.parametrize("values", [{}, {"buckets": ("lake",), "document": READ_LAKE}])
def test_a_policy_is_about_buckets_or_has_a_document(values: Any) -> None:
    with pytest.raises(ValueError, match="needs one of buckets and document"):
        minio_policy.Args(name="any", **values, **GIVEN)


def test_the_order_of_lists_and_a_single_text_make_no_difference() -> None:
    one = {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": ["b", "a"], "Sid": ""}}
    other = {"Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["a", "b"]}]}

    assert minio_policy.normal(one) == minio_policy.normal(other)


def test_who_may_only_write_may_not_read() -> None:
    bucket, objects = minio_policy.about(("lake",), "write")["Statement"]

    assert bucket["Resource"] == ["arn:aws:s3:::lake"]
    assert objects["Resource"] == ["arn:aws:s3:::lake/*"]
    assert "s3:PutObject" in objects["Action"]
    assert {"s3:GetObject", "s3:ListBucket"} & {*bucket["Action"], *objects["Action"]} == set()


@pytest.mark.parametrize(
    ("values", "seen", "expected"),
    [
        ({}, {"is_there": False}, [("create", ("not found",))]),
        ({}, {}, []),
        ({"secret_key": Secret("x")}, {"has_secret": False}, [("update", ("secret key differs",))]),
        ({"policies": ("b", "a")}, {}, [("update", ("policies: readwrite -> a, b",))]),
        ({"policies": ("readwrite",)}, {}, []),
        ({"enabled": False}, {}, [("update", ("enabled: yes -> no",))]),
        ({"enabled": False, "policies": ()}, {"is_enabled": False}, []),
        ({"state": "absent"}, {}, [("remove", ("asked for",))]),
        ({"state": "absent"}, {"is_there": False}, []),
    ],
)
def test_a_user_is_made_changed_or_removed(values: Any, seen: Any, expected: Any) -> None:
    there = {"is_there": True, "policies": frozenset({"readwrite"}), **seen}

    changes = minio_user.decide(minio_user.Args(name="app", **values, **GIVEN), minio_user.Seen(store=STORE, **there))

    assert [(change.verb, change.causes) for change in changes] == expected
