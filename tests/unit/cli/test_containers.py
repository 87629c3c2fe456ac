from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from phlo.cli.containers import MOST_WAITING, _lines_of


class Flood:
    """An engine whose container writes for ever; counts what was taken of it."""

    def __init__(self) -> None:
        self.taken = 0

    def logs(self, container: str, **query: Any) -> Iterator[bytes]:
        while True:
            self.taken += 1
            yield b"flood\n" * 1000


def test_lines_that_nobody_prints_yet_are_not_taken_from_the_engine() -> None:
    flood = Flood()
    container: Any = SimpleNamespace(id="c", host="local")
    hosts: Any = {"local": SimpleNamespace(engine=flood)}

    lines = _lines_of([container], hosts, {"follow": True})
    for printed in range(100):
        assert next(lines)[1] == ["flood"] * 1000
        assert flood.taken <= printed + MOST_WAITING + 3
