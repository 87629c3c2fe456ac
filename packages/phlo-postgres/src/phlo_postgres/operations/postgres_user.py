"""A role that can log in, with the password and privileges asked for, or that is not there."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Iterable
from typing import Literal

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected, positional
from phlo.operations.service_container import Target
from phlo.values import Change, Secret, reveal
from phlo_postgres.operations import sql

ITERATIONS = 4096
# The roles that a row of pg_authid is a member of, as a JSON list.
_ROLES = (
    "(SELECT coalesce(json_agg(pg_get_userbyid(m.roleid) ORDER BY 1), '[]') FROM pg_auth_members m "
    "WHERE m.member = pg_authid.oid)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the role.
    password: its password; left alone when not given. The server gets its SCRAM verifier only.
    superuser: whether it may do everything.
    createdb: whether it may make databases.
    createrole: whether it may make roles.
    roles: the roles it is a member of, and no others; left alone when not given.
    state: present or absent; a role that owns something cannot be removed.
    service: the service that is the server; in a role's tasks the role's own.
    """

    name: str = positional()
    password: str | Secret | None = None
    superuser: bool = False
    createdb: bool = False
    createrole: bool = False
    roles: tuple[str, ...] | None = None
    state: Literal["present", "absent"] = "present"
    service: str = ""
    project: str = injected("project")
    own_service: str = injected("service")

    @property
    def privileges(self) -> tuple[bool, bool, bool]:
        return self.superuser, self.createdb, self.createrole


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """privileges: superuser, createdb, createrole; None when there is no such role. verifier: of its password."""

    server: Target
    privileges: tuple[bool, bool, bool] | None
    can_login: bool = False
    verifier: Secret | None = None
    roles: frozenset[str] = frozenset()


def observe(args: Args, host: ReadHost) -> Seen:
    server = sql.find_server(args.project, args.service, args.own_service, host)
    columns = f"rolsuper, rolcreatedb, rolcreaterole, rolcanlogin, coalesce(rolpassword, ''), {_ROLES}"
    query = f"SELECT {columns} FROM pg_authid WHERE rolname = {sql.text(args.name)}"  # noqa: S608  quoted
    found = sql.rows(query, server, host)
    if not found:
        return Seen(server=server, privileges=None)
    superuser, createdb, createrole, can_login = (cell == "t" for cell in found[0][:4])
    return Seen(
        server=server,
        privileges=(superuser, createdb, createrole),
        can_login=can_login,
        verifier=Secret(found[0][4]),
        roles=frozenset(json.loads(found[0][5])),
    )


def decide(args: Args, seen: Seen) -> list[Change]:
    at = f"role:{args.name}"
    if args.state == "absent":
        return [] if seen.privileges is None else [Change(at=at, verb="remove", causes=("asked for",))]
    if seen.privileges is None:
        return [Change(at=at, verb="create", causes=("not found",))]
    causes = [
        f"{word}: {_yes(now)} -> {_yes(wanted)}"
        for word, now, wanted in zip(
            ("superuser", "createdb", "createrole"), seen.privileges, args.privileges, strict=True
        )
        if now is not wanted
    ]
    causes += [] if seen.can_login else ["it cannot log in"]
    if args.password is not None and not is_password(reveal(args.password), reveal(seen.verifier or "")):
        causes.append("password differs")
    if args.roles is not None and set(args.roles) != seen.roles:
        causes.append(f"roles: {_listed(seen.roles)} -> {_listed(args.roles)}")
    return [Change(at=at, verb="update", causes=tuple(causes))] if causes else []


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """One statement for the role, and one for each membership that it gets or loses."""
    role = sql.name(args.name)
    if change.verb == "remove":
        sql.execute(f"DROP ROLE IF EXISTS {role}", seen.server, host)
        return
    words = ("SUPERUSER", "CREATEDB", "CREATEROLE")
    options = [word if wanted else f"NO{word}" for word, wanted in zip(words, args.privileges, strict=True)]
    if args.password is not None:
        options.append(f"PASSWORD {sql.text(verifier_of(reveal(args.password), os.urandom(16)))}")
    verb = "CREATE" if change.verb == "create" else "ALTER"
    statements = [f"{verb} ROLE {role} LOGIN {' '.join(options)}"]
    wanted = seen.roles if args.roles is None else frozenset(args.roles)
    statements += [f"GRANT {sql.name(other)} TO {role}" for other in sorted(wanted - seen.roles)]
    statements += [f"REVOKE {sql.name(other)} FROM {role}" for other in sorted(seen.roles - wanted)]
    sql.execute(";\n".join(statements), seen.server, host)


def verifier_of(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """What the server keeps of a password: SCRAM-SHA-256, RFC 5803 and RFC 7677."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    stored = hashlib.sha256(client_key).digest()
    encoded = [base64.b64encode(part).decode() for part in (salt, stored, server_key)]
    return f"SCRAM-SHA-256${iterations}:{encoded[0]}${encoded[1]}:{encoded[2]}"


def is_password(password: str, verifier: str) -> bool:
    """Whether a verifier is that of a password; one of another form (md5) never is."""
    parts = verifier.split("$")
    if len(parts) != 3 or parts[0] != "SCRAM-SHA-256":
        return False
    iterations, _, salt = parts[1].partition(":")
    return hmac.compare_digest(verifier_of(password, base64.b64decode(salt), int(iterations)), verifier)


def _listed(roles: Iterable[str]) -> str:
    return ", ".join(sorted(roles)) or "none"


def _yes(value: bool) -> str:
    return "yes" if value else "no"
