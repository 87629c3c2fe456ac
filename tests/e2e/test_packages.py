"""Every service package passes its own test, run by somebody who installed the wheels."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Installed

# Those with a note need an image that only a container registry has.
NOTES = {
    entry["name"]: entry.get("note") for entry in json.loads((ROOT / "registry/plugins.json").read_text())["plugins"]
}
PACKAGES = sorted(path.name for path in (ROOT / "packages").iterdir() if (path / "pyproject.toml").is_file())
STAGES = ["lint", "converge", "idempotence", "verify", "destroy"]


def passed(told: str) -> list[str]:
    """The stages of `phlo test` that passed."""
    return re.findall(r"^✓ \S+: (\w+) ", told, re.MULTILINE)


@pytest.mark.parametrize("package", [name for name in PACKAGES if not NOTES[name]])
def test_a_package_passes_every_stage_of_its_test(package: str, installed: Installed, tmp_path: Path) -> None:
    told = installed.run("phlo", "test", package, cwd=tmp_path, timeout_seconds=1500).stderr
    assert passed(told) == STAGES


@pytest.mark.parametrize("package", [name for name in PACKAGES if NOTES[name]])
def test_a_package_of_upstreams_image_passes_or_says_that_it_cannot_be_pulled(
    package: str, installed: Installed, tmp_path: Path
) -> None:
    done = installed.run("phlo", "test", package, cwd=tmp_path, code=None)
    if done.returncode == 0:
        assert passed(done.stderr) == STAGES
    else:
        assert passed(done.stderr) == ["lint", "destroy"]
        assert "cannot pull" in done.stderr
