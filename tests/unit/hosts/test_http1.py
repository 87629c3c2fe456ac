"""Requests and answers as they stand on the wire, against a socket whose other end the test holds."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator

import pytest

from phlo.hosts.http1 import Answer, Body, Connection, Limits, WireError


class Line:
    """A connection, and the engine's end of it."""

    def __init__(self) -> None:
        ours, self.other = socket.socketpair()
        self.connection = Connection(lambda timeout: ours, 5.0)

    def ask(self, answer: bytes, method: str = "GET", body: Body | None = None, close: bool = False) -> Answer:
        self.other.sendall(answer)
        if close:
            self.other.shutdown(socket.SHUT_WR)
        return self.connection.request(method, "/x", body, {"X-Name": "text"})

    def sent(self) -> bytes:
        return self.other.recv(1 << 20)


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.connection.close()
    made.other.close()


OK = b"HTTP/1.1 200 OK\r\n"


def test_a_body_has_the_length_that_is_said(line: Line) -> None:
    answer = line.ask(OK + b"Content-Length: 5\r\nX-Other: a:b\r\n\r\nhello")
    assert (answer.status, answer.headers["x-other"], answer.read()) == (200, "a:b", b"hello")
    assert answer.leaves_open


def test_chunks_are_put_together(line: Line) -> None:
    answer = line.ask(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;note\r\n0123456789\r\n0\r\nEnd: x\r\n\r\n")
    assert answer.read1(2) == b"ab"
    assert answer.read() == b"c0123456789"
    assert answer.leaves_open


def test_two_requests_go_over_one_connection(line: Line) -> None:
    assert line.ask(OK + b"Content-Length: 1\r\n\r\na").read() == b"a"
    assert line.ask(OK + b"Content-Length: 1\r\n\r\nb").read() == b"b"


def test_a_body_without_a_length_ends_with_the_connection(line: Line) -> None:
    answer = line.ask(OK + b"\r\nall of it", close=True)
    assert answer.read() == b"all of it"
    assert not answer.leaves_open


@pytest.mark.parametrize(
    ("method", "head"),
    [("HEAD", OK + b"Content-Length: 5\r\n\r\n"), ("POST", b"HTTP/1.1 204 No Content\r\n\r\n")],
)
def test_some_answers_have_no_body(line: Line, method: str, head: bytes) -> None:
    answer = line.ask(head, method=method)
    assert answer.read() == b""
    assert answer.leaves_open


def test_a_connection_that_the_engine_closes_is_not_kept(line: Line) -> None:
    answer = line.ask(OK + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
    assert answer.read() == b""
    assert not answer.leaves_open


def test_an_answer_that_is_not_read_to_its_end_is_not_kept(line: Line) -> None:
    answer = line.ask(OK + b"Content-Length: 5\r\n\r\nhello")
    assert answer.read1(2) == b"he"
    assert not answer.leaves_open


def test_a_request_says_how_long_its_body_is(line: Line) -> None:
    line.ask(OK + b"Content-Length: 0\r\n\r\n", method="POST", body=b"{}")
    assert line.sent() == b"POST /x HTTP/1.1\r\nHost: docker\r\nX-Name: text\r\nContent-Length: 2\r\n\r\n{}"


def test_a_write_without_a_body_says_so(line: Line) -> None:
    line.ask(OK + b"Content-Length: 0\r\n\r\n", method="POST")
    assert b"Content-Length: 0\r\n" in line.sent()


@pytest.mark.parametrize("body", [io.BytesIO(b"abcd"), iter([b"ab", b"", b"cd"])])
def test_a_body_that_comes_bit_by_bit_goes_in_chunks(line: Line, body: Body) -> None:
    line.ask(OK + b"Content-Length: 0\r\n\r\n", method="POST", body=body)
    head, _, sent = line.sent().partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert sent in (b"4\r\nabcd\r\n0\r\n\r\n", b"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n")


def test_an_interim_answer_is_passed_over(line: Line) -> None:
    answer = line.ask(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\nx")
    assert (answer.status, answer.read()) == (200, b"x")


@pytest.mark.parametrize("text", [b"", OK, OK + b"Content-Length: 9\r\n\r\nshort"])
def test_a_connection_that_breaks_off_is_an_error(line: Line, text: bytes) -> None:
    with pytest.raises(ConnectionResetError):
        line.ask(text, close=True).read()


def test_what_is_not_http_is_said_to_be_so(line: Line) -> None:
    with pytest.raises(WireError, match=r"SSH-2\.0"):
        line.ask(b"SSH-2.0-OpenSSH\r\n")


def test_who_says_nothing_is_waited_for_as_long_as_was_said(line: Line) -> None:
    with pytest.raises(TimeoutError):
        line.connection.request("GET", "/x", None, {}, Limits(0.01, 5.0))


def test_who_stops_half_way_is_waited_for_as_long_as_was_said(line: Line) -> None:
    line.other.sendall(OK + b"Content-Length: 5\r\n\r\nhe")
    answer = line.connection.request("GET", "/x", None, {}, Limits(5.0, 0.01))
    assert answer.read1(10) == b"he"
    with pytest.raises(TimeoutError):
        answer.read1(10)


def test_who_takes_nothing_is_waited_for_as_long_as_was_said(line: Line) -> None:
    with pytest.raises(TimeoutError):
        line.connection.request("POST", "/x", bytes(10_000_000), {}, Limits(5.0, 0.01))
