"""The branches and tags of a Nessie catalog."""

from __future__ import annotations

from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected
from phlo.values import Change
from phlo_nessie.operations import api


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """service: the service that is the server; in a role's tasks the role's own."""

    service: str = ""
    project: str = injected("project")
    own_service: str = injected("service")


def observe(args: Args, host: ReadHost) -> list[api.Reference]:
    server = api.find_server(args.project, args.service, args.own_service, host)
    found: list[api.Reference] = []
    page: dict[str, str] = {}
    while True:
        answer = api.accepted(api.look(f"trees{api.query(**page) if page else ''}", server, host), server, host).body
        found += [api.parsed(entry) for entry in answer["references"]]
        if not answer.get("hasMore"):
            return found
        page = {"page-token": answer["token"]}


def decide(args: Args, seen: list[api.Reference]) -> list[Change]:
    return []


def facts(args: Args, seen: list[api.Reference]) -> dict[str, Any]:
    """What `register` keeps: references, each with type, name and hash."""
    return {"references": [reference.facts() for reference in seen]}


def apply(change: Change, args: Args, seen: list[api.Reference], host: Host) -> None:
    """Never called: it only looks."""
