"""Who may ask: tokens with a role, of which only a hash is kept.

A token is 256 random bits, so that a plain SHA-256 of it cannot be turned round: there is no list of likely ones to
try, which is what slow hashes are for (NIST SP 800-63B, section 5.1.2).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import get_args

from phlo.config.atomic import replace_file
from phlo_api.server.models import NewToken, Role, Token
from phlo_api.server.problems import Refusal

NAMES: tuple[Role, ...] = get_args(Role)
_LEAST_LENGTH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose token a request came with."""

    name: str
    role: Role

    @property
    def is_operator(self) -> bool:
        return self.role == "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """given: hash of the token that phlo made; hash: of the one that counts, which may be a later one."""

    name: str
    role: Role
    given: str
    hash: str
    created: float
    rotated_at: float | None = None
    last_used: float | None = None


class Tokens:
    """The tokens there are; their hashes are in a file that only this service can read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._given: Mapping[str, str] = {}
        self._entries = self._read()

    def take(self, given: Mapping[str, str]) -> None:
        """Let the tokens count that phlo has made: name -> text. One that phlo has made anew since replaces ours."""
        if given == self._given:
            return
        with self._lock:
            self._given = dict(given)
            self._entries = self._merged(self._entries, given)
            self._write()

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
            return Identity(name=found.name, role=found.role)

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
            self._entries[name] = replace(entry, hash=_hash(text), rotated_at=time.time(), last_used=None)
            self._write()
        return NewToken(name=name, role=entry.role, token=text)

    def save(self) -> None:
        """Keep what has changed since: when each was last used."""
        with self._lock:
            self._write()

    def _merged(self, kept: Mapping[str, _Entry], given: Mapping[str, str]) -> dict[str, _Entry]:
        found = {}
        for name in NAMES:
            text = given.get(name, "")
            if len(text) < _LEAST_LENGTH:
                continue
            digest, before = _hash(text), kept.get(name)
            is_same = before is not None and before.given == digest
            fresh = _Entry(name=name, role=name, given=digest, hash=digest, created=time.time())
            found[name] = before if is_same and before else fresh
        return found

    def _read(self) -> dict[str, _Entry]:
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            return {name: _Entry(**entry) for name, entry in data.items()}
        except (OSError, ValueError, TypeError):
            return {}  # none yet, or not ours: the tokens that phlo made count

    def _write(self) -> None:
        data = {name: asdict(entry) for name, entry in self._entries.items()}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self._path, json.dumps(data, indent=1).encode())
        os.chmod(self._path, 0o600)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
