"""Who may ask: tokens with a role, of which only a hash is kept.

A token is 256 random bits, so that a plain SHA-256 of it cannot be turned round: there is no list of likely ones to
try, which is what slow hashes are for (NIST SP 800-63B, section 5.1.2).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import get_args

from pydantic import TypeAdapter

from phlo.config.atomic import replace_file
from phlo_api.server.bounded import last_bytes
from phlo_api.server.models import NewToken, Role, Token
from phlo_api.server.problems import Refusal
from phlo_api.server.settings import TOKEN_VARIABLES

NAMES: tuple[Role, ...] = get_args(Role)
_LEAST_LENGTH = 20
_MOST_BYTES = 100_000
_log = logging.getLogger("phlo_api.tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose token a request came with. digest: hash of the token, by which a later look finds it revoked."""

    name: str
    role: Role
    digest: str = field(default="", repr=False)

    @property
    def is_operator(self) -> bool:
        return self.role == "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """given: hash of the token that phlo made. hash: of the one that is valid, which may be a later one.

    An empty hash is that of no token: nobody can use the entry until phlo makes another token.
    """

    name: str
    role: Role
    given: str
    hash: str
    created: float
    rotated_at: float | None = None
    last_used: float | None = None


class Tokens:
    """The tokens there are; their hashes are in a file that only this service can read.

    A damaged file may have held the hash of a token that replaced phlo's own, which then must not become valid again:
    no token is valid until phlo makes another one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._given: Mapping[str, str] = {}
        self.is_damaged = False
        self._entries = self._read()

    def take(self, given: Mapping[str, str]) -> None:
        """Make the tokens valid that phlo has made: name -> text. A newer one of phlo's replaces ours."""
        with self._lock:
            if given == self._given:
                return
            self._given = dict(given)
            self._entries = self._merged(self._entries, given)
            try:
                self._write()
            except OSError as reason:  # nothing is lost: phlo has these tokens
                _log.error("%s cannot be written (%s)", self._path, reason.strerror)

    def identify(self, text: str) -> Identity | None:
        """Whose token it is; None when it is nobody's. Every token is compared, in a time that tells nothing."""
        digest = _hash(text)
        with self._lock:
            found = None
            for entry in self._entries.values():
                if hmac.compare_digest(entry.hash, digest):
                    found = entry
            if found is None:
                return None
            self._entries[found.name] = replace(found, last_used=time.time())
            return Identity(name=found.name, role=found.role, digest=digest)

    def is_known(self, text: str) -> bool:
        """Whether a text is a token that is valid now."""
        digest = _hash(text)
        with self._lock:
            return any(hmac.compare_digest(entry.hash, digest) for entry in self._entries.values())

    def is_valid(self, who: Identity) -> bool:
        """Whether the token that somebody came with is still valid."""
        with self._lock:
            entry = self._entries.get(who.name)
            return entry is not None and hmac.compare_digest(entry.hash, who.digest)

    def all(self) -> list[Token]:
        with self._lock:
            return [
                Token(
                    name=one.name,
                    role=one.role,
                    created=one.created,
                    rotated_at=one.rotated_at,
                    last_used=one.last_used,
                )
                for one in self._entries.values()
            ]

    def rotate(self, name: str) -> NewToken:
        """Make a token anew; the old one is worth nothing from now on."""
        text = secrets.token_urlsafe(32)
        with self._lock:
            entry = self._entries.get(name)
            if entry is None:
                known = ", ".join(self._entries)
                raise Refusal(404, f'there is no token "{name}"', fix=f"Known: {known}.")
            before = dict(self._entries)
            self._entries[name] = replace(entry, hash=_hash(text), rotated_at=time.time(), last_used=None)
            try:
                self._write()
            except OSError as reason:
                self._entries = before
                what = f"the new token cannot be kept ({reason.strerror}); the old one is still valid"
                raise Refusal(503, what, fix="See `phlo doctor`: the disk may be full.") from None
        return NewToken(name=name, role=entry.role, token=text)

    def save(self) -> None:
        """Keep what has changed since: when each was last used."""
        with self._lock, suppress(OSError):
            self._write()

    def _merged(self, kept: Mapping[str, _Entry], given: Mapping[str, str]) -> dict[str, _Entry]:
        found: dict[str, _Entry] = {}
        for name in NAMES:
            text = given.get(name, "")
            if len(text) < _LEAST_LENGTH:
                continue
            digest, before = _hash(text), kept.get(name)
            if before is not None and before.given == digest:
                found[name] = before
                continue
            is_locked = self.is_damaged and before is None
            found[name] = _Entry(
                name=name, role=name, given=digest, hash="" if is_locked else digest, created=time.time()
            )
        return found

    def _read(self) -> dict[str, _Entry]:
        try:
            data, is_cut = last_bytes(self._path, _MOST_BYTES)
        except FileNotFoundError:
            return {}  # the first start
        except OSError as reason:
            return self._damaged(reason.strerror or "cannot be read")
        try:
            if is_cut:
                raise ValueError("it is too large")
            found = _FILE.validate_json(data)
        except ValueError:
            return self._damaged("it is not what phlo-api has written")
        return {name: entry for name, entry in found.items() if name in NAMES and entry.name == entry.role == name}

    def _damaged(self, why: str) -> dict[str, _Entry]:
        self.is_damaged = True
        fix = f"Make new tokens: `phlo secrets rotate {' '.join(TOKEN_VARIABLES.values())}`, then `phlo up`."
        _log.error("%s is damaged (%s): no token is valid. %s", self._path, why, fix)
        return {}

    def _write(self) -> None:
        """Raises OSError."""
        data = {name: asdict(entry) for name, entry in self._entries.items()}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self._path, json.dumps(data, indent=1).encode(), mode=0o600)


_FILE = TypeAdapter(dict[str, _Entry])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
