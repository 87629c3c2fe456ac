"""The operations of installed packages, found without importing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from phlo.discovery.distributions import installed_distributions

OPERATION_GROUP = "phlo.operations"


class InstalledOperation(NamedTuple):
    """An entry point of the group. module: as written, `phlo_name.operations.thing`."""

    name: str
    module: str
    distribution: str


def installed_operations(path: Sequence[str] | None = None) -> dict[str, InstalledOperation]:
    """Operations by name; of two with one name that of the first distribution in the alphabet counts.

    path: where distributions are looked for, None: `sys.path`.
    """
    found: dict[str, InstalledOperation] = {}
    for distribution in sorted(installed_distributions(path), key=lambda one: one.name):
        for name, module in distribution.groups.get(OPERATION_GROUP, {}).items():
            found.setdefault(name, InstalledOperation(name, module, distribution.name))
    return found
