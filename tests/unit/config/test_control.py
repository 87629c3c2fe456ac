"""What another phlo gets to see a project alike."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
import zipfile
from pathlib import Path

from phlo.config.control import installed_archive

ROOT = Path(__file__).resolve().parents[3]


def unpacked(folder: Path) -> Path:
    """The archive, as the service unpacks it that runs phlo from it."""
    sys.path.insert(0, str(ROOT / "packages/phlo-api/src/phlo_api/image"))
    try:
        from serve import unpack  # type: ignore[import-not-found]
    finally:
        del sys.path[0]
    packed = folder / "installed.zip.b64"
    packed.write_text(installed_archive())
    found: Path = unpack(packed, folder)
    return found


def test_the_archive_of_what_is_installed_is_the_same_each_time_and_holds_no_leftovers() -> None:
    text = installed_archive()
    assert text == installed_archive()
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(text))) as archive:
        names = archive.namelist()
    assert {"phlo/cli/main.py", "phlo/_registry/plugins.json", "phlo_postgres/service.yaml"} <= set(names)
    assert not [name for name in names if "__pycache__" in name]


def test_a_phlo_that_runs_from_the_archive_knows_the_same_services_images_and_archive(tmp_path: Path) -> None:
    program = """
import hashlib
from phlo.config.control import installed_archive
from phlo.discovery import discover_services
for name, service in discover_services().services.items():
    folder = service.root / "image"
    listing = sorted(
        f"{path.relative_to(folder)} {path.stat().st_mode & 0o100}" for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    print(name, service.package_version, hashlib.sha256(repr(listing).encode()).hexdigest())
print(hashlib.sha256(installed_archive().encode()).hexdigest())
"""
    here = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    # What is ours comes first on the path, what it imports from others from where it is.
    there = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(unpacked(tmp_path)), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=tmp_path,
    ).stdout
    assert "duckdb" in here
    assert there == here
