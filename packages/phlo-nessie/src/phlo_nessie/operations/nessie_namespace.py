"""Create a namespace on a branch of a Nessie catalog."""

from __future__ import annotations

from urllib.parse import quote

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected, positional
from phlo.operations.service_container import Target
from phlo.values import Change
from phlo_nessie.operations import api


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the namespace, one without dots.
    branch: the branch; default: the one that everybody sees.
    service: the service that is the server; in a role's tasks the role's own.
    """

    name: str = positional()
    branch: str = ""
    service: str = ""
    project: str = injected("project")
    own_service: str = injected("service")

    def __post_init__(self) -> None:
        if not self.name or "." in self.name:
            raise ValueError("name should be one word without dots")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    server: Target
    branch: api.Reference
    is_there: bool


def observe(args: Args, host: ReadHost) -> Seen:
    """Raises OperationError when there is no such branch."""
    server = api.find_server(args.project, args.service, args.own_service, host)
    branch = api.reference(args.branch or "-", server, host)
    if branch is None:
        raise api.missing(args.branch, server, host)
    answer = api.look(f"trees/{branch.pinned}/contents/{quote(args.name, safe='')}", server, host)
    is_there = answer.status != 404
    if is_there:
        api.accepted(answer, server, host)
    return Seen(server=server, branch=branch, is_there=is_there)


def decide(args: Args, seen: Seen) -> list[Change]:
    return [] if seen.is_there else [Change(at=f"namespace:{args.name}", verb="create", causes=("not found",))]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """One commit."""
    content = {"type": "NAMESPACE", "elements": [args.name], "properties": {}}
    body = {
        "commitMeta": {"message": f"Create namespace {args.name}"},
        "operations": [{"type": "PUT", "key": {"elements": [args.name]}, "content": content}],
    }
    api.send("POST", f"trees/{seen.branch.pinned}/history/commit", seen.server, host, body=body)
