"""The MAC of a backup's manifest: it shows that a holder of the project's key wrote the archive.

The manifest has the checksum of every file, so that its MAC covers the whole archive.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

from phlo.errors import ConfigError

MAC = "manifest.hmac"
MOST_MAC_BYTES = 256
_FORM = re.compile(rb"([0-9a-f]{16}):([0-9a-f]{64})\n?")
_KNOWN_SOURCE = "Add --unverified if you know who wrote the archive."


def key_id(key: bytes) -> str:
    """The name of a key: 16 digits of its SHA-256."""
    return hashlib.sha256(b"phlo backup key\0" + key).hexdigest()[:16]


def mac_of(manifest: bytes, key: bytes) -> bytes:
    """The text `KEYID:HEX` with the HMAC-SHA256 of a manifest (RFC 2104)."""
    return f"{key_id(key)}:{_digest(manifest, key)}\n".encode()


def _digest(manifest: bytes, key: bytes) -> str:
    return hmac.new(key, b"phlo backup manifest\0" + manifest, hashlib.sha256).hexdigest()


def why_unverified(manifest: bytes, mac: bytes | None, keys: Iterable[bytes], *, where: object) -> ConfigError | None:
    """Check the MAC of a manifest. None: it is right; otherwise the error that says why it cannot be checked.

    mac: None when the archive has none. keys: those that the project has.
    Raises ConfigError when the MAC is wrong, which no option accepts: the archive was changed.
    """
    if mac is None:
        what = "has no MAC: an older phlo wrote it, or another program"
        return ConfigError(what, where=where, fix=_KNOWN_SOURCE)
    form = _FORM.fullmatch(mac)
    if form is None:
        raise _changed(where)
    name, digest = (part.decode() for part in form.groups())
    key = next((one for one in keys if key_id(one) == name), None)
    if key is None:
        what = f"cannot be verified: its MAC has the key {name}, which .phlo/backup-key does not hold"
        fix = f"Copy .phlo/backup-key from the project that made the archive. {_KNOWN_SOURCE}"
        return ConfigError(what, where=where, fix=fix)
    if not hmac.compare_digest(_digest(manifest, key), digest):
        raise _changed(where)
    return None


def _changed(where: object) -> ConfigError:
    what = "was changed after it was written: its MAC does not fit its manifest"
    fix = "Nothing was restored. Take another copy of it; --unverified does not accept this one either."
    return ConfigError(what, where=where, fix=fix)
