"""What another phlo gets to see a project alike."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from phlo.config.installed import installed_archive

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


def test_a_kept_archive_is_the_one_that_would_be_made(tmp_path: Path) -> None:
    made = installed_archive()
    assert installed_archive(tmp_path / "cache") == made
    (kept,) = (tmp_path / "cache").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert installed_archive(tmp_path / "cache") == made


@pytest.mark.parametrize("damage", ["other letter", "other files", "shorter", "writable for others"])
def test_a_kept_archive_that_is_not_of_these_files_or_not_whole_is_made_again(tmp_path: Path, damage: str) -> None:
    made = installed_archive(tmp_path)
    (kept,) = tmp_path.iterdir()
    data = bytearray(kept.read_bytes())
    if damage == "other letter":
        data[-5] ^= 1
    elif damage == "other files":
        data[0] ^= 1
    elif damage == "shorter":
        del data[-100:]
    kept.write_bytes(data)
    if damage == "writable for others":
        kept.write_bytes(data[:-4] + b"AAAA")
        kept.chmod(0o666)
    assert installed_archive(tmp_path) == made
    assert kept.read_bytes().endswith(made.encode())


def test_an_archive_of_a_file_that_has_just_changed_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phlo.config.installed.RACY_SECONDS", time.time())
    assert installed_archive(tmp_path) == installed_archive()
    assert list(tmp_path.iterdir()) == []


def test_without_a_writable_folder_the_archive_is_made_each_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert installed_archive(tmp_path / "file" / "cache") == installed_archive()


def test_a_phlo_that_runs_from_the_archive_knows_the_same_services_images_and_archive(tmp_path: Path) -> None:
    program = """
import hashlib
from phlo.config.installed import installed_archive
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
