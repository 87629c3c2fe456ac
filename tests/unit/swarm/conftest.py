from __future__ import annotations

from tests.unit.config.conftest import workplace as workplace
