"""Create or remove a branch or tag of a Nessie catalog."""

from __future__ import annotations

from typing import Literal

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected, positional
from phlo.operations.service_container import Target
from phlo.values import Change
from phlo_nessie.operations import api


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the branch or tag.
    type: branch or tag.
    source: the branch or tag where a new one starts; default: the one that everybody sees.
    state: present or absent; what is only on an absent branch is lost.
    service: the service that is the server; in a role's tasks the role's own.
    """

    name: str = positional()
    type: Literal["branch", "tag"] = "branch"
    source: str = ""
    state: Literal["present", "absent"] = "present"
    service: str = ""
    project: str = injected("project")
    own_service: str = injected("service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """found: None when there is none of that name. source: where a new one would start; None when none is needed."""

    server: Target
    found: api.Reference | None
    source: api.Reference | None = None


def observe(args: Args, host: ReadHost) -> Seen:
    """Raises OperationError when there is no source to start at."""
    server = api.find_server(args.project, args.service, args.own_service, host)
    found = api.reference(args.name, server, host)
    if found is not None or args.state == "absent":
        return Seen(server=server, found=found)
    # `-` is the default branch (Nessie API v2).
    source = api.reference(args.source or "-", server, host)
    if source is None:
        raise api.missing(args.source, server, host)
    return Seen(server=server, found=None, source=source)


def decide(args: Args, seen: Seen) -> list[Change]:
    """Raises OperationError when the name is taken by one of the other type, which is never replaced."""
    at = f"{args.type}:{args.name}"
    if seen.found is not None and seen.found.type != args.type.upper():
        what = f'"{args.name}" is a {seen.found.type.lower()}, not a {args.type}'
        raise OperationError(what, where=seen.server.name, fix="Take another name.")
    if args.state == "absent":
        return [] if seen.found is None else [Change(at=at, verb="remove", causes=("asked for",))]
    return [Change(at=at, verb="create", causes=("not found",))] if seen.found is None else []


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, str]:
    """One request; what `register` keeps is the type, name and hash of what was made or removed."""
    kind = args.type.upper()
    if change.verb == "remove":
        if seen.found is None:
            raise ValueError("nothing to remove")
        api.send("DELETE", f"trees/{seen.found.pinned}{api.query(type=kind)}", seen.server, host)
        return seen.found.facts()
    if seen.source is None:
        raise ValueError("nothing to start at")
    source = {"type": seen.source.type, "name": seen.source.name, "hash": seen.source.hash}
    path = f"trees{api.query(name=args.name, type=kind)}"
    return api.parsed(api.send("POST", path, seen.server, host, body=source).body["reference"]).facts()
