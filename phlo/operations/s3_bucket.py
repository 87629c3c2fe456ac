"""Create or remove a bucket of an object store."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.commands import CommandResult, captured
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected, positional
from phlo.operations.s3.conversation import TIMEOUT_SECONDS, Answer, RunCommand, ask
from phlo.operations.s3.signing import Request, Store
from phlo.operations.service_container import Target, find_target
from phlo.values import Change, Secret

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the bucket.
    endpoint: the store's address on the project's network, `http://HOST:PORT`.
    access_key: the access key of somebody who may make buckets.
    secret_key: its secret.
    region: the region to sign requests for.
    versioning: whether replaced and removed objects are kept; left alone when not given.
    state: present or absent; a bucket that holds something cannot be removed.
    service: the service in whose container requests are sent; in a role's tasks the role's own. It needs bash.
    """

    name: str = positional()
    endpoint: str
    access_key: str | Secret
    secret_key: str | Secret
    region: str = "us-east-1"
    versioning: bool | None = None
    state: Literal["present", "absent"] = "present"
    service: str = ""
    project: str = injected("project")
    own_service: str = injected("service")

    @property
    def store(self) -> Store:
        return Store(endpoint=self.endpoint, access_key=self.access_key, secret_key=self.secret_key, region=self.region)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """is_versioned: None when nobody asked, or when there is no such bucket."""

    target: Target
    is_there: bool
    is_versioned: bool | None = None


def observe(args: Args, host: ReadHost) -> Seen:
    """Ask the store for the bucket. Raises OperationError when it is there and not for these keys."""
    target = find_target(args.project, args.service or args.own_service, None, host, where="s3_bucket")

    def run(command: list[str]) -> CommandResult:
        return host.query(target.id, command, timeout_seconds=TIMEOUT_SECONDS)

    answer = _sent("HEAD", args, run, well=(200, 403, 404))
    if answer.status == 403:
        fix = "Check the keys; the bucket may belong to another account."
        raise OperationError("the store refuses the bucket to these keys", where=args.name, fix=fix)
    if answer.status == 404 or args.versioning is None:
        return Seen(target=target, is_there=answer.status == 200)
    status = _sent("GET", args, run, query={"versioning": ""}).text("Status")
    return Seen(target=target, is_there=True, is_versioned=status == "Enabled")


def decide(args: Args, seen: Seen) -> list[Change]:
    at = f"bucket:{args.name}"
    if args.state == "absent":
        return [Change(at=at, verb="remove", causes=("asked for",))] if seen.is_there else []
    if not seen.is_there:
        return [Change(at=at, verb="create", causes=("not found",))]
    if args.versioning is not None and args.versioning is not seen.is_versioned:
        cause = f"versioning: {_yes(seen.is_versioned)} -> {_yes(args.versioning)}"
        return [Change(at=at, verb="update", causes=(cause,))]
    return []


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """Make, change or remove it."""

    def run(command: list[str]) -> CommandResult:
        return captured(host.engine, seen.target.id, command, timeout_seconds=TIMEOUT_SECONDS)

    if change.verb == "remove":
        _sent("DELETE", args, run, well=(204, 404))
        return
    if change.verb == "create":
        where = (
            "" if args.region == "us-east-1" else _xml("CreateBucketConfiguration", "LocationConstraint", args.region)
        )
        _sent("PUT", args, run, body=where)
    if args.versioning is not None:
        status = "Enabled" if args.versioning else "Suspended"
        if change.verb == "update" or args.versioning:
            _sent("PUT", args, run, query={"versioning": ""}, body=_xml("VersioningConfiguration", "Status", status))


def _sent(
    method: str,
    args: Args,
    run: RunCommand,
    *,
    query: Mapping[str, str] | None = None,
    body: str = "",
    well: tuple[int, ...] = (200,),
) -> Answer:
    content = body.encode()
    request = Request(
        method=method, path=f"/{args.name}", query=query or {}, digest=hashlib.sha256(content).hexdigest()
    )
    return ask(request, args.store, run, where=args.name, body=content, well=well)


def _xml(kind: str, name: str, text: str) -> str:
    return f'<{kind} xmlns="{_NAMESPACE}"><{name}>{text}</{name}></{kind}>'


def _yes(value: bool | None) -> str:
    return "yes" if value else "no"
