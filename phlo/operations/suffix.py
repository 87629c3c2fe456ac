"""The suffix of the copy that `backup` keeps of a file."""

from __future__ import annotations

import os
from datetime import datetime


def backup_suffix(now: float) -> str:
    """As Ansible names it: the process, the day and the time."""
    return f"{os.getpid()}.{datetime.fromtimestamp(now):%Y-%m-%d@%H:%M:%S}~"
