"""The passphrase of a project's encrypted file: from the environment, a file, or the user at the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from phlo.bounded import MOST_CONFIGURATION_BYTES, read_file
from phlo.child_environment import PASSPHRASE_VARIABLE
from phlo.errors import ConfigError
from phlo.values import Secret

PASSPHRASE_FILE_VARIABLE = "PHLO_SECRETS_PASSPHRASE_FILE"  # noqa: S105  a name
PASSPHRASE_FILE = Path(".phlo") / "secrets-passphrase"

# Asks a question whose answer is not shown.
Ask = Callable[[str], str]


def find_passphrase(root: Path, environ: Mapping[str, str], ask: Ask | None) -> Secret:
    """The passphrase, from the first place that has one.

    These are PHLO_SECRETS_PASSPHRASE, the file that PHLO_SECRETS_PASSPHRASE_FILE names, `.phlo/secrets-passphrase`,
    and `ask` (None: nobody can be asked). Raises ConfigError when none has one.
    """
    given = given_passphrase(root, environ)
    if given is None and ask is not None:
        given = Secret(ask("Passphrase of the encrypted secrets: "))
    if not given:
        fix = f"Set {PASSPHRASE_VARIABLE} or {PASSPHRASE_FILE_VARIABLE}, or write it into {PASSPHRASE_FILE}."
        raise ConfigError("the encrypted secrets need their passphrase, and nothing gives it", fix=fix)
    return given


def given_passphrase(root: Path, environ: Mapping[str, str]) -> Secret | None:
    """The passphrase that is given without asking, None when there is none."""
    if environ.get(PASSPHRASE_VARIABLE):
        return Secret(environ[PASSPHRASE_VARIABLE])
    if named := environ.get(PASSPHRASE_FILE_VARIABLE):
        return passphrase_in(Path(named), where=PASSPHRASE_FILE_VARIABLE)
    path = root / PASSPHRASE_FILE
    return passphrase_in(path, where=str(PASSPHRASE_FILE)) if path.exists() else None


def passphrase_in(path: Path, *, where: str) -> Secret:
    """The passphrase that a file holds, without the end of its line."""
    try:
        text = read_file(path, MOST_CONFIGURATION_BYTES).decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as reason:
        what = reason.strerror if isinstance(reason, OSError) else "is not UTF-8 text"
        fix = "Name another file, or give the passphrase in PHLO_SECRETS_PASSPHRASE."
        raise ConfigError(f"the passphrase cannot be read from {path}: {what}", where=where, fix=fix) from None
    if not text:
        raise ConfigError(f"{path} is empty", where=where, fix="Write the passphrase into it.")
    return Secret(text)
