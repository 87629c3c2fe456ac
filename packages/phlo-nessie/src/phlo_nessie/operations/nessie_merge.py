"""What was done on one branch of a Nessie catalog is on another one as well."""

from __future__ import annotations

from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected, positional
from phlo.operations.service_container import Target
from phlo.values import Change
from phlo_nessie.operations import api


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """source: the branch or tag that has something new.
    into: the branch that gets it; default: the one that everybody sees.
    message: of the commit; default: the server's.
    service: the service that is the server; in a role's tasks the role's own.
    """

    source: str = positional()
    into: str = ""
    message: str = ""
    service: str = ""
    project: str = injected("project")
    own_service: str = injected("service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """news: the tables, views and namespaces that are new or changed on the source."""

    server: Target
    source: api.Reference
    into: api.Reference
    news: tuple[str, ...] = ()


def observe(args: Args, host: ReadHost) -> Seen:
    """Try the merge without doing it. Raises OperationError when a branch is missing, or when both changed the same."""
    server = api.find_server(args.project, args.service, args.own_service, host)
    source, into = api.reference(args.source, server, host), api.reference(args.into or "-", server, host)
    if source is None or into is None:
        raise api.missing(args.source if source is None else args.into, server, host)
    if source.hash == into.hash:
        return Seen(server=server, source=source, into=into)
    tried = api.look(_path(into), server, host, body={**_body(args, source), "isDryRun": True})
    found = api.accepted(tried, server, host).body
    if not found["wasSuccessful"]:
        clashes = [_conflict(entry) for entry in found["details"] if entry.get("conflict")]
        raise OperationError(f"{source.name} and {into.name} changed the same", where=server.name, detail=clashes)
    keys = tuple(".".join(entry["key"]["elements"]) for entry in found["details"])
    return Seen(server=server, source=source, into=into, news=keys)


def decide(args: Args, seen: Seen) -> list[Change]:
    if not seen.news:
        return []
    causes = tuple(f"{key} is new on {seen.source.name}" for key in seen.news)
    return [Change(at=f"branch:{seen.into.name}", verb="update", causes=causes)]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, str]:
    """One request; what `register` keeps is the target and the hash of its new commit."""
    found = api.send("POST", _path(seen.into), seen.server, host, body=_body(args, seen.source)).body
    return {"name": seen.into.name, "hash": found["resultantTargetHash"]}


def _path(into: api.Reference) -> str:
    return f"trees/{into.pinned}/history/merge"


def _body(args: Args, source: api.Reference) -> dict[str, Any]:
    message = {"message": args.message} if args.message else {}
    return {"fromRefName": source.name, "fromHash": source.hash, "isReturnConflictAsResult": True, **message}


def _conflict(entry: dict[str, Any]) -> str:
    return f"{'.'.join(entry['key']['elements'])}: {entry['conflict'].get('message', 'changed on both')}"
