"""deploy-lock status and deploy-lock release: who may change the project's hosts now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.cli.workspace import all_hosts, open_hosts, open_workspace, outline
from phlo.errors import LockError
from phlo.execute.deploy_lock import lock_of
from phlo.hosts.host import Host
from phlo.hosts.lock import Holder


def status(options: Any, shell: Shell) -> int:
    """Show who holds the lock on each host."""
    name, hosts = _project_and_hosts(options, shell)
    held = {host: lock_of(found, name).holder() for host, found in hosts.items()}
    if options.json:
        shell.say_json([_data(host, holder) for host, holder in held.items() if holder])
        return exits.OK
    for host, holder in held.items():
        shell.say(f"{host}: held by {holder}{_doubt(holder)}" if holder else f"{host}: free")
    return exits.OK


def release_lock(options: Any, shell: Shell) -> int:
    """Remove the lock on every host. Raises LockError for a holder that may live, unless told to do it all the same."""
    name, hosts = _project_and_hosts(options, shell)
    places = {host: lock_of(found, name) for host, found in hosts.items()}
    held = {host: holder for host, place in places.items() if (holder := place.holder())}
    for host, holder in held.items():
        if not (options.force or holder.is_dead or holder.is_over):
            raise LockError(
                f"the deploy lock is held by {holder}, which seems to be running",
                where=host,
                fix="Wait for it; if it no longer exists or should stop: phlo deploy-lock release --force.",
            )
    for host, holder in held.items():
        places[host].release(holder.id)
        shell.tell(f"{host}: released the deploy lock of {holder}")
    if not held:
        shell.tell("Nobody holds the deploy lock.")
    return exits.OK


def _project_and_hosts(options: Any, shell: Shell) -> tuple[str, dict[str, Host]]:
    workspace = open_workspace(options, shell)
    project = outline(workspace, options, shell)
    return project.name, open_hosts(workspace.inventory, all_hosts(project, workspace.inventory), shell.environ)


def _doubt(holder: Holder) -> str:
    if holder.is_dead:
        return " (its process has ended; the next run takes over)"
    return " (its lease is over; the next run takes over)" if holder.is_over else ""


def _data(host: str, holder: Holder) -> dict[str, Any]:
    return {
        "host": host,
        "user": holder.claim.user,
        "pid": holder.claim.process.pid,
        "command": holder.claim.command,
        "since": datetime.fromtimestamp(holder.since).astimezone().isoformat(timespec="seconds"),
        "lease_seconds": holder.claim.lease_seconds,
        "is_dead": holder.is_dead,
        "is_over": holder.is_over,
    }
