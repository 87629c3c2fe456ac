"""How the tests are shared out between workers, and what is reported of their time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.support.once import made_once
from tests.support.schedule import GROUPS, PIECE, SINGLE, group_of, rank_of, units_of
from tests.support.slowest import Timed, read_report, report_lines

ROOT = Path(__file__).resolve().parents[2]
REPORT = """<?xml version="1.0"?>
<testsuites><testsuite name="pytest" tests="3" time="75.5">
<testcase classname="tests.unit.cli.test_up" name="test_a[x.y]" time="1.5" />
<testcase classname="tests.hosts.test_swarm" name="test_b" time="70.25"><failure message="x" /></testcase>
<testcase classname="packages.phlo-api.tests.test_server" name="test_c" time="2.0"><skipped /></testcase>
</testsuite></testsuites>
"""


def test_every_file_that_is_named_is_there() -> None:
    named = [path for paths in (*GROUPS.values(), SINGLE) for path in paths]

    assert [path for path in named if not (ROOT / path).exists()] == []


def test_what_shares_a_platform_or_hosts_is_one_unit_and_the_longest_come_first() -> None:
    hosts = ["tests/hosts/test_api.py::test_a", "tests/hosts/test_swarm.py::test_b[x]"]
    pages = ["tests/e2e/test_pages.py::test_a[docs/a.md]", "tests/e2e/test_pages.py::test_a[docs/b.md]"]

    units = units_of([*hosts, *pages])

    assert [units[one] for one in hosts] == ["hosts", "hosts"]
    assert [units[one] for one in pages] == pages
    assert group_of("tests/unit/hosts/test_lock.py") is None
    paths = ["tests/unit/a.py", "packages/b/tests/c.py", "tests/hosts/d.py", "tests/e2e/test_lakehouse.py"]
    assert sorted(paths, key=rank_of) == paths[::-1]


def test_a_long_file_is_shared_out_in_pieces() -> None:
    names = [f"tests/unit/test_long.py::test_it[{at}]" for at in range(PIECE + 1)]

    units = units_of(names)

    assert [list(units.values()).count(unit) for unit in dict.fromkeys(units.values())] == [PIECE, 1]


def test_the_report_names_the_slowest_tests_and_the_time_of_each_part(tmp_path: Path) -> None:
    (tmp_path / "tests.xml").write_text(REPORT)

    seconds, tests = read_report(tmp_path / "tests.xml")

    assert tests[0] == Timed(name="tests/unit/cli/test_up.py::test_a[x.y]", folder="tests/unit", seconds=1.5)
    assert [test.name for test in tests if test.has_failed] == ["tests/hosts/test_swarm.py::test_b"]
    assert list(report_lines(seconds, tests, shown=2)) == [
        "tests: 3 in 1 min 15 s; the time of each part, summed over the workers:",
        "   1 min 10 s  tests/hosts (1)",
        "   0 min 02 s  packages (1)",
        "   0 min 01 s  tests/unit (1)",
        "the 2 slowest, with what they set up and take down:",
        "       70.2 s  tests/hosts/test_swarm.py::test_b",
        "        2.0 s  packages/phlo-api/tests/test_server.py::test_c",
    ]


@pytest.mark.parametrize("first_fails", [False, True])
def test_a_folder_is_made_once_for_all_workers(
    first_fails: bool, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> None:
    name, made, errors = f"once-{first_fails}-{id(request)}", [], []

    def make(folder: Path) -> None:
        made.append(sorted(folder.iterdir()))
        (folder / "part").touch()
        if first_fails and len(made) == 1:
            raise OSError("a full disk")

    def work() -> None:
        try:
            made_once(tmp_path_factory, name, make)
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == [[]] * (2 if first_fails else 1), "a folder that was begun is emptied first"
    assert len(errors) == first_fails
