"""Bring the objects of a store to the control machine, as a tar archive."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.hosts.transfer import Transfer
from phlo.operations.fields import injected, positional
from phlo.operations.local_file import written
from phlo.operations.s3.conversation import converse
from phlo.operations.s3.objects import buckets_of, objects_of, pack, pack_bucket
from phlo.operations.s3.signing import Store
from phlo.operations.service_container import Target, find_target
from phlo.values import Change, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """dest: the archive on the control machine, readable by the user alone; relative to the task file's folder.
    buckets: only these buckets; not given: all.
    endpoint: the store's address on the project's network, `http://HOST:PORT`.
    access_key: the access key of somebody who may read them.
    secret_key: its secret.
    region: the region to sign requests for.
    service: the service in whose container requests are sent; in a role's tasks the role's own. It needs bash.
    """

    dest: Path = positional()
    buckets: tuple[str, ...] = ()
    endpoint: str
    access_key: str | Secret
    secret_key: str | Secret
    region: str = "us-east-1"
    service: str = ""
    project: str = injected("project")
    own_service: str = injected("service")
    folder: Path = injected("folder")


def observe(args: Args, host: ReadHost) -> Target:
    return find_target(args.project, args.service or args.own_service, None, host, where="s3_download")


def decide(args: Args, seen: Target) -> list[Change]:
    return [Change(at=f"archive:{args.dest}", verb="create", causes=("asked for",))]


def apply(change: Change, args: Args, seen: Target, host: Host) -> dict[str, Any]:
    """Write the archive as the objects come. What changes meanwhile is in it as it was when its turn came."""
    where = f"{host.name} {seen.name}"
    store = Store(endpoint=args.endpoint, access_key=args.access_key, secret_key=args.secret_key, region=args.region)
    path, count, size = args.folder / args.dest, 0, 0
    transfer = Transfer("downloading objects", host.progress)
    with (
        converse(host.engine, seen, store, where=where) as conversation,
        written(path, mode=0o600) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        buckets = args.buckets or buckets_of(conversation)
        for bucket in buckets:
            pack_bucket(bucket, archive)
            for name in list(objects_of(conversation, bucket)):
                size += pack(conversation, bucket, name, archive)
                count += 1
                transfer.at(size)
    return {"dest": str(path), "buckets": list(buckets), "objects": count, "size": size}
