"""The passwords of Ansible Vault: from files, from programs, or from the user at the terminal.

Source: Ansible's documentation, "Managing vault passwords" and "Using encrypted variables and files".
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from phlo.bounded import MOST_CONFIGURATION_BYTES, last_lines, read_file
from phlo.errors import ConfigError, PhloError
from phlo.frozen import dataclass, field
from phlo.values import Secret
from phlo.vault.cipher import HEADER, DamagedError, opened, read_envelope

FILE_VARIABLE = "ANSIBLE_VAULT_PASSWORD_FILE"
LIST_VARIABLE = "ANSIBLE_VAULT_IDENTITY_LIST"
DEFAULT = "default"
PROMPTS = ("prompt", "prompt_ask_vault_pass", "ask")
_TIMEOUT_SECONDS = 60.0
_SHOWN_LINES = 10
_GIVE_IT = (
    f"Give it with --vault-password-file FILE, --vault-id LABEL@FILE, --ask-vault-pass or {FILE_VARIABLE}; ansible.cfg "
    "is not read."
)
_RESTORE = "Take the text of an earlier version, or encrypt it again."

# Asks a question whose answer is not shown.
Ask = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Where a password comes from. source: a file, a program, or one of PROMPTS. option: what named it."""

    label: str
    source: str
    option: str


def identities(
    *, ids: Sequence[str] = (), files: Sequence[str] = (), asks: bool = False, environ: Mapping[str, str]
) -> tuple[Identity, ...]:
    """The passwords that options and environment variables name, in the order in which they are tried.

    ids: `LABEL@SOURCE`, or a source alone. files: of `--vault-password-file`. asks: one password is asked for.
    """
    listed = [one.strip() for one in environ.get(LIST_VARIABLE, "").split(",") if one.strip()]
    found = [_identity(text, LIST_VARIABLE) for text in listed]
    found += [_identity(text, "--vault-id") for text in ids]
    found += [Identity(label=DEFAULT, source=name, option="--vault-password-file") for name in files]
    if not files and (named := environ.get(FILE_VARIABLE)):
        found.append(Identity(label=DEFAULT, source=named, option=FILE_VARIABLE))
    if asks:
        found.append(Identity(label=DEFAULT, source=PROMPTS[0], option="--ask-vault-pass"))
    return tuple(found)


def _identity(text: str, option: str) -> Identity:
    label, at, source = text.partition("@")
    return (
        Identity(label=label, source=source, option=option)
        if at
        else Identity(label=DEFAULT, source=text, option=option)
    )


@dataclass(slots=True, kw_only=True)
class Vault:
    """Decrypts, with the passwords that are given; each is read when one is first needed.

    folder: where relative files start. environ: what programs get. ask: None where nobody can be asked.
    inputs: the password files that were read.
    """

    identities: tuple[Identity, ...] = ()
    folder: Path = field(default_factory=Path)
    environ: Mapping[str, str] = field(default_factory=dict)
    ask: Ask | None = None
    inputs: list[Path] = field(default_factory=list)
    _passwords: dict[Identity, bytes] = field(default_factory=dict)
    _secrets: dict[Secret, None] = field(default_factory=dict)
    _listeners: list[Callable[[Secret], None]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def content(self, content: bytes, *, where: str) -> bytes | Secret:
        """The content of a file, decrypted where it is encrypted. Raises ConfigError."""
        if not content.startswith(HEADER.encode()):
            return content
        secret = Secret(self.decrypt(content.decode(errors="replace"), where=where))
        self.learn(secret)
        return secret

    def decrypt(self, text: str, *, where: str, error: type[PhloError] = ConfigError) -> str:
        """The content of an encrypted text. Raises `error` when no password fits, none is given, or it is damaged."""
        try:
            envelope = read_envelope(text)
        except DamagedError as reason:
            raise error(f"is not a valid text of Ansible Vault: {reason}", where=where, fix=_RESTORE) from None
        label = envelope.label or DEFAULT
        if not self.identities:
            of = f' of the vault id "{label}"' if envelope.label else ""
            raise error(f"is encrypted, and no vault password{of} is given", where=where, fix=_GIVE_IT)
        # A label is a hint: the passwords under it are tried first, and then the others.
        for identity in sorted(self.identities, key=lambda one: one.label != label):
            content = opened(envelope, self._password(identity))
            if content is not None:
                return _text(content, where, error)
        tried = ", ".join(dict.fromkeys(one.source for one in self.identities))
        fix = f'It was encrypted with the vault id "{label}": --vault-id {label}@FILE. {_RESTORE}'
        raise error(
            f"cannot be decrypted: no vault password fits, or it is damaged (tried {tried})", where=where, fix=fix
        )

    def tell(self, listener: Callable[[Secret], None]) -> None:
        """Call `listener` with every secret that was decrypted, and with those that will be."""
        with self._lock:
            self._listeners.append(listener)
            known = tuple(self._secrets)
        for secret in known:
            listener(secret)

    def has_decrypted(self, value: object) -> bool:
        """Whether a value is one of the secrets that were decrypted."""
        return isinstance(value, (str, int, float)) and Secret(str(value)) in self._secrets

    def learn(self, secret: Secret) -> None:
        """Note a decrypted secret."""
        with self._lock:
            if secret in self._secrets:
                return
            self._secrets[secret] = None
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(secret)

    def _password(self, identity: Identity) -> bytes:
        with self._lock:
            if identity not in self._passwords:
                found = self._asked(identity) if identity.source in PROMPTS else self._from_file(identity)
                if not found:
                    what = f"the vault password of {identity.source} is empty"
                    raise ConfigError(what, where=identity.option, fix="Write the password into it.")
                self._passwords[identity] = found
            return self._passwords[identity]

    def _asked(self, identity: Identity) -> bytes:
        if self.ask is None:
            what = f'the vault password "{identity.label}" is asked for, and there is no terminal'
            raise ConfigError(what, where=identity.option, fix="Give a file or a program instead of a prompt.")
        return self.ask(f"Vault password ({identity.label}): ").strip().encode()

    def _from_file(self, identity: Identity) -> bytes:
        path = self.folder / Path(identity.source).expanduser()
        self.inputs.append(path)
        if path.is_file() and os.access(path, os.X_OK):
            return self._from_program(path, identity)
        try:
            return read_file(path, MOST_CONFIGURATION_BYTES).strip()
        except OSError as reason:
            what = f"the vault password cannot be read from {identity.source}: {reason.strerror}"
            raise ConfigError(what, where=identity.option, fix="Name a file that holds it, or a program.") from None

    def _from_program(self, path: Path, identity: Identity) -> bytes:
        """What a program prints; one whose name ends with `-client` is given the label, as Ansible does it."""
        from phlo.programs import ProgramTimeoutError, run_program

        words = ["--vault-id", identity.label] if path.stem.endswith("-client") else []
        fix = f"Try it by hand: {identity.source} {' '.join(words)}".strip()
        try:
            done = run_program([str(path.absolute()), *words], environ=self.environ, timeout_seconds=_TIMEOUT_SECONDS)
        except ProgramTimeoutError as reason:
            raise ConfigError(f"{identity.source} {reason}", where=identity.option, fix=fix) from None
        except OSError as reason:
            what = f"{identity.source} cannot be run: {reason.strerror}"
            raise ConfigError(what, where=identity.option, fix="See its first line, and who may execute it.") from None
        if done.code:
            said = last_lines(done.stderr.text(), _SHOWN_LINES)
            what = f"{identity.source} ended with status {done.code}"
            raise ConfigError(what, where=identity.option, fix=fix, detail=said)
        return done.stdout.content().strip()


def _text(content: bytes, where: str, error: type[PhloError]) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        fix = "Encrypt a text; a binary file is copied with `copy`."
        raise error("what was encrypted is not UTF-8 text", where=where, fix=fix) from None
