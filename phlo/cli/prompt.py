"""Asking a person for what must not be seen."""

from __future__ import annotations

from collections.abc import Callable

from phlo.cli.shell import Shell
from phlo.errors import ConfigError


def asker(shell: Shell) -> Callable[[str], str] | None:
    """A way to ask the user at the terminal, without showing the answer; None where nobody does."""
    if not shell.input.isatty():
        return None

    def ask(question: str) -> str:
        from getpass import getpass

        return getpass(question, stream=shell.err)

    return ask


def ask_twice(ask: Callable[[str], str], what: str) -> str:
    """An answer that was given twice alike, so that a slip of the finger is noticed. what: `New passphrase`."""
    answer = ask(f"{what}: ")
    if answer != ask(f"{what} again: "):
        raise ConfigError("the two entries differ", fix="Run the command again.")
    return answer
