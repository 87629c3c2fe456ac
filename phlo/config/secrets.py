"""Secrets that nobody gave: made once, kept in `.phlo/.env.local`, and given another value when asked to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from phlo.compose.dotenv import load_env_file
from phlo.config.atomic import replace_file
from phlo.config.file_lock import locked
from phlo.config.ownership import make_folder
from phlo.errors import ConfigError
from phlo.values import Secret

PLACEHOLDER = "made-by-the-first-up"


def random_secret() -> str:
    """A URL-safe text of 192 random bits that no command takes for an option."""
    import secrets

    while (text := secrets.token_urlsafe(24)).startswith("-"):
        pass
    return text


def stored_secret(path: Path, name: str, *, purpose: str, make: Callable[[], str] = random_secret) -> Secret:
    """The secret `name` of the file at `path`, made and stored first when it is not there.

    What the file holds already is kept, comments included. Two that ask at once get the same text.
    purpose: what needs it, for the comment above the new line.
    """
    try:
        make_folder(path.parent)
        with locked(path):
            return _stored(path, name, purpose, make)
    except OSError as reason:
        what = f"the secret {name} cannot be stored: {reason.strerror}"
        fix = "Make the folder writable, or give the value in the process environment."
        raise ConfigError(what, where=path, fix=fix) from None


def _stored(path: Path, name: str, purpose: str, make: Callable[[], str]) -> Secret:
    label = f"{path.parent.name}/{path.name}"
    try:
        entry = load_env_file(path, label=label).get(name)
        before = path.read_bytes()
    except FileNotFoundError:
        entry, before = None, b""
    if entry is not None and entry.text is not None:
        return Secret(entry.text)
    text = make()
    gap = b"" if not before or before.endswith(b"\n") else b"\n"
    added = f"# {name}: made by phlo for {purpose}. Services that have stored it need it unchanged.\n{name}={text}\n"
    replace_file(path, before + gap + added.encode(), mode=0o600)
    return Secret(text)


def replace_entry(path: Path, name: str, entry: str) -> str:
    """Put another entry (`NAME=text`, as it is written) in the place of the one for `name`; gives the one before.

    The rest of the file stays as it is. Raises ConfigError when the file has no such entry any more, or cannot be
    written.
    """
    try:
        with locked(path):
            found = load_env_file(path, label=f"{path.parent.name}/{path.name}").get(name)
            if found is None:
                raise ConfigError(f"{name} is not in it any more", where=path, fix="Run the command again.")
            lines = path.read_text(encoding="utf-8").split("\n")
            before = "\n".join(lines[found.line - 1 : found.last_line])
            lines[found.line - 1 : found.last_line] = [entry]
            replace_file(path, "\n".join(lines).encode(), mode=0o600)
            return before
    except OSError as reason:
        fix = "Let who runs phlo write there, or give the secret a value of your own."
        raise ConfigError(f"the secret {name} cannot be stored: {reason.strerror}", where=path, fix=fix) from None
