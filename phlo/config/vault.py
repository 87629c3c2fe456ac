"""The encrypted file of a project: secrets that are kept beside phlo.yaml, in the repository.

Names are written as they are, one a line, so that a change of one secret is a change of one line; values are Fernet
tokens (`cryptography`), whose key scrypt makes of a passphrase (RFC 7914). A token holds its own name, so that nobody
can put one secret's value in the place of another's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.config.atomic import replace_file
from phlo.errors import ConfigError, did_you_mean
from phlo.frozen import dataclass, field, replace
from phlo.values import Secret
from phlo.yaml_source import YamlDocument, load_yaml

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

FORM = 1
# What one guess of a passphrase costs: 128 MiB of memory and a third of a second (OWASP's advice for scrypt).
COST = 2**17
_MOST_COST = 2**20  # a foreign file must not use up this machine's memory
_BLOCK, _LANES = 8, 1
_PROOF = "phlo-secrets"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEAD = "# Secrets of this project, encrypted. Change them with `phlo secrets set|edit|rekey`; commit this file.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """The encrypted file as it stands, still locked. tokens: name -> Fernet token. proof: token of a known text."""

    path: Path
    salt: bytes
    cost: int
    proof: str
    tokens: Mapping[str, str] = field(default_factory=dict)
    document: YamlDocument | None = field(default=None, repr=False, compare=False)

    def where(self, name: str) -> str:
        return self.document.where("secrets", name) if self.document else self.path.name


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVault:
    """An encrypted file and the key to it. Changing it gives another one; `save` writes it."""

    vault: Vault
    key: Fernet = field(repr=False)

    def get(self, name: str) -> Secret:
        """The secret called `name`. Raises ConfigError when there is none, or its line was tampered with."""
        vault = self.vault
        if name not in vault.tokens:
            fix = did_you_mean(name, vault.tokens) or "It is empty."
            raise ConfigError(f'it has no secret "{name}"', where=vault.path.name, fix=fix)
        found = _decrypted(self.key, vault.tokens[name])
        if found is None or found[0] != name:
            what = "this line was not written by phlo with this file's passphrase"
            raise ConfigError(
                what, where=vault.where(name), fix="Take the line of an earlier version, or set it again."
            )
        return Secret(found[1])

    def with_secret(self, name: str, text: Secret) -> OpenVault:
        """The file with one secret set; the lines of the others stay as they are. Raises ConfigError for its name."""
        if not _NAME.fullmatch(name):
            fix = "Use letters, digits and underscores, not starting with a digit."
            raise ConfigError(f'"{name}" cannot name a secret', where=self.vault.path.name, fix=fix)
        tokens = {**self.vault.tokens, name: _encrypted(self.key, name, text)}
        return replace(self, vault=replace(self.vault, tokens=tokens))

    def with_line_of(self, earlier: OpenVault, name: str, text: Secret) -> OpenVault:
        """The file with one secret as an earlier version of it has that, its very line where the key is the same.

        text: the secret's value in that version.
        """
        if earlier.vault.salt != self.vault.salt:
            return self.with_secret(name, text)
        tokens = {**self.vault.tokens, name: earlier.vault.tokens[name]}
        return replace(self, vault=replace(self.vault, tokens=tokens))

    def without(self, name: str) -> OpenVault:
        """The file without one secret. Raises ConfigError when there is none of that name."""
        self.get(name)
        tokens = {other: token for other, token in self.vault.tokens.items() if other != name}
        return replace(self, vault=replace(self.vault, tokens=tokens))

    def rekeyed(self, passphrase: Secret) -> OpenVault:
        """The same secrets under another passphrase."""
        fresh = new_vault(self.vault.path, passphrase, cost=self.vault.cost)
        for name in self.vault.tokens:
            fresh = fresh.with_secret(name, self.get(name))
        return fresh

    def save(self) -> None:
        """Write the file, whole or not at all."""
        vault = self.vault
        lines = [
            _HEAD + f"form: {FORM}",
            f"scrypt: {{n: {vault.cost}, r: {_BLOCK}, p: {_LANES}, salt: {base64.b64encode(vault.salt).decode()}}}",
            f"proof: {vault.proof}",
            "secrets:" if vault.tokens else "secrets: {}",
            *(f"  {name}: {token}" for name, token in sorted(vault.tokens.items())),
        ]
        replace_file(vault.path, ("\n".join(lines) + "\n").encode())


def read_vault(path: Path) -> Vault | None:
    """The encrypted file, None when there is none; needs no passphrase. Raises ConfigError when it is not valid."""
    if not path.exists():
        return None
    document = load_yaml(path, label=path.name)
    data = document.data if isinstance(document.data, Mapping) else {}
    if data.get("form") != FORM:
        what = f"is not an encrypted file of form {FORM}"
        raise ConfigError(what, where=path.name, fix="Take an earlier version of it, or a newer phlo.")
    try:
        return _vault_of(path, data, document)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise ConfigError("is damaged", where=path.name, fix="Take an earlier version of it.") from None


def new_vault(path: Path, passphrase: Secret, *, cost: int = COST) -> OpenVault:
    """An empty encrypted file, which is not written yet."""
    salt = os.urandom(16)
    key = _key(passphrase, salt, cost)
    return OpenVault(vault=Vault(path=path, salt=salt, cost=cost, proof=_encrypted(key, "", Secret(_PROOF))), key=key)


def open_vault(vault: Vault, passphrase: Secret) -> OpenVault:
    """Unlock an encrypted file. Raises ConfigError when the passphrase is another."""
    key = _key(passphrase, vault.salt, vault.cost)
    if _decrypted(key, vault.proof) != ("", _PROOF):
        fix = "Give the one that `phlo secrets rekey` or the first `phlo secrets set` was given."
        raise ConfigError("the passphrase is not this file's", where=vault.path.name, fix=fix)
    return OpenVault(vault=vault, key=key)


def _vault_of(path: Path, data: Mapping[str, Any], document: YamlDocument) -> Vault:
    scrypt = data["scrypt"]
    cost = scrypt["n"]
    if (scrypt["r"], scrypt["p"]) != (_BLOCK, _LANES) or cost & (cost - 1) or not 2 <= cost <= _MOST_COST:
        raise ValueError
    tokens = data["secrets"] or {}
    if not all(isinstance(token, str) and _NAME.fullmatch(name) for name, token in tokens.items()):
        raise ValueError
    salt = base64.b64decode(scrypt["salt"], validate=True)
    return Vault(path=path, salt=salt, cost=cost, proof=str(data["proof"]), tokens=tokens, document=document)


def _key(passphrase: Secret, salt: bytes, cost: int) -> Fernet:
    from cryptography.fernet import Fernet

    raw = hashlib.scrypt(
        passphrase.reveal().encode(), salt=salt, n=cost, r=_BLOCK, p=_LANES, maxmem=cost * _BLOCK * 256, dklen=32
    )
    return Fernet(base64.urlsafe_b64encode(raw))


def _encrypted(key: Fernet, name: str, text: Secret) -> str:
    return key.encrypt(json.dumps([name, text.reveal()]).encode()).decode()


def _decrypted(key: Fernet, token: str) -> tuple[str, str] | None:
    """Name and text of a token, None when the key is not the one it was made with."""
    from cryptography.fernet import InvalidToken

    try:
        name, text = json.loads(key.decrypt(token))
    except (InvalidToken, ValueError):
        return None
    return name, text
