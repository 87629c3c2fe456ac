"""Lets the tests import what the image carries."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src/phlo_dagster/image/app"))
