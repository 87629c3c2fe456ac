"""Which files of a folder are not part of an inventory."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

Label = Callable[[Path], str]

# Ansible's INVENTORY_IGNORE_EXTS, and what is hidden.
_LEFT_OUT = re.compile(r"^\.|(~|\.(bak|orig|swp|retry|cfg|pyc|pyo|rpm|md|txt|rst))$")


def is_left_out(name: str) -> bool:
    """Whether a file is somebody's copy, notes, or hidden: `hosts.yaml~`, `old.bak`, `README.md`, `.git`."""
    return bool(_LEFT_OUT.search(name))
