"""phlo secrets: what secrets a project has, the encrypted file, and new values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.prompt import ask_twice, asker
from phlo.cli.shell import Shell
from phlo.cli.workspace import open_workspace, project_root, resolve_project
from phlo.config.file_lock import locked
from phlo.config.layers import SECRET_SOURCES
from phlo.config.secret_sources import VAULT_FILE, SecretSources
from phlo.errors import ConfigError, did_you_mean
from phlo.user_cache import cache_folder
from phlo.values import Secret

if TYPE_CHECKING:
    from phlo.config.project import Project
    from phlo.config.vault import OpenVault


def list_secrets(options: Any, shell: Shell) -> int:
    """List the project's secrets and where they are kept; no value is read."""
    project = resolve_project(open_workspace(options, shell, asks_hosts=False), options, shell, fetch_secrets=False)
    secrets = {name: value for name, value in project.values.items() if isinstance(value.text, Secret)}
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "layer": value.source.layer,
            "where": str(value.source) if value.source.path else "",
            "has_value": name not in project.pending_secrets,
            "services": _services_of(project, name),
        }
        for name, value in secrets.items()
    ]
    if options.json:
        shell.say_json(rows)
        return exits.OK
    if not rows:
        shell.tell(f"{project.name} has no secrets.")
        return exits.OK
    from phlo.report.table import table

    cells = [
        (row["name"], row["where"] or row["layer"] if row["has_value"] else "made by the first up", row["services"])
        for row in rows
    ]
    shell.say(
        table(
            ("SECRET", "KEPT IN", "DECLARED BY"),
            [(str(name), str(kept), ", ".join(names)) for name, kept, names in cells],
            shell.style(options),
            wrapped=("KEPT IN", "DECLARED BY"),
        )
    )
    return exits.OK


def get(options: Any, shell: Shell) -> int:
    """Print a secret's value."""
    project = resolve_project(open_workspace(options, shell, asks_hosts=False), options, shell, fetch_secrets=False)
    value = project.values.get(options.name)
    if value is None or not isinstance(value.text, Secret):
        known = [name for name, one in project.values.items() if isinstance(one.text, Secret)]
        hint = did_you_mean(options.name, known)
        fix = hint if hint.startswith("Did") else "`phlo secrets list` shows those there are."
        raise ConfigError(f'there is no secret "{options.name}"', fix=fix)
    if options.name in project.pending_secrets:
        raise ConfigError(f"{options.name} has no value yet", fix="The first `phlo up` makes one.")
    shell.say(
        (_kept(project.root, options.name, shell) if value.source.layer == SECRET_SOURCES else value.text).reveal()
    )
    return exits.OK


def set_secret(options: Any, shell: Shell) -> int:
    """Put a secret into the encrypted file, which is made when it is not there."""
    text = _new_value(options, shell)
    root = project_root(options, shell)
    with locked(root / VAULT_FILE, notify=shell.tell):
        open_vault_of(root, shell, make=True).with_secret(options.name, text).save()
    shell.tell(f"{options.name} is set in {VAULT_FILE}. `phlo up` rolls the services that use it.")
    return exits.OK


def remove(options: Any, shell: Shell) -> int:
    """Take a secret out of the encrypted file."""
    root = project_root(options, shell)
    with locked(root / VAULT_FILE, notify=shell.tell):
        open_vault_of(root, shell).without(options.name).save()
    shell.tell(f"{options.name} is no longer in {VAULT_FILE}.")
    return exits.OK


def edit(options: Any, shell: Shell) -> int:
    """Change the whole encrypted file in an editor."""
    root = project_root(options, shell)
    with locked(root / VAULT_FILE, notify=shell.tell):
        parts = _edited(open_vault_of(root, shell, make=True), shell)
    shell.tell(f"{VAULT_FILE}: {'; '.join(parts)}." if parts else "Nothing was changed.")
    return exits.OK


def _edited(opened: OpenVault, shell: Shell) -> list[str]:
    """Let somebody edit the file and save it; what was changed, a phrase each."""
    from phlo.cli.secret_editor import edited

    before = {name: opened.get(name) for name in opened.vault.tokens}
    after = edited(before, shell)
    changed = sorted(name for name, text in after.items() if before.get(name) != text)
    removed = sorted(set(before) - set(after))
    for name in changed:
        opened = opened.with_secret(name, after[name])
    for name in removed:
        opened = opened.without(name)
    if changed or removed:
        opened.save()
    return [f"{verb}: {', '.join(names)}" for verb, names in (("set", changed), ("removed", removed)) if names]


def rekey(options: Any, shell: Shell) -> int:
    """Encrypt the file again with another passphrase."""
    root = project_root(options, shell)
    with locked(root / VAULT_FILE, notify=shell.tell):
        opened = open_vault_of(root, shell)
        opened.rekeyed(_new_passphrase(options, shell)).save()
    shell.tell(
        f"{VAULT_FILE} is encrypted with the new passphrase. Earlier versions, in Git for example, still open with the "
        "old one: if others know it, rotate the secrets, too."
    )
    return exits.OK


def _new_passphrase(options: Any, shell: Shell) -> Secret:
    from phlo.config.passphrase import passphrase_in

    if options.new_passphrase_file:
        fresh = passphrase_in(shell.cwd / options.new_passphrase_file, where="--new-passphrase-file")
    else:
        ask = asker(shell)
        if ask is None:
            fix = "Give it with --new-passphrase-file FILE."
            raise ConfigError("there is no terminal to type the new passphrase on", where="phlo secrets rekey", fix=fix)
        fresh = Secret(ask_twice(ask, "New passphrase"))
    if not fresh:
        raise ConfigError("the new passphrase is empty", where="phlo secrets rekey", fix="Type at least one character.")
    return fresh


def with_passphrase(root: Path, shell: Shell) -> Shell:
    """The shell with the passphrase in its environment, asked for once by a command that needs it several times."""
    from phlo.child_environment import PASSPHRASE_VARIABLE
    from phlo.config.passphrase import find_passphrase

    if not (root / VAULT_FILE).exists():
        return shell
    given = find_passphrase(root, shell.environ, asker(shell))
    return shell._replace(environ={**shell.environ, PASSPHRASE_VARIABLE: given.reveal()})


def open_vault_of(root: Path, shell: Shell, *, make: bool = False) -> OpenVault:
    """The encrypted file, unlocked; with `make`, a new one when there is none, else that is a ConfigError."""
    from phlo.config.passphrase import find_passphrase, given_passphrase
    from phlo.config.vault import new_vault, open_vault, read_vault

    ask, vault = asker(shell), read_vault(root / VAULT_FILE)
    if vault is not None:
        return open_vault(vault, find_passphrase(root, shell.environ, ask))
    if not make:
        raise ConfigError(f"there is no encrypted file {VAULT_FILE}", fix="`phlo secrets set NAME` creates it.")
    given = given_passphrase(root, shell.environ)
    if given is None and ask is not None:
        given = Secret(ask_twice(ask, f"Passphrase for the new file {VAULT_FILE}"))
    return new_vault(root / VAULT_FILE, given or find_passphrase(root, shell.environ, None))


def _new_value(options: Any, shell: Shell) -> Secret:
    """A secret's new value: made up, typed, or all of standard input; not out of the command line, which others see."""
    from phlo.config.secrets import random_secret

    if options.generate:
        return Secret(random_secret())
    ask = asker(shell)
    text = ask_twice(ask, options.name) if ask else shell.input.read().rstrip("\r\n")
    if not text:
        raise ConfigError(f"the value of {options.name} is empty", where="phlo secrets set", fix="Give one on stdin.")
    return Secret(text)


def _kept(root: Path, name: str, shell: Shell) -> Secret:
    """A secret from where `secret_sources` or the encrypted file has it, whether a service uses it or not."""
    from phlo.config.project_file import load_project_file
    from phlo.config.root import PROJECT_FILE

    file = load_project_file(root / PROJECT_FILE, cache=cache_folder(shell.environ))
    sources = SecretSources(root=root, file=file, environ=shell.environ, ask=asker(shell))
    found = next(one for one in sources.candidates() if one.name == name)
    assert found.fetch is not None
    return found.fetch()


def _services_of(project: Project, name: str) -> list[str]:
    with_it = {**{one: s.definition for one, s in project.services.items()}}
    with_it |= {one: absence.definition for one, absence in project.absent.items()}
    return sorted(one for one, definition in with_it.items() if name in definition.env_vars)
