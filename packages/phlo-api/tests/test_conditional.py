"""Answers to GET have an ETag and are compressed; nothing else is, and no answer is hidden from who has no token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from phlo_api.server.conditional import LEAST_COMPRESSED_BYTES, accepts_gzip, is_known
from serving import OPERATOR, VIEWER, Served, make_project, served, settings_of


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Served]:
    with served(settings_of(make_project(tmp_path))) as one:
        yield one


def get(api: Served, path: str, token: str = VIEWER, **headers: str) -> httpx.Response:
    sent = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity", **headers}
    return httpx.get(f"{api.url}{path}", headers=sent, timeout=60)


def test_an_answer_that_is_known_is_not_sent_again(api: Served, tmp_path: Path) -> None:
    first = get(api, "/services")
    tag = first.headers["etag"]
    again = get(api, "/services", **{"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert again.headers["x-content-type-options"] == "nosniff"
    (tmp_path / "phlo.yaml").write_text(
        "name: lake\nservices: {defaults: false, web: {type: inline, image: 'web:1'}}\n"
    )
    changed = get(api, "/services", **{"If-None-Match": tag})
    assert (changed.status_code, changed.headers["etag"] == tag) == (200, False)


def test_a_large_answer_is_compressed_for_who_takes_it_and_is_the_same(api: Served) -> None:
    plain = get(api, "/registry")
    packed = get(api, "/registry", **{"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()
    assert packed.headers["etag"] == plain.headers["etag"]
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    small = get(api, "/session", **{"Accept-Encoding": "gzip"})
    assert len(small.content) < LEAST_COMPRESSED_BYTES
    assert "content-encoding" not in small.headers


def test_errors_writes_and_streams_are_sent_as_they_are(api: Served, tmp_path: Path) -> None:
    assert "etag" not in get(api, "/services/none").headers
    rotated = httpx.post(f"{api.url}/tokens/viewer/rotate", headers={"Authorization": f"Bearer {OPERATOR}"}, timeout=60)
    assert (rotated.headers["cache-control"], "etag" in rotated.headers) == ("no-store", False)
    stream = get(api, "/logs?follow=false", OPERATOR, **{"Accept-Encoding": "gzip"})
    assert (stream.headers["cache-control"], "content-encoding" in stream.headers) == ("no-store", False)


def test_a_tag_opens_nothing_without_a_token(api: Served) -> None:
    tag = get(api, "/services").headers["etag"]
    assert get(api, "/services", "wrong", **{"If-None-Match": tag}).status_code == 401
    assert get(api, "/services", "wrong", **{"If-None-Match": "*"}).status_code == 401


@pytest.mark.parametrize(
    ("header", "is_accepted"),
    [
        (b"", False), (b"gzip", True), (b"br, GZIP;q=0.5", True), (b"gzip;q=0", False), (b"gzip; q=0.0", False),
        (b"*", True), (b"*;q=0", False), (b"br", False), (b"identity, gzip;q=1", True), (b"\xff;;q=,", False),
    ],
)  # fmt: skip
def test_who_takes_gzip(header: bytes, is_accepted: bool) -> None:
    assert accepts_gzip(header) == is_accepted


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (b"", False),
        (b'W/"a"', True),
        (b'"a"', True),
        (b'"b", W/"a"', True),
        (b"*", True),
        (b'"b"', False),
        (b"a", False),
    ],
)
def test_tags_are_compared_weakly(header: bytes, known: bool) -> None:
    assert is_known(b'W/"a"', header) == known
