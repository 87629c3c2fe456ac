"""Asking a server something with psql, inside its own container and as its superuser.

The superuser's name is in the container's environment; over the server's socket it needs no password.
"""

from __future__ import annotations

import io

from phlo.errors import OperationError
from phlo.hosts.commands import CommandResult, captured
from phlo.hosts.host import Host, ReadHost
from phlo.operations.service_container import Target, find_target

_PSQL = (
    'exec psql --no-psqlrc --quiet --tuples-only --no-align --field-separator="$(printf "\\t")" '
    '--set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$1"'
)
TIMEOUT_SECONDS = 60.0


def find_server(project: str, service: str, own_service: str, host: ReadHost) -> Target:
    """The server's container."""
    return find_target(project, service or own_service or "postgres", None, host, where="postgres")


def rows(sql: str, target: Target, host: ReadHost, *, database: str = "postgres") -> list[list[str]]:
    """What a query that only reads answers. Raises OperationError with the server's words."""
    argv = ["sh", "-c", _PSQL + ' --command "$2"', "psql", database, sql]
    result = host.query(target.id, argv, timeout_seconds=TIMEOUT_SECONDS)
    _check(result, target, host)
    return [line.split("\t") for line in result.stdout.splitlines()]


def execute(sql: str, target: Target, host: Host, *, database: str = "postgres") -> None:
    """Do something. The statement goes through the command's input, where no process list shows it."""
    argv = ["sh", "-c", _PSQL + " --file -", "psql", database]
    result = captured(host.engine, target.id, argv, stdin=io.BytesIO(sql.encode()), timeout_seconds=TIMEOUT_SECONDS)
    _check(result, target, host)


def _check(result: CommandResult, target: Target, host: ReadHost | Host) -> None:
    if result.code != 0:
        lines = (result.stderr or result.stdout).strip().splitlines()
        what = lines[-1] if lines else f"psql ended with status {result.code}"
        raise OperationError(what, where=f"{host.name} {target.name}")


def name(text: str) -> str:
    """A name as SQL quotes it."""
    return '"' + text.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as SQL quotes it, whatever `standard_conforming_strings` says."""
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"
