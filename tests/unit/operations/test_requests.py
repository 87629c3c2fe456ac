"""Requests that a host sends with its curl: what goes into them, what comes out, and files that are downloaded."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from phlo.errors import ConfigError, OperationError
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.operations.command_result import TaskFailedError
from phlo.operations.curl import Request, parse_answer
from phlo.operations.get_url import digest_in
from phlo.operations.uri import encoded
from phlo.values import Secret, Status
from tests.support.machine import Machine

FILE = b"a file\n" * 100
DIGEST = hashlib.sha256(FILE).hexdigest()


class Server(BaseHTTPRequestHandler):
    """Says what it was asked, and has a file."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as its class has it
        """Nothing."""

    def do_GET(self) -> None:
        self.server.requests.append(self.path)  # type: ignore[attr-defined]
        if self.path == "/moved":
            self._answer(302, b"", {"Location": "/echo"})
        elif self.path == "/file.bin":
            self._answer(200, FILE, {"Content-Type": "application/octet-stream"})
        elif self.path == "/SHA256SUMS":
            self._answer(200, f"{'0' * 64}  other\n{DIGEST} *file.bin\n".encode(), {})
        elif self.path == "/echo":
            self._echo(b"")
        else:
            self._answer(404, b"no such page", {"Content-Type": "text/plain"})

    def do_POST(self) -> None:
        self._echo(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _echo(self, body: bytes) -> None:
        said = {
            "method": self.command,
            "body": body.decode(),
            "headers": {k.lower(): v for k, v in self.headers.items()},
        }
        self._answer(200, json.dumps(said).encode(), {"Content-Type": "application/json", "X-Two": "b"})

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, text in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.requests = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def url(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def refuse(timeout_seconds: float | None) -> Any:
    raise AssertionError("a host is asked, no engine")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return Machine(Host(name="data-1", engine=Engine(refuse, name="data-1")), tmp_path)


def test_an_answer_is_what_ansible_registers(here: Machine, url: str) -> None:
    found = here.run("uri", url=f"{url}/echo", return_content=True, headers={"X-One": 'a "b" \\c'})
    assert found.status is Status.OK
    facts = found.facts
    assert (facts["status"], facts["url"], facts["redirected"], facts["x_two"]) == (200, f"{url}/echo", False, "b")
    assert (facts["json"]["method"], facts["json"]["headers"]["x-one"]) == ("GET", 'a "b" \\c')
    assert facts["msg"] == f"OK ({len(facts['content'])} bytes)"
    assert "content" not in here.run("uri", url=f"{url}/echo").facts


def test_a_request_that_writes_is_not_sent_in_check_mode_and_is_no_change(here: Machine, url: str) -> None:
    values = {"url": f"{url}/x", "method": "post", "body": {"a": [1, 2]}, "body_format": "json"}
    seen = here.look("uri", **values)
    assert [change.is_counted for change in seen.changes] == [False]
    done = here.run("uri", **values, url_username="ada", password=Secret("s3cret"))
    assert done.status is Status.OK
    said = done.facts["json"]
    assert (said["method"], said["body"], said["headers"]["content-type"]) == (
        "POST",
        '{"a": [1, 2]}',
        "application/json",
    )
    assert said["headers"]["authorization"] == "Basic YWRhOnMzY3JldA=="


def test_another_status_is_an_error_with_its_content(here: Machine, url: str) -> None:
    with pytest.raises(TaskFailedError, match="answered 404, not 200") as failed:
        here.run("uri", url=f"{url}/nothing")
    assert failed.value.facts["msg"] == "Status code was 404 and not [200]: HTTP Error 404: Not Found"
    assert failed.value.facts["content"] == "no such page"
    assert here.run("uri", url=f"{url}/nothing", status_code=[200, 404]).facts["status"] == 404


def test_redirections_are_followed_or_not(here: Machine, url: str) -> None:
    followed = here.run("uri", url=f"{url}/moved").facts
    assert (followed["redirected"], followed["url"]) == (True, f"{url}/echo")
    assert here.run("uri", url=f"{url}/moved", follow_redirects="none", status_code=302).facts["location"] == "/echo"


def test_nothing_is_sent_where_a_path_says_so(
    here: Machine, url: str, server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    (tmp_path / "there").touch()
    assert here.run("uri", url=f"{url}/x", creates="there").status is Status.OK
    assert here.run("uri", url=f"{url}/x", removes="nothing").status is Status.OK
    assert server.requests == []  # type: ignore[attr-defined]


def test_an_answer_goes_into_a_file_that_changes_once(here: Machine, url: str, tmp_path: Path) -> None:
    values = {"url": f"{url}/file.bin", "dest": f"{tmp_path}/", "mode": "0600"}
    assert here.run("uri", **values).status is Status.CHANGED
    assert (tmp_path / "file.bin").read_bytes() == FILE
    assert here.run("uri", **values).status is Status.OK


def test_a_server_that_is_not_there_is_an_error(here: Machine) -> None:
    with pytest.raises(OperationError, match="no answer"):
        here.run("uri", url="http://127.0.0.1:1/")


def test_a_file_is_downloaded_once(here: Machine, url: str, server: ThreadingHTTPServer, tmp_path: Path) -> None:
    done = here.changes_once("get_url", url=f"{url}/file.bin", dest=f"{tmp_path}", mode="0640")
    assert (tmp_path / "file.bin").read_bytes() == FILE
    assert (tmp_path / "file.bin").stat().st_mode & 0o777 == 0o640
    assert (done.facts["status_code"], done.facts["size"], done.facts["mode"]) == (200, len(FILE), "0640")
    assert server.requests == ["/file.bin"]  # type: ignore[attr-defined]
    again = here.changes_once("get_url", url=f"{url}/file.bin", dest="file.bin", mode="0600")
    assert again.changes[0].causes == ("mode: 0640 -> 0600",)
    assert server.requests == ["/file.bin"]  # type: ignore[attr-defined]


def test_force_changes_a_file_only_where_its_content_is_another(here: Machine, url: str, tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(b"old")
    values = {"url": f"{url}/file.bin", "dest": "file.bin", "force": True}
    assert here.run("get_url", **values, backup=True).status is Status.CHANGED
    assert [path.read_bytes() for path in tmp_path.glob("file.bin.*")] == [b"old"]
    assert here.run("get_url", **values).status is Status.OK


@pytest.mark.parametrize("checksum", [f"sha256:{DIGEST}", "sha256:{url}/SHA256SUMS"])
def test_a_checksum_decides_whether_a_file_is_the_one(here: Machine, url: str, checksum: str, tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(b"old")
    values = {"url": f"{url}/file.bin", "dest": "file.bin", "checksum": checksum.format(url=url)}
    assert here.changes_once("get_url", **values).changes[0].causes == ("its checksum is another",)
    assert (tmp_path / "file.bin").read_bytes() == FILE


def test_a_wrong_checksum_and_a_missing_page_leave_nothing(here: Machine, url: str, tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="has the checksum"):
        here.run("get_url", url=f"{url}/file.bin", dest="file.bin", checksum=f"sha256:{'0' * 64}")
    with pytest.raises(TaskFailedError, match="answered 404"):
        here.run("get_url", url=f"{url}/nothing", dest="file.bin", tmp_dest=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_no_secret_is_an_argument_of_curl_and_no_text_breaks_its_file() -> None:
    sent = Request(url="http://x/a?b=[1]", body='{"a": "b\\n"}\n', user=("u", Secret("p")), headers={"A": Secret('"')})
    assert sent.config().splitlines() == [
        'url = "http://x/a?b=[1]"',
        'max-time = "30"',
        "globoff",
        'request = "GET"',
        'header = "A: \\""',
        'data-raw = "{\\"a\\": \\"b\\\\n\\"}\\n"',
        'user = "u:p"',
        "location",
    ]


def test_the_headers_of_the_last_answer_count() -> None:
    head = b"HTTP/1.1 302 Found\r\nA: 1\r\n\r\nHTTP/2 200\r\nB: 1\r\nB: 2\r\n\r\n"
    found = parse_answer(b"200 1 http://x/\n%d\n%s\x00\n" % (len(head), head))
    assert (found.status, found.is_redirected, found.headers, found.content) == (200, True, {"b": "1, 2"}, b"\x00\n")


@pytest.mark.parametrize(
    ("text", "digest"),
    [("AB  x.tar\ncd  ./f.bin\n", "cd"), ("cd *f.bin\n", "cd"), ("EF\n", "ef"), ("ab  x\n", None), ("", None)],
)
def test_a_list_of_digests_has_that_of_a_file(text: str, digest: str | None) -> None:
    assert digest_in(text, "f.bin") == digest


def test_a_body_is_written_in_its_format() -> None:
    assert encoded({"a": "b c", "d": [1, 2]}, "form-urlencoded") == "a=b%20c&d=1&d=2"
    assert encoded("as it is", "json") == "as it is"
    assert encoded({"a": Secret("s")}, "json") == '{"a": "s"}'


@pytest.mark.parametrize(
    ("name", "values", "what"),
    [
        ("uri", {"url": "file:///etc/passwd"}, "should begin with http"),
        ("get_url", {"url": "ftp://x/y", "dest": "/x"}, "should begin with http"),
        ("get_url", {"url": "http://x/y", "dest": "/x", "checksum": "crc:1"}, "should be ALGORITHM:DIGEST"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(here: Machine, name: str, values: dict[str, Any], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        here.args(name, values)
