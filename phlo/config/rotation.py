"""Giving a secret a new value, where that is phlo's to do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from phlo.config.file_lock import locked
from phlo.config.layers import COMMAND_LINE, LOCAL_ENV_FILE, PROCESS, SECRET_SOURCES
from phlo.config.project import Project
from phlo.config.project_file import load_project_file
from phlo.config.root import PROJECT_FILE
from phlo.config.secret_sources import VAULT_FILE
from phlo.config.secrets import replace_entry
from phlo.config.vault import OpenVault
from phlo.errors import ConfigError, did_you_mean
from phlo.frozen import dataclass
from phlo.values import Secret, Value

OpenIt = Callable[[], OpenVault]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """A secret that can be given another value.

    put: stores a value where the present one is kept, and gives a call that takes that back.
    """

    name: str
    put: Callable[[Secret], Callable[[], None]]


def rotation_of(project: Project, name: str, *, open_vault: OpenIt) -> Rotation:
    """How the secret `name` of a project is changed. open_vault: unlocks the encrypted file, called only for it.

    Raises ConfigError when it is not a secret, has no value yet, or is kept where phlo does not write.
    """
    value = project.values.get(name)
    secrets = [known for known, one in project.values.items() if isinstance(one.text, Secret)]
    if value is None or not isinstance(value.text, Secret):
        what = f"{name} is not a secret" if value else f'there is no secret "{name}"'
        raise ConfigError(what, fix=did_you_mean(name, secrets) or "No service of this project has one.")
    if name in project.pending_secrets:
        raise ConfigError(f"{name} has no value yet", fix="The first `phlo up` makes one.")
    return Rotation(name=name, put=_keeper(project.root, value, open_vault))


def _keeper(root: Path, value: Value, open_vault: OpenIt) -> Callable[[Secret], Callable[[], None]]:
    name, source = value.name, value.source
    if source.layer == LOCAL_ENV_FILE:
        return partial(_put_in_file, root / str(source.path), name)
    if source.layer == SECRET_SOURCES:
        given = load_project_file(root / PROJECT_FILE).config.secret_sources.get(name)
        if given is None or given.vault is not None:
            open_vault()  # whether it can be opened shows before anything is changed
            return partial(_put_in_vault, root / VAULT_FILE, open_vault, (given.vault if given else None) or name)
        kept = f"the file {given.file}" if given.file is not None else "what its command asks"
        raise _not_ours(value, f"Change it in {kept}, then run `phlo up`.")
    if source.layer in (PROCESS, COMMAND_LINE):
        raise _not_ours(value, "Change it where that is set, or remove it there, so that phlo's own value counts.")
    raise _not_ours(value, f"Change it there and run `phlo up`, or move it: `phlo secrets set {name}`.")


def _put_in_file(path: Path, name: str, text: Secret) -> Callable[[], None]:
    before = replace_entry(path, name, f"{name}={text.reveal()}")

    def take_back() -> None:
        replace_entry(path, name, before)

    return take_back


def _put_in_vault(path: Path, open_vault: OpenIt, name: str, text: Secret) -> Callable[[], None]:
    """Set one secret of the encrypted file as it is now; what others have set meanwhile stays."""

    with locked(path):
        opened = open_vault()
        before = opened.get(name)
        opened.with_secret(name, text).save()

    def take_back() -> None:
        with locked(path):
            open_vault().with_line_of(opened, name, before).save()

    return take_back


def _not_ours(value: Value, fix: str) -> ConfigError:
    what = f'{value.name} is set by the layer "{value.source.layer}", which phlo does not write'
    if value.source.layer.startswith("."):
        what = f"{value.name} is set in {value.source.layer}, which phlo does not change"
    return ConfigError(what, where=value.source if value.source.path else "", fix=fix)
