"""Requests that a host sends with curl(1).

What curl has to do goes through its input, so that no secret is among its arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from phlo.bounded import MIB
from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.operations.location import Location
from phlo.values import Text, reveal

MOST_ANSWER_BYTES = 16 * MIB
_NOT_FOUND = 127
# $1: the file that the body goes to; "": print it. Prints a line about the answer, the headers, and the body.
_SEND = """
command -v curl >/dev/null || exit 127
folder=$(mktemp -d) || exit 1
trap 'rm -rf -- "$folder"' EXIT
body=${1:-$folder/body}
curl -q -sS -K - -D "$folder/headers" -o "$body" -w '%{http_code} %{num_redirects} %{url_effective}\\n' \
  > "$folder/about" || exit
cat "$folder/about"; printf '%s\\n' "$(wc -c < "$folder/headers")"; cat "$folder/headers"
[ -n "$1" ] || [ ! -e "$body" ] || cat "$body"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request. follows: redirections. body: what is sent. user: NAME and password."""

    url: Text
    method: str = "GET"
    headers: Mapping[str, Text] = field(default_factory=dict)
    body: Text | None = None
    user: tuple[str, Text] | None = None
    timeout_seconds: int = 30
    follows: bool = True
    is_verified: bool = True
    uses_proxy: bool = True
    agent: str = ""
    unix_socket: str = ""
    ca_path: str = ""
    client_cert: str = ""
    client_key: str = ""

    def config(self) -> str:
        """The request as a file of options of curl."""
        return "".join(
            f"{name}\n" if value is None else f"{name} = {_quoted(value)}\n" for name, value in self._options()
        )

    def _options(self) -> Iterator[tuple[str, str | None]]:
        yield "url", reveal(self.url)
        yield "max-time", str(self.timeout_seconds)
        yield "globoff", None
        if self.method == "HEAD":
            yield "head", None
        else:
            yield "request", self.method
        for name, text in self.headers.items():
            yield "header", f"{name}: {reveal(text)}"
        if self.body is not None:
            yield "data-raw", reveal(self.body)
        if self.user is not None:
            yield "user", f"{self.user[0]}:{reveal(self.user[1])}"
        for name, is_set in (
            ("location", self.follows),
            ("insecure", not self.is_verified),
        ):
            if is_set:
                yield name, None
        for name, text in (
            ("user-agent", self.agent),
            ("unix-socket", self.unix_socket),
            ("cacert", self.ca_path),
            ("cert", self.client_cert),
            ("key", self.client_key),
            ("noproxy", "" if self.uses_proxy else "*"),
        ):
            if text:
                yield name, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said. reason: the words of its status line. headers: with names in lower case, the last ones."""

    status: int
    url: str
    is_redirected: bool = False
    reason: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


def send(location: Location, request: Request, *, body_to: str = "") -> Answer:
    """The answer to a request. body_to: a file of the host for the body. Raises OperationError without an answer."""
    try:
        done = location.run(
            ("sh", "-c", _SEND, "phlo", body_to),
            stdin=request.config().encode(),
            most_bytes=MOST_ANSWER_BYTES,
        )
    except OSError as reason:
        raise OperationError(f"has no shell ({reason.strerror})", where=location.name) from None
    where = f"{location.name} {request.method} {request.url}"
    if done.code == _NOT_FOUND:
        raise OperationError("there is no curl", where=where, fix="Install curl there, or write `http`.")
    if done.code != 0:
        raise OperationError(f"no answer ({done.complaint.removeprefix('curl: ')})", where=where)
    if done.is_truncated:
        raise OperationError("its answer cannot be read: it is too large", where=where, fix="Write dest.")
    return parse_answer(done.stdout)


def parse_answer(printed: bytes) -> Answer:
    """What the script printed."""
    about, _, rest = printed.partition(b"\n")
    length, _, rest = rest.partition(b"\n")
    size = int(length)
    head, content = rest[:size].decode(errors="replace"), rest[size:]
    code, redirects, url = about.decode().split(" ", 2)
    blocks = [block for block in re.split(r"\r?\n\r?\n", head) if block.strip()]
    first, *lines = (blocks[-1] if blocks else "").splitlines() or [""]
    pairs = (line.partition(":") for line in lines if ":" in line)
    headers: dict[str, str] = {}
    for name, _, text in pairs:
        key = name.strip().lower()
        headers[key] = f"{headers[key]}, {text.strip()}" if key in headers else text.strip()
    reason = first.split(" ", 2)[2].strip() if first.count(" ") > 1 else ""
    return Answer(
        status=int(code), url=url, is_redirected=redirects != "0", reason=reason, headers=headers, content=content
    )


def _quoted(text: str) -> str:
    for sign, written in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\v", "\\v")):
        text = text.replace(sign, written)
    return f'"{text}"'
