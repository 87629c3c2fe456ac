"""Signed requests: AWS Signature Version 4, in the headers, for one payload that is sent whole.

Source: Amazon S3 API reference, "Authenticating Requests: Using the Authorization Header".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import IO
from urllib.parse import quote, urlsplit

from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.values import Text, reveal

EMPTY = hashlib.sha256(b"").hexdigest()
_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """An object store as its clients know it. endpoint: `http://HOST:PORT`, as inside the project's network."""

    endpoint: str
    access_key: Text
    secret_key: Text
    region: str = "us-east-1"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port. Raises OperationError for another scheme than http, and for an address without a host."""
        parts = urlsplit(self.endpoint)
        if parts.scheme != "http" or not parts.hostname:
            fix = "Write http://HOST:PORT, as the store is called on the project's network."
            raise OperationError("is not an address that a container reaches", where=self.endpoint, fix=fix)
        return parts.hostname, parts.port or 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """path: of the bucket or object, not encoded. digest: of its payload, SHA-256 in hexadecimal."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    digest: str = EMPTY

    @property
    def target(self) -> str:
        """Path and query as they are sent."""
        return _path(self.path) + (f"?{_query(self.query)}" if self.query else "")


def signed(request: Request, store: Store, now: datetime) -> dict[str, str]:
    """All headers of a request, `Authorization` among them. now: in UTC."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{store.region}/s3/aws4_request"
    headers = {
        **{name.lower(): text for name, text in request.headers.items()},
        "host": urlsplit(store.endpoint).netloc,
        "x-amz-content-sha256": request.digest,
        "x-amz-date": stamp,
    }
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        [
            request.method,
            _path(request.path),
            _query(request.query),
            *(f"{name}:{' '.join(headers[name].split())}" for name in sorted(headers)),
            "",
            names,
            request.digest,
        ]
    )
    to_sign = "\n".join([_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.digest(_key(store, stamp[:8]), to_sign.encode(), "sha256").hex()
    credential = f"{reveal(store.access_key)}/{scope}"
    headers["authorization"] = f"{_ALGORITHM} Credential={credential},SignedHeaders={names},Signature={signature}"
    return headers


def digest_of(stream: IO[bytes] | None) -> str:
    """SHA-256 of what is left of a stream, which is rewound to where it was."""
    if stream is None:
        return EMPTY
    start = stream.tell()
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    stream.seek(start)
    return digest


def _key(store: Store, day: str) -> bytes:
    key = f"AWS4{reveal(store.secret_key)}".encode()
    for part in (day, store.region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _path(path: str) -> str:
    return quote(path, safe="/-_.~")


def _query(query: Mapping[str, str]) -> str:
    return "&".join(f"{quote(name, safe='-_.~')}={quote(text, safe='-_.~')}" for name, text in sorted(query.items()))
