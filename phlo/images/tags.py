"""The tags that a registry has of an image, and which of them is a newer version.

Source: OCI Distribution Specification, "Listing Tags"; Docker's token authentication for registries.
"""

from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from email.message import Message
from http.client import HTTPException
from typing import NamedTuple

from phlo.bounded import MIB, parse_json, read_stream
from phlo.errors import OperationError
from phlo.image_source import ImageRegistry
from phlo.images.pull import Reference, credentials

_DEFAULT_SERVER = "registry-1.docker.io"
_SECONDS = 10.0
_MOST_PAGES = 50
_MOST_BYTES = 8 * MIB
_VERSION = re.compile(r"(v?)(\d+(?:\.\d+)*)(.*)")
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_NEXT = re.compile(r'<([^>]+)>;\s*rel="?next"?')
_LOCAL = re.compile(r"(localhost|127(\.\d+){3}|\[::1\])(:\d+)?")


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


def newest_tag(tag: str, known: Iterable[str]) -> str | None:
    """The newest of the tags that are versions of the same form as `tag`, when it is newer; else None.

    The same form: as many numbers, and the same text before and after them, so that `17.4-alpine` is followed by
    `17.10-alpine` and not by `18`, `17.10` or `17.10-alpine3.20`.
    """
    current = _version(tag)
    if current is None:
        return None
    newer = {found.numbers: name for name in known if (found := _version(name)) and found.form == current.form}
    best = max(newer, default=current.numbers)
    return newer[best] if best > current.numbers else None


def list_tags(reference: str, registries: Sequence[ImageRegistry] = ()) -> list[str]:
    """All tags of an image's repository. registries: those of the project, with their logins.

    Raises OperationError when the registry does not answer or refuses.
    """
    parts = Reference.parse(reference)
    server, repository = parts.registry or _DEFAULT_SERVER, parts.repository
    if server in (_DEFAULT_SERVER, "docker.io"):
        server, repository = _DEFAULT_SERVER, repository if "/" in repository else f"library/{repository}"
    login = _login(reference, registries)
    # As an engine does, a registry on this machine is also asked without TLS.
    schemes = ("https", "http") if _LOCAL.fullmatch(server) else ("https",)
    reasons = []
    for scheme in schemes:
        try:
            return _pages(f"{scheme}://{server}", f"/v2/{repository}/tags/list", repository, login)
        except (OSError, HTTPException, ValueError) as reason:
            reasons.append(str(getattr(reason, "reason", None) or reason))
    raise OperationError(
        f"the tags of {parts.name} cannot be listed ({reasons[0]})",
        where=server,
        fix="Check the network, the registry's certificate, and the login under `registries` or of `docker login`.",
    )


class _Version(NamedTuple):
    numbers: tuple[int, ...]
    form: tuple[str, int, str]


def _version(tag: str) -> _Version | None:
    found = _VERSION.fullmatch(tag)
    if found is None:
        return None
    numbers = tuple(int(number) for number in found[2].split("."))
    return _Version(numbers, (found[1], len(numbers), found[3]))


def _pages(server: str, path: str, repository: str, login: str) -> list[str]:
    tags: list[str] = []
    authorization = ""
    for _ in range(_MOST_PAGES):
        answer = _get(server + path, authorization)
        if answer.status == 401 and not authorization:
            authorization = _authorization(answer.headers.get("www-authenticate", ""), repository, login)
            answer = _get(server + path, authorization)
        if answer.status == 404:
            return tags
        if answer.status != 200:
            raise ValueError(f"status {answer.status}")
        tags += map(str, parse_json(answer.body).get("tags") or ())
        following = _NEXT.search(answer.headers.get("link", ""))
        if following is None:
            return tags
        target = urllib.parse.urlsplit(urllib.parse.urljoin(server + path, following[1]))
        path = f"{target.path}?{target.query}"
    return tags


def _authorization(challenge: str, repository: str, login: str) -> str:
    """The header that answers a registry's challenge."""
    kind, _, rest = challenge.partition(" ")
    given = dict(_CHALLENGE.findall(rest))
    basic = f"Basic {login}" if login else ""
    if kind.lower() != "bearer" or not given.get("realm", "").startswith(("https://", "http://")):
        return basic
    query = {"service": given.get("service", ""), "scope": f"repository:{repository}:pull"}
    answer = _get(f"{given['realm']}?{urllib.parse.urlencode(query)}", basic)
    if answer.status != 200:
        raise ValueError(f"no token: status {answer.status}")
    token = parse_json(answer.body)
    return f"Bearer {token.get('token') or token.get('access_token')}"


def _get(url: str, authorization: str) -> _Answer:
    headers = {"Authorization": authorization} if authorization else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  http and https only
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
            return _Answer(response.status, _lowered(response.headers), read_stream(response, _MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return _Answer(error.code, _lowered(error.headers), b"")


def _lowered(headers: Message) -> dict[str, str]:
    return {name.lower(): text for name, text in headers.items()}


def _login(reference: str, registries: Sequence[ImageRegistry]) -> str:
    """`USER:PASSWORD` in base64, "" for none."""
    header = credentials(reference, registries).get("X-Registry-Auth")
    if not header:
        return ""
    found = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    user, password = found.get("username") or found.get("Username"), found.get("password") or found.get("Password")
    return base64.b64encode(f"{user}:{password}".encode()).decode() if user and password else ""
