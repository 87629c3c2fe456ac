"""Ask a web service something, from the control machine."""

from __future__ import annotations

import ipaddress
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from phlo.bounded import MIB, TooLargeError, last_lines, parse_json, read_stream
from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.operations.command_result import TaskFailedError
from phlo.operations.fields import positional
from phlo.values import Change, Secret, reveal, reveal_all

MOST_CONTENT_BYTES = 16 * MIB
_MOST_SHOWN_BYTES = 4096
_READING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """url: the address, http or https.
    method: GET, HEAD and OPTIONS only read: they are never a change, and check mode sends them, too.
    headers: further headers.
    body: what is sent; a mapping or list as JSON.
    status_code: the status codes that are well.
    timeout_seconds: how long the answer may take.
    """

    url: str | Secret = positional()
    method: str = "GET"
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    body: Any = None
    status_code: tuple[int, ...] = (200,)
    timeout_seconds: float = 30.0

    def __post_init__(self) -> None:
        if urlsplit(reveal(self.url)).scheme not in ("http", "https"):
            raise ValueError("url should begin with http:// or https://")

    @property
    def is_reading(self) -> bool:
        return self.method.upper() in _READING


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the service said."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def facts(self) -> dict[str, Any]:
        """What `register` keeps: status, headers, content, and json when it is that."""
        text = self.content.decode(errors="replace")
        found: dict[str, Any] = {"status": self.status, "headers": dict(self.headers), "content": text}
        try:
            found["json"] = parse_json(text)
        except ValueError:
            return found
        return found


def observe(args: Args, host: ReadHost) -> Answer | None:
    """The answer to a request that only reads; None for the others, which are not sent yet."""
    return _sent(args) if args.is_reading else None


def decide(args: Args, seen: Answer | None) -> list[Change]:
    if seen is not None:
        return []
    return [Change(at=f"request:{args.method.upper()} {args.url}", verb="send", causes=("asked for",))]


def facts(args: Args, seen: Answer | None) -> dict[str, Any]:
    """The answer."""
    return {} if seen is None else seen.facts()


def apply(change: Change, args: Args, seen: Answer | None, host: Host) -> dict[str, Any]:
    """Send the request; another status than those asked for is an error."""
    return _sent(args).facts()


def _sent(args: Args) -> Answer:
    url, where = reveal(args.url), f"{args.method.upper()} {args.url}"
    headers = {name: reveal(text) for name, text in args.headers.items()}
    data = None
    if args.body is not None:
        body = reveal_all(args.body)
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        if not isinstance(body, str):
            headers.setdefault("Content-Type", "application/json")
    request = urllib.request.Request(url, data=data, headers=headers, method=args.method.upper())  # noqa: S310  checked
    try:
        with _answered(request, args.timeout_seconds) as answer:
            content = read_stream(answer, MOST_CONTENT_BYTES)
            found = Answer(status=answer.status, headers=dict(answer.headers), content=content)
    except TooLargeError as reason:
        raise OperationError(f"its answer cannot be read: {reason}", where=where) from None
    except (OSError, ValueError) as reason:
        what = getattr(reason, "reason", None) or reason
        raise OperationError(f"no answer ({what})", where=where) from None
    if found.status not in args.status_code:
        wanted = " or ".join(map(str, args.status_code))
        lines = last_lines(found.content[:_MOST_SHOWN_BYTES].decode(errors="replace"), 10)
        what = f"answered {found.status}, not {wanted}"
        raise TaskFailedError(what, where=where, detail=lines, facts=found.facts())
    return found


def _answered(request: urllib.request.Request, timeout_seconds: float) -> Any:
    """The answer, whatever its status."""
    try:
        return _opener(request.full_url).open(request, timeout=timeout_seconds)
    except urllib.error.HTTPError as answer:
        return answer


def _opener(url: str) -> urllib.request.OpenerDirector:
    """How the address is reached: this machine itself never through a proxy."""
    name = urlsplit(url).hostname or ""
    try:
        is_here = ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_here = name == "localhost"
    return urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if is_here else []))
