from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from phlo.config.secrets import stored_secret

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
ANN = 12345


def test_a_secret_that_root_makes_belongs_to_the_owner_of_the_project(tmp_path: Path) -> None:
    os.chown(tmp_path, ANN, ANN)
    path = tmp_path / ".phlo" / ".env.local"
    stored_secret(path, "TOKEN", purpose="a test")
    stored_secret(path, "OTHER", purpose="a test")
    for one in (path, path.parent):
        assert (one.stat().st_uid, one.stat().st_gid) == (ANN, ANN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
