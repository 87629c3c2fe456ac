"""Lets the tests import what the images carry."""

from __future__ import annotations

import sys
from pathlib import Path

IMAGE = Path(__file__).parents[1] / "src/phlo_api/image"

sys.path.insert(0, str(IMAGE))
sys.path.insert(0, str(Path(__file__).parent))
