"""A database that is there, with the owner asked for, or that is not."""

from __future__ import annotations

from typing import Literal

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import given, main
from phlo.operations.service_container import Target
from phlo.values import Change
from phlo_postgres.operations import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the database.
    owner: the role that owns it; left alone when not given.
    encoding: the encoding of a new one.
    template: the database that a new one is a copy of.
    state: present or absent; absent deletes all data in it.
    service: the service that is the server; in a role's tasks the role's own.
    """

    name: str = main()
    owner: str | None = None
    encoding: str = "UTF8"
    template: str = "template1"
    state: Literal["present", "absent"] = "present"
    service: str = ""
    project: str = given("project")
    own_service: str = given("service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """owner: of the database that is there, None when there is none."""

    server: Target
    owner: str | None


def observe(args: Args, host: ReadHost) -> Seen:
    server = sql.find_server(args.project, args.service, args.own_service, host)
    query = f"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = {sql.text(args.name)}"  # noqa: S608  quoted
    found = sql.rows(query, server, host)
    return Seen(server=server, owner=found[0][0] if found else None)


def decide(args: Args, seen: Seen) -> list[Change]:
    at = f"database:{args.name}"
    if args.state == "absent":
        return [] if seen.owner is None else [Change(at=at, verb="remove", causes=("asked for",))]
    if seen.owner is None:
        return [Change(at=at, verb="create", causes=("not found",))]
    if args.owner is not None and args.owner != seen.owner:
        return [Change(at=at, verb="update", causes=(f"owner: {seen.owner} -> {args.owner}",))]
    return []


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """One statement."""
    database = sql.name(args.name)
    if change.verb == "remove":
        statement = f"DROP DATABASE IF EXISTS {database} WITH (FORCE)"
    elif change.verb == "create":
        owner = f" OWNER {sql.name(args.owner)}" if args.owner else ""
        statement = f"CREATE DATABASE {database}{owner} ENCODING {sql.text(args.encoding)}"
        statement += f" TEMPLATE {sql.name(args.template)}"
    else:
        statement = f"ALTER DATABASE {database} OWNER TO {sql.name(args.owner or '')}"
    sql.execute(statement, seen.server, host)
