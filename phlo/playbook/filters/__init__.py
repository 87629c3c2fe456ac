"""The filters and tests of Jinja2 that playbook authors know from Ansible, besides Jinja2's own.

Each is known under its full name, too: `ansible.builtin.flatten`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from phlo.playbook.filters.booleans import as_boolean
from phlo.playbook.filters.checks import TESTS as _TESTS
from phlo.playbook.filters.data import DATA_FILTERS
from phlo.playbook.filters.lists import LIST_FILTERS
from phlo.playbook.filters.network import NETWORK_FILTERS
from phlo.playbook.filters.numbers import NUMBER_FILTERS
from phlo.playbook.filters.paths import PATH_FILTERS
from phlo.playbook.filters.texts import TEXT_FILTERS
from phlo.playbook.filters.times import TIME_FILTERS

__all__ = ["FILTERS", "TESTS", "as_boolean", "with_full_names"]

_FULL = ("ansible.builtin.", "ansible.legacy.")


def with_full_names(known: Mapping[str, Any]) -> dict[str, Any]:
    """The same under their short and their full names."""
    return {f"{prefix}{name}": one for name, one in known.items() for prefix in ("", *_FULL)}


FILTERS: Mapping[str, Callable[..., Any]] = {
    **DATA_FILTERS,
    **LIST_FILTERS,
    **NUMBER_FILTERS,
    **PATH_FILTERS,
    **TEXT_FILTERS,
    **TIME_FILTERS,
    **NETWORK_FILTERS,
}
TESTS: Mapping[str, Callable[..., bool]] = _TESTS
