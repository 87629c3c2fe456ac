"""Ask a web service something, from the host, with its curl."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

from phlo.bounded import last_lines, parse_json
from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.operations.command_result import LINES_SHOWN, TaskFailedError
from phlo.operations.curl import Answer, Request, send
from phlo.operations.fields import AnyMode, injected, positional
from phlo.operations.file_attributes import Attributes, parse_mode
from phlo.operations.host_program import ask
from phlo.operations.host_put import Wanted, put, put_changes, see
from phlo.operations.location import Location, host_location
from phlo.values import Change, Secret, reveal, reveal_all

IS_FOR_HOSTS = True
_READING = ("GET", "HEAD", "OPTIONS")
_TYPES = {"json": "application/json", "form-urlencoded": "application/x-www-form-urlencoded"}
_EXISTS = '[ ! -e "$1" ] || echo there'


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """url: the address, http or https.
    method: GET, HEAD and OPTIONS only read: check mode sends them, too.
    body: what is sent.
    body_format: how a body that is no text is written: raw, json or form-urlencoded.
    headers: further headers.
    status_code: the status codes that are well.
    return_content: keep the content of the answer in any case, not only after an error.
    dest: a file, or a folder, of the host for the content.
    timeout: how many seconds the answer may take.
    url_username: the name to sign in with; `user` is the same.
    url_password: the password to sign in with; `password` is the same.
    force_basic_auth: without effect: name and password are sent with the first request.
    follow_redirects: safe follows those of GET and HEAD, all every one, none none.
    creates: a path; when it is there, nothing is sent.
    removes: a path; when it is not there, nothing is sent.
    validate_certs: check the certificate.
    ca_path: a file with the certificates of authorities.
    client_cert: a file with the client's certificate.
    client_key: a file with its key.
    http_agent: the name that the client gives itself.
    use_proxy: false uses no proxy.
    unix_socket: a socket instead of the host of the address.
    mode: the mode of dest.
    owner: its owner.
    group: its group.
    """

    url: str | Secret = positional()
    method: str = "GET"
    body: Any = None
    body_format: Literal["raw", "json", "form-urlencoded"] = "raw"
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    status_code: tuple[int, ...] = (200,)
    return_content: bool = False
    dest: str | None = None
    timeout: int = 30
    url_username: str | None = None
    url_password: str | Secret | None = None
    force_basic_auth: bool = False
    follow_redirects: Literal["safe", "all", "yes", "none", "no", "true", "false", "urllib2"] = "safe"
    creates: str | None = None
    removes: str | None = None
    validate_certs: bool = True
    ca_path: str = ""
    client_cert: str = ""
    client_key: str = ""
    http_agent: str = "ansible-httpget"
    use_proxy: bool = True
    unix_socket: str = ""
    mode: AnyMode | None = None
    owner: str | None = None
    group: str | None = None
    root: Path = injected("root")

    def __post_init__(self) -> None:
        if urlsplit(reveal(self.url)).scheme not in ("http", "https"):
            raise ValueError("url should begin with http:// or https://")

    @property
    def is_reading(self) -> bool:
        return self.method.upper() in _READING and self.dest is None

    def request(self) -> Request:
        """What curl sends."""
        method = self.method.upper()
        follows = self.follow_redirects in ("all", "yes", "true") or (
            self.follow_redirects in ("safe", "urllib2") and method in ("GET", "HEAD")
        )
        kind = _TYPES.get(self.body_format)
        has_kind = any(name.lower() == "content-type" for name in self.headers)
        given = {"Content-Type": kind} if kind and self.body is not None and not has_kind else {}
        user = None if self.url_username is None else (self.url_username, self.url_password or "")
        return Request(
            url=self.url,
            method=method,
            headers={**given, **self.headers},
            body=None if self.body is None else encoded(self.body, self.body_format),
            user=user,
            timeout_seconds=self.timeout,
            follows=follows,
            is_verified=self.validate_certs,
            uses_proxy=self.use_proxy,
            agent=self.http_agent,
            unix_socket=self.unix_socket,
            ca_path=self.ca_path,
            client_cert=self.client_cert,
            client_key=self.client_key,
        )


def encoded(body: Any, body_format: str) -> str:
    """The body as it is sent; a text as it is."""
    value = reveal_all(body)
    if body_format == "form-urlencoded" and not isinstance(value, str):
        return urlencode(value, doseq=True, quote_via=quote)
    if isinstance(value, str):
        return value
    return json.dumps(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """answer: to a request that only reads. done: why nothing is sent, "" when it is."""

    answer: Answer | None = None
    done: str = ""


def observe(args: Args, host: ReadHost) -> Seen:
    """Send a request that only reads."""
    location = host_location(host, args.root)
    if args.creates is not None and ask(location, _EXISTS, args.creates):
        return Seen(done=f"skipped, since '{args.creates}' exists")
    if args.removes is not None and not ask(location, _EXISTS, args.removes):
        return Seen(done=f"skipped, since '{args.removes}' does not exist")
    return Seen(answer=_checked(args, send(location, args.request()), location)) if args.is_reading else Seen()


def decide(args: Args, seen: Seen) -> list[Change]:
    if seen.answer is not None or seen.done:
        return []
    # As in Ansible, a request is no change, whatever it does; a file is.
    return [
        Change(at=f"request:{args.method.upper()} {args.url}", verb="send", causes=("asked for",), is_counted=False)
    ]


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """The answer."""
    if seen.answer is None:
        return {"stdout": seen.done, "msg": seen.done} if seen.done else {}
    return answer_facts(args, seen.answer)


def answer_facts(args: Args, answer: Answer, *, has_content: bool = False) -> dict[str, Any]:
    """What `register` keeps of an answer: its headers with `_` in their names, and `json` when it is that."""
    text = answer.content.decode(errors="replace")
    found: dict[str, Any] = {name.replace("-", "_"): value for name, value in answer.headers.items()}
    is_well = answer.status < 400
    size = answer.headers.get("content-length", "unknown")
    found |= {"status": answer.status, "url": answer.url, "redirected": answer.is_redirected, "elapsed": 0}
    found["msg"] = f"OK ({size} bytes)" if is_well else f"HTTP Error {answer.status}: {answer.reason}"
    if args.return_content or has_content:
        found["content"] = text
    if "json" in answer.headers.get("content-type", ""):
        try:
            found["json"] = parse_json(text)
        except ValueError:
            return found
    return found


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Send the request, and write the content where a file is wanted."""
    location = host_location(host, args.root)
    answer = _checked(args, send(location, args.request()), location)
    found = answer_facts(args, answer)
    if args.dest is None:
        return {**found, "changed": False}
    path = file_in(location, args.dest, answer.url)
    attributes = Attributes(owner=args.owner, group=args.group, mode=parse_mode(args.mode))
    wanted = see(location, Wanted(path=path, content=answer.content, attributes=attributes))
    changes = put_changes(wanted)
    if changes:
        found |= put(location, wanted)
    return {**found, "path": path, "changed": bool(changes), "changes": changes}


def file_in(location: Location, dest: str, url: str) -> str:
    """The file that a content goes to: in a folder it has the last name of the address."""
    if not dest.endswith("/") and not ask(location, '[ ! -d "$1" ] || echo folder', dest):
        return dest
    return posixpath.join(dest, posixpath.basename(urlsplit(url).path) or "index.html")


def _checked(args: Args, answer: Answer, location: Location) -> Answer:
    if answer.status in args.status_code:
        return answer
    wanted = f"Status code was {answer.status} and not {list(args.status_code)}"
    lines = last_lines(answer.content[:4096].decode(errors="replace"), LINES_SHOWN)
    facts = answer_facts(args, answer, has_content=True)
    where = f"{location.name} {args.method.upper()} {args.url}"
    what = f"answered {answer.status}, not {' or '.join(map(str, args.status_code))}"
    raise TaskFailedError(what, where=where, detail=lines, facts={**facts, "msg": f"{wanted}: {facts['msg']}"})
