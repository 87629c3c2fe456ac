"""Secrets in somebody's editor: a file in memory where there is one, gone as soon as the editor ends."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from phlo.child_environment import child_environment
from phlo.cli.shell import Shell
from phlo.errors import ConfigError
from phlo.values import Secret
from phlo.yaml_source import parse_yaml

_HEAD = "# NAME: value, as YAML. A line that is taken out removes the secret. Save and leave the editor to go on.\n"
_MEMORY = Path("/dev/shm")  # noqa: S108  a folder of our own is made in it


def edited(secrets: Mapping[str, Secret], shell: Shell) -> dict[str, Secret]:
    """The secrets as they are after $VISUAL or $EDITOR was open on them.

    Raises ConfigError when the editor fails, or what it left is not right and nobody is there to go on editing.
    """
    import yaml

    plain = {name: text.reveal() for name, text in sorted(secrets.items())}
    text = _HEAD + (yaml.safe_dump(plain, allow_unicode=True, sort_keys=False) if plain else "")
    with tempfile.TemporaryDirectory(prefix="phlo-secrets-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        path = Path(folder) / "secrets.yaml"
        path.write_text(text, encoding="utf-8")
        while True:
            _open_editor(path, shell)
            try:
                return _read(path)
            except ConfigError as error:
                if not shell.input.isatty():
                    raise
                shell.tell(f"{error}\nPress Enter to go on editing, Ctrl-C to leave everything as it was.")
                shell.input.readline()


def _open_editor(path: Path, shell: Shell) -> None:
    command = shell.environ.get("VISUAL") or shell.environ.get("EDITOR") or "vi"
    try:
        done = subprocess.run(
            [*shlex.split(command), str(path)], env=child_environment(shell.environ), cwd=shell.cwd, check=False
        )
    except (OSError, ValueError) as reason:
        raise ConfigError(f"the editor {command} cannot be started: {reason}", fix="Set EDITOR to another.") from None
    if done.returncode:
        what = f"the editor {command} ended with status {done.returncode}; nothing was changed"
        raise ConfigError(what, fix="Try again, or set EDITOR to another.")


def _read(path: Path) -> dict[str, Secret]:
    try:
        data = parse_yaml(path.read_text(encoding="utf-8"), label="the secrets").data
    except ConfigError as error:
        error.detail = ()  # the line in question has a secret in it
        raise
    except (OSError, UnicodeDecodeError):
        what = "the file that the editor left cannot be read; nothing was changed"
        raise ConfigError(what, fix="Save it where it was, as UTF-8.") from None
    if not isinstance(data, Mapping):
        raise ConfigError("should be NAME: value lines", where="the secrets", fix="Nothing was changed: edit again.")
    return {name: _secret(name, value) for name, value in data.items()}


def _secret(name: str, value: object) -> Secret:
    """YAML would make `0123` another number and `no` a false: what is meant has to be said."""
    if not isinstance(value, str) or not value:
        raise ConfigError("should be a text that is not empty", where=f"the secrets {name}", fix="Put it in quotes.")
    return Secret(value)
