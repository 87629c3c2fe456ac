"""The passwords of Ansible Vault that the options and the environment of a command name."""

from __future__ import annotations

from typing import Any

from phlo.cli.prompt import asker
from phlo.cli.shell import Shell
from phlo.vault.passwords import Vault, identities


def vault_of(options: Any, shell: Shell) -> Vault:
    """What decrypts; no password is read before it is needed."""
    found = identities(
        ids=getattr(options, "vault_id", ()),
        files=getattr(options, "vault_password_file", ()),
        asks=getattr(options, "ask_vault_pass", False),
        environ=shell.environ,
    )
    return Vault(identities=found, folder=shell.cwd, environ=shell.environ, ask=asker(shell))
