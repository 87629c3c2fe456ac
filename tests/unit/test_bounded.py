from __future__ import annotations

import time
from pathlib import Path

import pytest

from phlo.bounded import (
    KIB,
    MIB,
    Excerpt,
    Lines,
    TooLargeError,
    join_pieces,
    last_lines,
    parse_json,
    read_file,
    size_text,
    text_lines,
)


def lines_of(*pieces: bytes, most_bytes: int = 100) -> list[bytes]:
    lines = Lines(most_bytes)
    return [line for piece in pieces for line in lines.add(piece)] + lines.end()


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([b"one\ntwo\n"], [b"one", b"two"]),
        ([b"o", b"ne\nt", b"wo"], [b"one", b"two"]),
        ([b"\n\n"], [b"", b""]),
        ([b"", b"one", b""], [b"one"]),
        ([], []),
    ],
)
def test_a_stream_is_split_at_line_ends_however_it_arrives(pieces: list[bytes], expected: list[bytes]) -> None:
    assert lines_of(*pieces) == expected


def test_a_line_over_the_limit_is_cut_and_says_so_and_the_next_one_is_whole() -> None:
    cut, whole = lines_of(b"a" * 70, b"a" * 1040, b"\nnext\n", most_bytes=100)

    assert cut == b"a" * 100 + b" [phlo left out 1,010 bytes of this line]"
    assert whole == b"next"


def test_a_long_line_takes_time_in_proportion_to_its_length() -> None:
    """A quadratic splitter needs most of a minute for this line."""
    began = time.process_time()

    (line,) = lines_of(*([b"x" * 1024] * (32 * KIB)), b"\n", most_bytes=64 * MIB)

    assert len(line) == 32 * MIB
    assert time.process_time() - began < 10


def test_lines_of_text_have_no_carriage_return_at_their_end() -> None:
    assert list(text_lines([b"one\r\ntwo\xff\n", b"three"])) == [["one", "two\N{REPLACEMENT CHARACTER}"], ["three"]]


def test_an_output_within_the_limit_is_kept_whole() -> None:
    excerpt = Excerpt(10)
    for piece in (b"0123", b"456", b"789"):
        excerpt.add(piece)

    assert excerpt.text() == "0123456789"
    assert not excerpt.left_out_bytes


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_an_output_over_the_limit_keeps_its_beginning_and_its_end_and_says_what_is_missing(size: int) -> None:
    output = b"begin" + b"x" * 989 + b"ended"
    excerpt = Excerpt(10)
    for at in range(0, len(output), size):
        excerpt.add(output[at : at + size])

    assert excerpt.left_out_bytes == 989
    assert excerpt.text() == "begin\n[phlo left out 989 bytes of the output here]\nended"


def test_an_answer_over_the_limit_is_refused_before_the_rest_of_it_is_read() -> None:
    asked = 0

    def endless() -> object:
        nonlocal asked
        while True:
            asked += 1
            yield b"x" * 100

    with pytest.raises(TooLargeError, match="is larger than 1 KiB"):
        join_pieces(endless(), KIB)  # type: ignore[arg-type]

    assert asked == 11


def test_a_file_over_the_limit_is_refused_whatever_its_size_says(tmp_path: Path) -> None:
    sparse = tmp_path / "sparse"
    with sparse.open("wb") as stream:
        stream.truncate(1 << 40)

    for path in (sparse, Path("/dev/zero")):
        with pytest.raises(TooLargeError, match="larger than 1 KiB"):
            read_file(path, KIB)


def test_a_file_within_the_limit_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * KIB)

    assert read_file(tmp_path / "file", KIB) == b"x" * KIB


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 10_000, "{", ""])
def test_json_that_cannot_be_read_is_a_value_error_also_when_it_is_nested_too_deeply(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_json(text)


def test_an_error_shows_the_last_lines_each_cut_to_a_readable_length() -> None:
    assert last_lines("one\ntwo\n" + "x" * 5000 + "\n\n", 2) == ["two", "x" * 1000 + "…"]


@pytest.mark.parametrize(
    ("size", "text"), [(17, "17 bytes"), (KIB, "1 KiB"), (512 * KIB, "512 KiB"), (4 * MIB, "4 MiB")]
)
def test_sizes_are_shown_in_the_largest_fitting_unit(size: int, text: str) -> None:
    assert size_text(size) == text
