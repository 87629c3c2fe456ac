"""What a run of the tests took: in all, each folder of it, and its slowest tests, out of pytest's JUnit report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A test. folder: the part of the repository that it is in, such as `tests/unit`. seconds: with its fixtures."""

    name: str
    folder: str
    seconds: float
    has_failed: bool = False


def read_report(path: Path) -> tuple[float, list[Timed]]:
    """The seconds from the beginning to the end of a run, and its tests."""
    suite = next(ElementTree.parse(path).iter("testsuite"))  # noqa: S314  a file of our own
    return float(suite.get("time", 0)), [_timed(case) for case in suite.iter("testcase")]


def _timed(case: ElementTree.Element) -> Timed:
    parts = case.get("classname", "").split(".")
    depth = 1 if parts[0] == "packages" else 2
    return Timed(
        name=f"{'/'.join(parts)}.py::{case.get('name')}",
        folder="/".join(parts[:depth]),
        seconds=float(case.get("time", 0)),
        has_failed=case.find("failure") is not None or case.find("error") is not None,
    )


def report_lines(seconds: float, tests: Iterable[Timed], *, shown: int = SHOWN) -> Iterator[str]:
    """The report, for people."""
    folders: defaultdict[str, list[float]] = defaultdict(list)
    for test in (listed := list(tests)):
        folders[test.folder].append(test.seconds)
    yield f"tests: {len(listed)} in {_minutes(seconds)}; the time of each part, summed over the workers:"
    for folder, times in sorted(folders.items(), key=lambda part: -sum(part[1])):
        yield f"  {_minutes(sum(times)):>11}  {folder} ({len(times)})"
    yield f"the {min(shown, len(listed))} slowest, with what they set up and take down:"
    for test in sorted(listed, key=lambda test: -test.seconds)[:shown]:
        yield f"  {test.seconds:9.1f} s  {test.name}"


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"
