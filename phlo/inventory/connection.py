"""How a host's engine is reached, from its variables: phlo's own, or those that Ansible has for the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from phlo.errors import InventoryError, no_engine_address
from phlo.inventory.hosts import LOCAL, Variable
from phlo.inventory.ssh_arguments import KEY_FIX, checked_arguments
from phlo.ssh_names import is_host_name, is_user_name
from phlo.values import reveal_all

_LOCAL_NAMES = (LOCAL, "localhost", "127.0.0.1")
_TEMPLATE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_MOST_TEMPLATES = 20
_SCHEMES = ("unix", "ssh", "tcp")
_SSH_ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
_SSH_KINDS = ("ssh", "smart", "paramiko", "paramiko_ssh")


class Connection(NamedTuple):
    """See `phlo.inventory.hosts.Host`."""

    docker_host: str | None = None
    docker_context: str | None = None
    cert_path: str | None = None
    ssh_options: tuple[str, ...] = ()
    address: str | None = None


def connection_of(name: str, variables: Mapping[str, Variable]) -> Connection:
    """The connection to a host. variables: its own and its groups', of one name the one that wins.

    Without them a host is reached by SSH under its name, as Ansible does it; `local` and `localhost` are this
    machine. Raises InventoryError for what cannot be.
    """

    def text(key: str) -> str | None:
        return _text(name, key, variables)

    address = text("address") or text("ansible_host")
    docker_host, context = text("docker_host"), text("docker_context")
    if docker_host and context:
        raise InventoryError(
            f'"{name}" has a docker_host and a docker_context',
            where=variables["docker_context"].source,
            fix="Keep one of the two.",
        )
    if docker_host and docker_host.partition("://")[0].lower() not in _SCHEMES:
        raise no_engine_address(docker_host, variables["docker_host"].source)
    if docker_host or context:
        return Connection(docker_host, context, text("docker_cert_path"), _ssh_options(name, variables), address)
    kind = text("ansible_connection")
    if kind == "local" or (kind is None and name in _LOCAL_NAMES):
        return Connection(address=address)
    if kind not in (None, *_SSH_KINDS):
        raise InventoryError(
            f'"{name}" is connected to by "{kind}"',
            where=variables["ansible_connection"].source,
            fix="phlo knows ssh and local; or write docker_host: URL.",
        )
    user, host, port = text("ansible_user"), text("ansible_host") or name, _port(name, variables)
    if user and not is_user_name(user):
        raise _no_name(f'ansible_user of "{name}"', user, variables["ansible_user"].source)
    if not is_host_name(host):
        raise _no_name(f'the address of "{name}"', host, variables["ansible_host"].source if host != name else "")
    host = f"[{host}]" if ":" in host else host
    url = f"ssh://{f'{user}@' if user else ''}{host}{f':{port}' if port else ''}"
    return Connection(docker_host=url, ssh_options=_ssh_options(name, variables), address=address)


def _ssh_options(name: str, variables: Mapping[str, Variable]) -> tuple[str, ...]:
    _refuse_unchecked_keys(name, variables)
    found: list[str] = []
    for key in _SSH_ARGUMENTS:
        if text := _text(name, key, variables):
            found += checked_arguments(text, key=key, host=name, where=variables[key].source)
    for key in ("ansible_ssh_private_key_file", "ansible_private_key_file"):
        if key_file := _text(name, key, variables):
            if key_file.startswith("-"):
                what = f'{key} of "{name}" begins with "-": {key_file}'
                raise InventoryError(what, where=variables[key].source, fix="Write the path of a file.")
            return (*found, "-i", key_file)
    return tuple(found)


def _refuse_unchecked_keys(name: str, variables: Mapping[str, Variable]) -> None:
    for key in ("ansible_host_key_checking", "ansible_ssh_host_key_checking"):
        value = variables[key].value if key in variables else None
        if value is not None and str(value).lower() not in ("true", "yes", "1", "on"):
            what = f'{key} of "{name}" is {value}; phlo always checks host keys'
            raise InventoryError(what, where=variables[key].source, fix=KEY_FIX)


def _no_name(what: str, text: str, where: object) -> InventoryError:
    return InventoryError(f'{what} is "{text}", which is not a name', where=where, fix="Write e.g. data-1 or 10.0.0.5.")


def _port(host: str, variables: Mapping[str, Variable]) -> int | None:
    text = _text(host, "ansible_port", variables)
    if not text:
        return None
    if text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    what = f'ansible_port of "{host}" is "{text}"'
    raise InventoryError(what, where=variables["ansible_port"].source, fix="Write a number from 1 to 65535.")


def _text(name: str, key: str, variables: Mapping[str, Variable]) -> str | None:
    """A variable as text. Of Ansible's templates those are filled in that are the name of another variable.

    Raises InventoryError for any other template.
    """
    if key not in variables or variables[key].value is None:
        return None
    text = str(reveal_all(variables[key].value))
    known = {"inventory_hostname": name, "inventory_hostname_short": name.partition(".")[0]}
    for _ in range(_MOST_TEMPLATES):
        found = _TEMPLATE.search(text)
        if found is None:
            break
        value = variables[found[1]].value if found[1] in variables else known.get(found[1])
        if value is None:
            break
        text = text[: found.start()] + str(reveal_all(value)) + text[found.end() :]
    if "{{" in text or "{%" in text:
        raise InventoryError(
            f'{key} of "{name}" is a template that phlo cannot fill in here: {text}',
            where=variables[key].source,
            fix="Write it out, or with names of variables only: {{ inventory_hostname }}.",
        )
    return text
