from __future__ import annotations

import tracemalloc

import pytest

from phlo.hosts.frames import STDERR, STDOUT, Frames, demultiplex


def frame(stream: int, data: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


STREAM = frame(STDOUT, b"out") + frame(STDERR, b"") + frame(STDERR, b"error") + frame(STDOUT, b"more")


@pytest.mark.parametrize("size", [1, 2, 5, 8, 9, 100])
def test_frames_are_taken_apart_wherever_the_stream_is_cut(size: int) -> None:
    frames, found = Frames(), {STDOUT: b"", STDERR: b""}
    for at in range(0, len(STREAM), size):
        for stream, data in frames.take(STREAM[at : at + size]):
            found[stream] += data

    assert found == {STDOUT: b"outmore", STDERR: b"error"}


def test_both_outputs_come_in_the_order_in_which_they_were_written() -> None:
    assert b"".join(demultiplex(iter([STREAM]))) == b"outerrormore"


def test_a_frame_of_gigabytes_is_handed_on_as_it_arrives() -> None:
    pieces = iter([bytes([STDOUT, 0, 0, 0]) + (4_000_000_000).to_bytes(4, "big"), *([b"x" * 65536] * 1000)])
    tracemalloc.start()
    try:
        size = sum(map(len, demultiplex(pieces)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert size == 65_536_000
    assert peak < 1_000_000
