"""Which tests share a worker of pytest-xdist, and in which order they begin: the longest first.

Whatever brings up something for several tests (a platform, hosts, a site of faults) is one group, which one worker
runs from its beginning to its end. The other worker has the rest meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

# Group -> the files, or folders, whose tests it has.
GROUPS = {
    "platforms": (
        *("tests/e2e/test_github_stats.py", "tests/e2e/test_lakehouse.py"),
        "tests/security/test_published_pages.py",
    ),
    "hosts": ("tests/hosts/",),
    "newcomer": ("tests/e2e/test_newcomer.py",),
    "quickstart": ("tests/e2e/test_quickstart.py", "tests/e2e/test_wheels.py"),
    "faults": ("tests/faults/",),
    "attributes": ("tests/integration/test_compose_attributes.py",),  # its network has one fixed range of addresses
}
FULL = "tests/e2e/test_lakehouse.py"
# Each of their tests has a project of its own, so each is a unit.
SINGLE = ("tests/e2e/test_pages.py", "tests/e2e/test_packages.py")
# The order of what is in no group; a test's file stays together, a long one in pieces.
FOLDERS = ("tests/e2e/", "packages/", "tests/integration/", "tests/security/", "tests/peers/", "tests/unit/")
PIECE = 25


def group_of(path: str) -> str | None:
    """The group that a test's file belongs to."""
    return next((name for name, paths in GROUPS.items() if path.startswith(paths)), None)


def rank_of(path: str) -> int:
    """The place of a file's tests in the order; the groups come first."""
    if group := group_of(path):
        return list(GROUPS).index(group)
    return len(GROUPS) + next((at for at, folder in enumerate(FOLDERS) if path.startswith(folder)), len(FOLDERS))


def units_of(nodeids: Sequence[str]) -> dict[str, str]:
    """Test -> the unit in which a worker gets it."""
    seen: Counter[str] = Counter()
    units = {}
    for nodeid in nodeids:
        path = nodeid.partition("::")[0]
        group = group_of(path)
        if group is None and path.startswith(SINGLE):
            units[nodeid] = nodeid
        else:
            units[nodeid] = group or f"{path} {seen[path] // PIECE}"
        seen[path] += 1
    return units


def in_order(items: list[pytest.Item]) -> None:
    """Sort tests by rank; those of one platform follow each other, so that it is brought up once."""

    def key(item: pytest.Item) -> tuple[int, bool]:
        path, case = item.nodeid.partition("::")[0], getattr(item, "callspec", None)
        is_full = path == FULL or (case is not None and case.params.get("platform") == "lakehouse")
        return rank_of(path), is_full

    items.sort(key=key)


class ByUnit(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each worker the next unit when it has nearly done the one before."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False
        self._units: dict[str, str] = {}

    def _split_scope(self, nodeid: str) -> str:
        if not self._units:
            self._units = units_of(self.collection or ())
        return self._units[nodeid]
