"""Collecting what each layer has for each variable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.compose.dotenv import load_env_file
from phlo.config.layers import (
    COMMAND_LINE,
    ENV_FILE,
    GROUP_VARS,
    HOST_VARS,
    LOCAL_ENV_FILE,
    PROJECT,
    ROLE_DEFAULTS,
    Candidate,
    scalar_text,
)
from phlo.errors import ConfigError, PhloError, first_of
from phlo.values import Secret, Source

if TYPE_CHECKING:
    from phlo.config.project_file import ProjectFile
    from phlo.discovery.definition import ServiceDefinition
    from phlo.inventory.hosts import Inventory
    from phlo.vault.passwords import Vault

STATE_FOLDER = ".phlo"
_ENV_FILES = ((ENV_FILE, ".env"), (LOCAL_ENV_FILE, ".env.local"))


def env_files(root: Path) -> tuple[Path, ...]:
    """The project's environment files, the one that wins last."""
    return tuple(root / STATE_FOLDER / name for _, name in _ENV_FILES)


def role_defaults(definitions: Iterable[ServiceDefinition]) -> Iterator[Candidate]:
    """What `env_vars` of every role declares."""
    for definition in definitions:
        for name, variable in definition.env_vars.items():
            keys = (*definition.document_keys, "env_vars", name)
            label = Source(layer=ROLE_DEFAULTS, path=definition.package or definition.name)
            source = definition.document.source(*keys, layer=ROLE_DEFAULTS) if definition.document else label
            yield Candidate(name=name, text=variable.default, source=source, service=definition.name)


def project_env(file: ProjectFile) -> Iterator[Candidate]:
    """The root `env` of phlo.yaml. Raises ConfigError for every value that is not a single one."""
    errors: list[PhloError] = []
    for name, value in (file.config.env or {}).items():
        where = file.document.where("env", str(name))
        if not isinstance(name, str):  # `ON: 1` and `NO: 1` are true and false to YAML
            errors.append(ConfigError(f"YAML reads a name as {name!r}", where=where, fix="Put the name in quotes."))
        elif isinstance(value, (dict, list)):
            errors.append(ConfigError("should be a single value", where=where, fix="Write NAME: value."))
        else:
            source = file.document.source("env", name, layer=PROJECT)
            yield Candidate(name=name, text=scalar_text(value), source=source)
    if errors:
        raise first_of(errors)


def inventory_variables(inventory: Inventory, host: str) -> Iterator[Candidate]:
    """Variables of the host's groups, then of the host. Lists and mappings are for playbooks and left out."""
    host = inventory.stand_ins.get(host, host)
    for layer in inventory.group_layers(host):
        yield from _inventory_layer(GROUP_VARS, layer, inventory.vault)
    yield from _inventory_layer(HOST_VARS, inventory.hosts[host].variables, inventory.vault)


def _inventory_layer(layer: str, variables: Mapping[str, Any], vault: Vault) -> Iterator[Candidate]:
    for name, variable in variables.items():
        if not isinstance(variable.value, (dict, list)):
            source = Source(layer=layer, path=variable.source.path, line=variable.source.line)
            value = variable.value
            if isinstance(value, Secret) or vault.has_decrypted(value):
                secret = value if isinstance(value, Secret) else Secret(str(value))
                yield Candidate(name=name, text="", source=source, is_literal=True, fetch=_whole(secret))
                continue
            yield Candidate(name=name, text=scalar_text(variable.value), source=source)


def _whole(secret: Secret) -> Callable[[], Secret]:
    """What gives a secret that is decrypted by then."""
    return lambda: Secret(secret.reveal())


def env_file_variables(root: Path) -> Iterator[Candidate]:
    """The variables in `.phlo/.env` and `.phlo/.env.local`."""
    for layer, name in _ENV_FILES:
        label = f"{STATE_FOLDER}/{name}"
        try:
            entries = load_env_file(root / STATE_FOLDER / name, label=label)
        except FileNotFoundError:
            continue
        for entry in entries.values():
            source = Source(layer=layer, path=label, line=entry.line)
            yield Candidate(name=entry.name, text=entry.text, source=source, is_literal=entry.is_literal)


def command_line_variables(extra: Mapping[str, str | Candidate]) -> Iterator[Candidate]:
    """`-e` values, as `read_extra` gives them, or plain texts by name."""
    for name, given in extra.items():
        if isinstance(given, Candidate):
            yield given
        else:
            yield Candidate(name=name, text=given, source=Source(layer=COMMAND_LINE), is_literal=True)
