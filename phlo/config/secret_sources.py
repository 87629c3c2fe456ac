"""Secrets that are kept elsewhere: in files, behind commands, and in the project's encrypted file.

    secret_sources:
      DB_PASSWORD: {file: ../secrets/db.txt}
      API_KEY: {command: [pass, show, lake/api]}
      S3_SECRET: {vault: S3_SECRET_PRODUCTION}

Every name of the encrypted file is a variable of that name without being mentioned. Nothing is read, run or unlocked
before a value is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.bounded import MIB, read_file, size_text
from phlo.config.layers import SECRET_SOURCES, Candidate
from phlo.errors import ConfigError, did_you_mean
from phlo.frozen import dataclass, field
from phlo.values import Secret, Source
from phlo.yaml_source import UNREADABLE_FIX

if TYPE_CHECKING:
    from phlo.config.passphrase import Ask
    from phlo.config.project_config import SecretSource
    from phlo.config.project_file import ProjectFile
    from phlo.config.vault import OpenVault, Vault

MOST_SECRET_BYTES = MIB
VAULT_FILE = "phlo-secrets.enc"
Fetch = Callable[[], Secret]


@dataclass(slots=True, kw_only=True)
class SecretSources:
    """Where a project's secrets are kept. ask: gets the passphrase from a person, None: nobody is there.

    read:      files whose content decides what the secrets are.
    has_run:   True once a command has been asked; nobody knows what it says the next time.
    """

    root: Path
    file: ProjectFile
    environ: Mapping[str, str]
    ask: Ask | None = None
    read: list[Path] = field(default_factory=list)
    has_run: bool = False
    _opened: OpenVault | None = None

    def candidates(self) -> Iterator[Candidate]:
        """One for each secret: those of the encrypted file first, then what `secret_sources` says instead."""
        vault = self._vault()
        given = self.file.config.secret_sources
        for name in vault.tokens if vault else ():
            if name not in given and vault and vault.document:
                source = vault.document.source("secrets", name, layer=SECRET_SOURCES)
                yield self._candidate(name, source, partial(self._from_vault, name, source))
        for name, one in given.items():
            source = self.file.document.source("secret_sources", name, layer=SECRET_SOURCES)
            yield self._candidate(name, source, self._fetch(name, one, source))

    def _candidate(self, name: str, source: Source, fetch: Fetch) -> Candidate:
        return Candidate(name=name, text="", source=source, is_literal=True, fetch=cache(fetch))

    def _fetch(self, name: str, given: SecretSource, source: Source) -> Fetch:
        where = self.file.document.where("secret_sources", name)
        if given.file is not None:
            path = self.root / Path(given.file).expanduser()
            self.read.append(path)
            return partial(secret_in_file, path, where=where)
        if given.command is not None:
            return partial(self._from_command, given.command, given.timeout_seconds, where)
        return partial(self._from_vault, str(given.vault), source)

    def _from_command(self, argv: Sequence[str], timeout_seconds: float, where: str) -> Secret:
        self.has_run = True
        return secret_of_command(
            argv, folder=self.root, environ=self.environ, timeout_seconds=timeout_seconds, where=where
        )

    def _from_vault(self, name: str, source: Source) -> Secret:
        if self._opened is None:
            from phlo.config.passphrase import find_passphrase
            from phlo.config.vault import open_vault

            vault = self._vault()
            if vault is None:
                fix = f"`phlo secrets set {name}` creates it."
                raise ConfigError(f"there is no encrypted file {VAULT_FILE}", where=source, fix=fix)
            if name not in vault.tokens:
                fix = did_you_mean(name, vault.tokens)
                raise ConfigError(f'{VAULT_FILE} has no secret "{name}"', where=source, fix=fix)
            self._opened = open_vault(vault, find_passphrase(self.root, self.environ, self.ask))
        return self._opened.get(name)

    def _vault(self) -> Vault | None:
        """The encrypted file; its module is loaded only when there is one."""
        path = self.root / VAULT_FILE
        self.read.append(path)
        if not path.exists():
            return None
        from phlo.config.vault import read_vault

        return read_vault(path)


def secret_in_file(path: Path, *, where: str) -> Secret:
    """The text of a file without the end of its last line. Raises ConfigError when it cannot be had."""
    try:
        text = read_file(path, MOST_SECRET_BYTES).decode()
    except FileNotFoundError:
        raise ConfigError(f"there is no file {path}", where=where, fix="Put the secret there.") from None
    except (OSError, UnicodeDecodeError) as reason:
        what = reason.strerror if isinstance(reason, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{path} cannot be read: {what}", where=where, fix=UNREADABLE_FIX) from None
    return _whole(text, str(path), where)


def secret_of_command(
    argv: Sequence[str], *, folder: Path, environ: Mapping[str, str], timeout_seconds: float, where: str
) -> Secret:
    """What a program prints, without the end of its last line.

    Raises ConfigError when it cannot be run, fails or takes too long; what it printed is in no error.
    """
    import shlex

    from phlo.programs import ProgramTimeoutError, run_program

    shown = shlex.join(argv)
    try:
        done = run_program(
            argv,
            folder=folder,
            environ=environ,
            timeout_seconds=timeout_seconds,
            most_bytes=MOST_SECRET_BYTES,
        )
    except ProgramTimeoutError:
        fix = "Give it a longer `timeout_seconds`, or find out by hand what it waits for."
        raise ConfigError(f"did not end within {timeout_seconds:g} s: {shown}", where=where, fix=fix) from None
    except OSError as reason:
        fix = "Install the program, or correct its name; it is not a line for a shell."
        raise ConfigError(f"cannot be run ({reason.strerror}): {shown}", where=where, fix=fix) from None
    if done.code:
        fix = "Run it by hand to see what it says; phlo shows nothing of it, because it may contain a secret."
        raise ConfigError(f"ended with status {done.code}: {shown}", where=where, fix=fix)
    if done.stdout.left_out_bytes:
        what = f"printed more than {size_text(MOST_SECRET_BYTES)}: {shown}"
        raise ConfigError(what, where=where, fix="Let it print the secret alone.")
    try:
        return _whole(done.stdout.content().decode(), shown, where)
    except UnicodeDecodeError:
        fix = "Let it print base64, for example."
        raise ConfigError(f"printed no UTF-8 text: {shown}", where=where, fix=fix) from None


def _whole(text: str, origin: str, where: str) -> Secret:
    text = text.rstrip("\r\n")
    if not text or "\0" in text:
        what = f"no secret came from {origin}: it was {'empty' if not text else 'no text'}"
        raise ConfigError(what, where=where, fix="Put the secret there, or name another place.")
    return Secret(text)
