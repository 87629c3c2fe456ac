"""Put what `s3_download` brought back into its buckets."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.hosts.transfer import Transfer
from phlo.operations.fields import injected, positional
from phlo.operations.s3.conversation import converse
from phlo.operations.s3.objects import bucket_of, buckets_of, check_entry, unpack
from phlo.operations.s3.signing import Request, Store
from phlo.operations.service_container import Target, find_target
from phlo.values import Change, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """src: the archive on the control machine; relative to the task file's folder.
    buckets: only these of its buckets; not given: all. Those that are missing are made. Objects of the same names are
        replaced, others stay.
    endpoint: the store's address on the project's network, `http://HOST:PORT`.
    access_key: the access key of somebody who may write to them.
    secret_key: its secret.
    region: the region to sign requests for.
    service: the service in whose container requests are sent; in a role's tasks the role's own. It needs bash.
    """

    src: Path = positional()
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
    return find_target(args.project, args.service or args.own_service, None, host, where="s3_upload")


def decide(args: Args, seen: Target) -> list[Change]:
    return [Change(at=f"archive:{args.src}", verb="unpack", causes=("asked for",))]


def apply(change: Change, args: Args, seen: Target, host: Host) -> dict[str, Any]:
    """Upload one object after the other."""
    path, where = args.folder / args.src, f"{host.name} {seen.name}"
    store = Store(endpoint=args.endpoint, access_key=args.access_key, secret_key=args.secret_key, region=args.region)
    count, size = 0, 0
    transfer = Transfer("uploading objects", host.progress)
    try:
        with (
            tarfile.open(path, mode="r:") as archive,
            converse(host.engine, seen, store, where=where) as conversation,
        ):
            for entry in archive:  # all of them before anything is uploaded
                check_entry(entry)
            missing = set(args.buckets) - {bucket_of(entry) for entry in archive}
            if missing:
                raise OperationError(f"has no bucket {', '.join(sorted(missing))}", where=path)
            there = set(buckets_of(conversation))
            for entry in archive:
                bucket = bucket_of(entry)
                if args.buckets and bucket not in args.buckets:
                    continue
                if bucket not in there:
                    conversation.ask(Request(method="PUT", path=f"/{bucket}"))
                    there.add(bucket)
                if entry.isreg():
                    unpack(conversation, entry, archive)
                    count, size = count + 1, size + entry.size
                    transfer.at(size)
    except (OSError, ValueError, tarfile.TarError) as reason:
        raise OperationError(f"cannot be read: {reason}", where=path) from None
    return {"objects": count, "size": size}
