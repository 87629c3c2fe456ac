"""Read a file of the host, as base64."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected
from phlo.operations.file import read_in_container
from phlo.operations.host_file import read
from phlo.operations.location import host_location, works_in_container
from phlo.operations.service_container import find_target
from phlo.values import Change

IS_FOR_HOSTS = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """src: the file; `path` is the same.
    service: the service in whose container the file is; in a role of a service the role's own.
    container: a container's name instead of a service's.
    """

    src: str
    service: str = ""
    container: str | None = None
    project: str = injected("project")
    own_service: str = injected("service")
    root: Path = injected("root")


def observe(args: Args, host: ReadHost) -> bytes:
    """The content of the file."""
    if works_in_container(args):
        target = find_target(args.project, args.service or args.own_service, args.container, host, where="slurp")
        there = read_in_container(target.id, args.src, host)
        if there is None:
            raise OperationError(f"there is no file {args.src}", where=f"{host.name} {target.name}")
        return there.data()
    return read(host_location(host, args.root), args.src).content or b""


def decide(args: Args, seen: bytes) -> list[Change]:
    return []


def facts(args: Args, seen: bytes) -> dict[str, Any]:
    """What `register` keeps: the content, encoded."""
    return {"content": base64.b64encode(seen).decode(), "encoding": "base64", "source": args.src}


def apply(change: Change, args: Args, seen: bytes, host: Host) -> None:
    """Nothing: it only reads."""
