"""Create, update or remove a policy with these statements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected, positional
from phlo.operations.service_container import Target
from phlo.values import Change
from phlo_minio.operations import client

_OBJECTS = {
    "read": ("s3:GetObject",),
    "write": ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"),
}
_BUCKETS = {
    "read": ("s3:GetBucketLocation", "s3:ListBucket"),
    "write": ("s3:GetBucketLocation", "s3:ListBucketMultipartUploads"),
}
# Fields of a statement that are a text or a list of texts, in any order.
_LISTS = ("Action", "NotAction", "Resource", "NotResource")


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the policy.
    buckets: the buckets that it is about.
    access: what it allows in them: read, write or readwrite.
    document: a whole policy, as AWS has them, in place of buckets and access.
    state: present or absent; a policy that somebody has cannot be removed.
    service: the service that is the store; in a role's tasks the role's own.
    """

    name: str = positional()
    buckets: tuple[str, ...] = ()
    access: Literal["read", "write", "readwrite"] = "readwrite"
    document: Mapping[str, Any] | None = None
    state: Literal["present", "absent"] = "present"
    service: str = ""
    project: str = injected("project")
    own_service: str = injected("service")

    def __post_init__(self) -> None:
        if self.state == "present" and bool(self.buckets) == bool(self.document):
            raise ValueError("needs one of buckets and document")

    @property
    def wanted(self) -> Mapping[str, Any]:
        """The policy as AWS has it."""
        return self.document or about(self.buckets, self.access)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """document: of the existing policy, None when there is none."""

    store: Target
    document: Mapping[str, Any] | None


def observe(args: Args, host: ReadHost) -> Seen:
    store = client.find_store(args.project, args.service, args.own_service, host)
    command = ["admin", "policy", "info", client.STORE, args.name]
    found = client.look(command, store, host, absent="XMinioAdminNoSuchPolicy")
    return Seen(store=store, document=None if found is None else found["policyInfo"]["Policy"])


def decide(args: Args, seen: Seen) -> list[Change]:
    at = f"policy:{args.name}"
    if args.state == "absent":
        return [] if seen.document is None else [Change(at=at, verb="remove", causes=("asked for",))]
    if seen.document is None:
        return [Change(at=at, verb="create", causes=("not found",))]
    if normal(seen.document) != normal(args.wanted):
        return [Change(at=at, verb="update", causes=("its statements differ",))]
    return []


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    if change.verb == "remove":
        client.change(["admin", "policy", "remove", client.STORE, args.name], seen.store, host)
        return
    command = ["admin", "policy", "create", client.STORE, args.name, "/dev/stdin"]
    document = {"Version": "2012-10-17", **args.wanted, "Statement": normal(args.wanted)}
    client.change(command, seen.store, host, given=json.dumps(document))


def about(buckets: tuple[str, ...], access: str) -> dict[str, Any]:
    """A policy that allows one kind of access to some buckets and what is in them."""
    kinds = ("read", "write") if access == "readwrite" else (access,)
    names = [f"arn:aws:s3:::{bucket}" for bucket in buckets]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": sorted({*_actions(_BUCKETS, kinds)}), "Resource": names},
            {"Effect": "Allow", "Action": _actions(_OBJECTS, kinds), "Resource": [f"{name}/*" for name in names]},
        ],
    }


def normal(document: Mapping[str, Any]) -> list[Any]:
    """The statements of a policy, written the same way whatever the order and form of their lists."""
    statements = document["Statement"]
    statements = [statements] if isinstance(statements, Mapping) else statements
    return [_normal_statement(statement) for statement in statements]


def _normal_statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in statement.items() if value}
    for key in _LISTS:
        if key in found:
            found[key] = sorted([found[key]] if isinstance(found[key], str) else found[key])
    return found


def _actions(known: Mapping[str, tuple[str, ...]], kinds: tuple[str, ...]) -> list[str]:
    return [action for kind in kinds for action in known[kind]]
