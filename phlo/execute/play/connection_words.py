"""`remote_user` and `port`: a host's connection is that of the inventory, so a playbook can only say the same."""

from __future__ import annotations

from urllib.parse import urlsplit

from phlo.errors import ConfigError
from phlo.execute.play.context import PlayContext
from phlo.execute.play.host_state import HostState
from phlo.playbook.model import Task

_SSH_PORT = 22


def check_connection(context: PlayContext, task: Task, state: HostState) -> None:
    """Raise ConfigError for a user or port that the host is not reached with; a host without SSH has neither."""
    words = {"remote_user": task.directives.remote_user, "port": task.directives.port}
    given = {name: raw for name, raw in words.items() if raw is not None}
    found = context.run.inventory.find(state.name)
    url = urlsplit((found.docker_host if found else None) or "") if given else None
    if url is None or url.scheme != "ssh":
        return
    used = {"remote_user": url.username or "", "port": str(url.port or _SSH_PORT)}
    for name, raw in given.items():
        value = str(context.templar.render(raw, context.scope(state, task)))
        if value != used[name]:
            fix = f"Write {'ansible_user' if name == 'remote_user' else 'ansible_port'} in the inventory."
            what = f'{name} is "{value}", and {state.name} is reached with "{used[name]}"'
            raise ConfigError(what, where=raw.origin.where(), fix=fix)
