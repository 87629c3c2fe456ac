"""The pinned versions of services: where each comes from, until when it gets fixes, and what it is tested with."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

import yaml

FILE = Path(__file__).with_name("service_versions.yaml")


class ServiceVersion(NamedTuple):
    """ends: the last day with fixes, None where nobody publishes one. basis: who says so. platforms: see the file."""

    version: str
    origin: str
    ends: date | None
    basis: str
    platforms: tuple[str, ...]


def read_versions() -> dict[str, ServiceVersion]:
    """Service -> its pinned version."""
    return {
        name: ServiceVersion(str(one["version"]), one["from"], one["ends"], one["basis"], tuple(one["with"]))
        for name, one in yaml.safe_load(FILE.read_text()).items()
    }
