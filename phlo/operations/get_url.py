"""Bring a file from a web server to the host, with its curl or wget."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from phlo.errors import OperationError
from phlo.frozen import dataclass, field, replace
from phlo.hosts.host import Host, ReadHost
from phlo.operations.command_result import TaskFailedError
from phlo.operations.curl import Request, send
from phlo.operations.fields import AnyMode, injected
from phlo.operations.file_attributes import Attributes, parse_mode
from phlo.operations.host_file import Entry, look
from phlo.operations.host_program import ask
from phlo.operations.host_put import Wanted, own, put, put_changes, see
from phlo.operations.location import Location, host_location
from phlo.operations.suffix import backup_suffix
from phlo.operations.uri import file_in
from phlo.values import Change, Secret, reveal

IS_FOR_HOSTS = True
_ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """url: the address, http or https.
    dest: the file of the host, or the folder that it goes into.
    checksum: ALGORITHM:DIGEST, or ALGORITHM:ADDRESS of a list of digests; a file that has it is not downloaded again.
    force: download an existing file, too; it changes only where its content is another.
    headers: further headers.
    timeout: how many seconds it may take.
    url_username: the name to sign in with; `username` is the same.
    url_password: the password to sign in with; `password` is the same.
    force_basic_auth: without effect: name and password are sent with the first request.
    validate_certs: check the certificate.
    http_agent: the name that the client gives itself.
    use_proxy: false uses no proxy.
    client_cert: a file with the client's certificate.
    client_key: a file with its key.
    backup: keep a copy of the file before.
    tmp_dest: the folder that the file is downloaded to first.
    mode: the mode.
    owner: the owner.
    group: the group.
    """

    url: str | Secret
    dest: str
    checksum: str = ""
    force: bool = False
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    timeout: int = 10
    url_username: str | None = None
    url_password: str | Secret | None = None
    force_basic_auth: bool = False
    validate_certs: bool = True
    http_agent: str = "ansible-httpget"
    use_proxy: bool = True
    client_cert: str = ""
    client_key: str = ""
    backup: bool = False
    tmp_dest: str = ""
    mode: AnyMode | None = None
    owner: str | None = None
    group: str | None = None
    root: Path = injected("root")
    clock: Callable[[], float] = injected("clock")

    def __post_init__(self) -> None:
        if urlsplit(reveal(self.url)).scheme not in ("http", "https"):
            raise ValueError("url should begin with http:// or https://")
        algorithm, _, digest = self.checksum.partition(":")
        if self.checksum and (algorithm not in _ALGORITHMS or not digest.strip()):
            raise ValueError(f"checksum should be ALGORITHM:DIGEST, with one of {', '.join(_ALGORITHMS)}")

    @property
    def algorithm(self) -> str:
        """The algorithm of the checksum."""
        return self.checksum.partition(":")[0] or "sha1"

    @property
    def attributes(self) -> Attributes:
        return Attributes(owner=self.owner, group=self.group, mode=parse_mode(self.mode))

    def request(self, url: str | Secret) -> Request:
        """What curl sends."""
        user = None if self.url_username is None else (self.url_username, self.url_password or "")
        return Request(
            url=url,
            headers=self.headers,
            user=user,
            timeout_seconds=self.timeout,
            is_verified=self.validate_certs,
            uses_proxy=self.use_proxy,
            agent=self.http_agent,
            client_cert=self.client_cert,
            client_key=self.client_key,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """path: the file. there: as it is. digest: the one that is wanted, "" for none."""

    path: str
    there: Entry | None
    digest: str = ""

    def is_wanted(self, args: Args) -> bool:
        """Whether the file has to be downloaded, or may have to be."""
        if self.there is None or args.force:
            return not (self.digest and self.there and self.there.digest == self.digest)
        return bool(self.digest) and self.there.digest != self.digest


def observe(args: Args, host: ReadHost) -> Seen:
    """Look at the file, and at a list of digests where one is named."""
    location = host_location(host, args.root)
    path = file_in(location, args.dest, reveal(args.url))
    there = look(location, path, follow=True, reads=True, digest=f"{args.algorithm}sum", most_bytes=0)
    return Seen(path=path, there=there, digest=_digest(args, location))


def _digest(args: Args, location: Location) -> str:
    digest = args.checksum.partition(":")[2].strip()
    if urlsplit(digest).scheme not in ("http", "https"):
        return digest.lower()
    answer = send(location, args.request(digest))
    name = urlsplit(reveal(args.url)).path.rpartition("/")[2]
    found = digest_in(answer.content.decode(errors="replace"), name) if answer.status == 200 else None
    if found is None:
        what = f"{digest} has no digest of {name}" if answer.status == 200 else f"{digest} answered {answer.status}"
        raise OperationError(what, where=location.name)
    return found


def digest_in(text: str, name: str) -> str | None:
    """The digest of a file in a list of digests, or the only one of a list without names."""
    rows = [line.split() for line in text.splitlines() if line.strip()]
    for row in rows:
        if len(row) > 1 and re.sub(r"^(\*|\./)+", "", row[-1]).rpartition("/")[2] == name:
            return row[0].lower()
    return rows[0][0].lower() if len(rows) == 1 and len(rows[0]) == 1 else None


def decide(args: Args, seen: Seen) -> list[Change]:
    at = f"file:{seen.path}"
    if seen.there is None:
        return [Change(at=at, verb="create", causes=("not found",))]
    if seen.is_wanted(args):
        if args.force and not seen.digest:
            return [Change(at=at, verb="update", causes=("force: it may be another",), is_counted=False)]
        return [Change(at=at, verb="update", causes=("its checksum is another",))]
    causes = tuple(seen.there.causes(args.attributes))
    return [Change(at=at, verb="update", causes=causes)] if causes else []


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps when nothing changes."""
    there = seen.there.facts() if seen.there else {}
    return {"dest": seen.path, "url": str(args.url), "elapsed": 0, "msg": "file already exists", **there}


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Download the file next to its place, check it, and put it there; or only change its attributes."""
    location = host_location(host, args.root)
    if seen.there is not None and not seen.is_wanted(args):
        own(location, seen.path, args.attributes, seen.there, follow=True)
        return facts(args, replace(seen, there=look(location, seen.path, follow=True)))
    temporary = ask(location, 'mktemp "${1:-${TMPDIR:-/tmp}}/phlo.XXXXXXXX"', args.tmp_dest).strip()
    try:
        return _downloaded(change, args, seen, location, temporary)
    finally:
        ask(location, 'rm -f -- "$1"', temporary)


def _downloaded(change: Change, args: Args, seen: Seen, location: Location, temporary: str) -> dict[str, Any]:
    answer = send(location, args.request(args.url), body_to=temporary)
    about = {"url": str(args.url), "status_code": answer.status, "dest": seen.path, "elapsed": 0}
    if answer.status != 200:
        what = f"{args.url} answered {answer.status} {answer.reason}".rstrip()
        raise TaskFailedError(
            what, where=location.name, facts={**about, "msg": "Request failed", "response": answer.reason}
        )
    found = look(location, temporary, reads=True, digest=f"{args.algorithm}sum", most_bytes=0)
    digest = found.digest if found else ""
    if seen.digest and digest != seen.digest:
        fix = "Check the address and the checksum."
        raise OperationError(f"{args.url} has the checksum {digest}, not {seen.digest}", where=location.name, fix=fix)
    backup = backup_suffix(args.clock()) if args.backup else ""
    wanted = Wanted(path=seen.path, source=temporary, attributes=args.attributes, backup=backup, follow=True)
    state = see(location, wanted)
    changes = put_changes(state)
    made = put(location, state) if changes else {}
    size = found.size if found else 0
    told = {**about, **made, "msg": f"OK ({size} bytes)", "size": size, "checksum_src": state.digest}
    return {**told, "changed": bool(changes), "changes": [change] if changes else []}
