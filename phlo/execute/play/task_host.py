"""Where a task works, and as whom: what `connection`, `delegate_to` and `become` make of its host."""

from __future__ import annotations

from typing import Any

from phlo.errors import ConfigError, OperationError, did_you_mean
from phlo.frozen import replace
from phlo.hosts.host import Host, ReadHost
from phlo.hosts.local_transport import LocalTransport
from phlo.operations.location import transport_of
from phlo.playbook.filters import as_boolean
from phlo.playbook.model import Task
from phlo.playbook.scope import Scope
from phlo.playbook.source import Raw
from phlo.playbook.templating import Templar
from phlo.values import Secret

_OWN_CONNECTIONS = ("ssh", "smart", "paramiko", "paramiko_ssh")
_ROOT = "root"


def is_for_hosts(module: Any) -> bool:
    """Whether an operation works on the host itself, where no service is named."""
    return bool(getattr(module, "IS_FOR_HOSTS", False))


def on_control_machine(host: Host | ReadHost) -> Host | ReadHost:
    """The host, with the control machine in its place for what works on the host itself."""
    return replace(host, transport=LocalTransport())


def is_on_control_machine(host: Host | ReadHost) -> bool:
    """Whether the task says that it works on the control machine."""
    return isinstance(host.transport, LocalTransport)


def as_directed(host: Host | ReadHost, task: Task, templar: Templar, scope: Scope) -> Host | ReadHost:
    """The host as the task's `connection` and `become` want it. Raises ConfigError for unknown words."""
    host = _connected(host, task, templar, scope)
    user = _user(task, templar, scope)
    return replace(host, user=user) if user else host


def refuse_without_shell(host: Host | ReadHost, task: Task) -> None:
    """Raise ConfigError for a host on which nothing can run, because it is reached by TCP only."""
    try:
        transport_of(host)
    except OperationError as error:
        what = f"{task.operation} cannot work there: {error.what}"
        raise ConfigError(what, where=task.origin.where(), fix=error.fix) from None


def _connected(host: Host | ReadHost, task: Task, templar: Templar, scope: Scope) -> Host | ReadHost:
    raw = task.directives.connection
    if raw is None or task.directives.delegate_to is not None:
        return host
    kind = str(templar.render(raw, scope))
    kind = kind.removeprefix("ansible.builtin.")
    if kind == "local":
        return on_control_machine(host)
    if kind not in _OWN_CONNECTIONS:
        known = ("local", *_OWN_CONNECTIONS)
        fix = f"Write `service: NAME` to work in a container. {did_you_mean(kind, known)}"
        raise ConfigError(f'there is no connection "{kind}"', where=raw.origin.where(), fix=fix)
    return host


def _user(task: Task, templar: Templar, scope: Scope) -> str:
    """The user that the task becomes, "" for none. Variables win over keywords, as in Ansible."""

    def word(name: str, keyword: Raw | None) -> Any:
        if scope.lookup(f"ansible_{name}") is not None:
            raw = Raw(f"{{{{ ansible_{name} }}}}", task.origin)
        elif keyword is not None:
            raw = keyword
        else:
            return None
        value = templar.render(raw, scope)
        return value.reveal() if isinstance(value, Secret) else value

    directives = task.directives
    if not as_boolean(word("become", directives.become) or False):
        return ""
    method = str(word("become_method", directives.become_method) or "sudo").removeprefix("ansible.builtin.")
    if method != "sudo":
        place = (directives.become_method or Raw(None, task.origin)).origin
        fix = "Write become_method: sudo; where there is no sudo, root uses su automatically."
        raise ConfigError(f'there is no become_method "{method}"', where=place.where(), fix=fix)
    return str(word("become_user", directives.become_user) or _ROOT)
