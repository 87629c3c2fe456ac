"""The format of Ansible Vault, 1.1 and 1.2: AES-256 in counter mode, authenticated by HMAC-SHA256.

    $ANSIBLE_VAULT;1.2;AES256;prod
    6361...        the hexadecimal form of three lines: salt, HMAC and ciphertext, each hexadecimal itself

Source: Ansible's documentation, "Format of files encrypted with Ansible Vault".
"""

from __future__ import annotations

import binascii
from typing import NamedTuple

HEADER = "$ANSIBLE_VAULT"
_CIPHER = "AES256"
_VERSIONS = ("1.1", "1.2")
_ITERATIONS = 10_000
_KEY_BYTES = 32
_BLOCK_BYTES = 16


class DamagedError(Exception):
    """A text is not what Ansible Vault writes."""


class Envelope(NamedTuple):
    """What an encrypted text consists of. label: its vault id, "" when it has none."""

    label: str
    salt: bytes
    digest: bytes
    ciphertext: bytes


def is_encrypted(text: str) -> bool:
    """Whether a file's text, or a value, begins as Ansible Vault writes it."""
    return text.startswith(HEADER)


def read_envelope(text: str) -> Envelope:
    """The parts of an encrypted text. Raises DamagedError."""
    header, *lines = text.strip().splitlines() or [""]
    words = [word.strip() for word in header.split(";")]
    if words[0] != HEADER:
        raise DamagedError(f"it does not begin with {HEADER}")
    if len(words) < 3 or words[1] not in _VERSIONS or words[2] != _CIPHER:
        raise DamagedError(f"its first line is not {HEADER};1.1;{_CIPHER} or {HEADER};1.2;{_CIPHER};LABEL")
    try:
        parts = binascii.unhexlify("".join(line.strip() for line in lines)).split(b"\n", 2)
        salt, digest, ciphertext = map(binascii.unhexlify, parts)
    except ValueError:
        raise DamagedError("a part of it is missing, or was changed") from None
    return Envelope(label=words[3] if len(words) > 3 else "", salt=salt, digest=digest, ciphertext=ciphertext)


def opened(envelope: Envelope, password: bytes) -> bytes | None:
    """The content; None when the password does not fit, or the ciphertext was changed."""
    import hashlib
    import hmac

    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    length = 2 * _KEY_BYTES + _BLOCK_BYTES
    derived = hashlib.pbkdf2_hmac("sha256", password, envelope.salt, _ITERATIONS, length)
    key, hmac_key, counter = derived[:_KEY_BYTES], derived[_KEY_BYTES : 2 * _KEY_BYTES], derived[2 * _KEY_BYTES :]
    if not hmac.compare_digest(hmac.digest(hmac_key, envelope.ciphertext, "sha256"), envelope.digest):
        return None
    decryptor = Cipher(algorithms.AES(key), modes.CTR(counter)).decryptor()
    padded = decryptor.update(envelope.ciphertext) + decryptor.finalize()
    return padded[: -padded[-1]] if padded else b""
