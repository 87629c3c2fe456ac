"""Create or remove a database, and set its owner."""

from __future__ import annotations

from typing import Literal

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected, positional
from phlo.operations.service_container import Target
from phlo.values import Change
from phlo_postgres.operations import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the database.
    owner: the role that owns it; left alone when not given.
    private: whether only its owner and those in `connect` may connect to it; left alone when not given.
    connect: roles that may connect to it.
    encoding: the encoding of a new one.
    template: the database that a new one is a copy of.
    state: present or absent; absent deletes all data in it.
    service: the service that is the server; in a role's tasks the role's own.
    """

    name: str = positional()
    owner: str | None = None
    private: bool | None = None
    connect: tuple[str, ...] = ()
    encoding: str = "UTF8"
    template: str = "template1"
    state: Literal["present", "absent"] = "present"
    service: str = ""
    project: str = injected("project")
    own_service: str = injected("service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """owner: of the existing database, None when there is none.

    shut_out: those of `connect` who may not connect.
    """

    server: Target
    owner: str | None
    is_private: bool = False
    shut_out: tuple[str, ...] = ()


def observe(args: Args, host: ReadHost) -> Seen:
    server = sql.find_server(args.project, args.service, args.own_service, host)
    may = [f"has_database_privilege({who}, oid, 'CONNECT')" for who in ("'public'", *map(sql.text, args.connect))]
    columns = ", ".join(["pg_get_userbyid(datdba)", *may])
    query = f"SELECT {columns} FROM pg_database WHERE datname = {sql.text(args.name)}"  # noqa: S608  quoted
    found = sql.rows(query, server, host)
    if not found:
        return Seen(server=server, owner=None)
    owner, public, *each = found[0]
    shut_out = tuple(role for role, cell in zip(args.connect, each, strict=True) if cell != "t")
    return Seen(server=server, owner=owner, is_private=public != "t", shut_out=shut_out)


def decide(args: Args, seen: Seen) -> list[Change]:
    at = f"database:{args.name}"
    if args.state == "absent":
        return [] if seen.owner is None else [Change(at=at, verb="remove", causes=("asked for",))]
    if seen.owner is None:
        return [Change(at=at, verb="create", causes=("not found",))]
    causes = []
    if args.owner is not None and args.owner != seen.owner:
        causes.append(f"owner: {seen.owner} -> {args.owner}")
    if args.private is not None and args.private is not seen.is_private:
        causes.append(f"private: {_yes(seen.is_private)} -> {_yes(args.private)}")
    causes += [f"{role} may not connect" for role in seen.shut_out]
    return [Change(at=at, verb="update", causes=tuple(causes))] if causes else []


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """One statement after the other; what an error cuts off is done by the next run."""
    database = sql.name(args.name)
    if change.verb == "remove":
        sql.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)", seen.server, host)
        return
    rights = [f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {sql.name(role)}" for role in args.connect]
    if args.private is not None:
        verb, to = ("REVOKE", "FROM") if args.private else ("GRANT", "TO")
        rights.insert(0, f"{verb} CONNECT, TEMPORARY ON DATABASE {database} {to} PUBLIC")
    if change.verb == "create":
        owner = f" OWNER {sql.name(args.owner)}" if args.owner else ""
        options = f"ENCODING {sql.text(args.encoding)} TEMPLATE {sql.name(args.template)}"
        statements = [f"CREATE DATABASE {database}{owner} {options}", *rights]
    else:
        owner_to = [f"ALTER DATABASE {database} OWNER TO {sql.name(args.owner)}"] if args.owner else []
        statements = [*owner_to, *rights]
    sql.execute(";\n".join(statements), seen.server, host)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
