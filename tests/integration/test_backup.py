"""Backup, destruction and restore of whole projects, on a real engine."""

from __future__ import annotations

import json
import os
import tarfile
from pathlib import Path

import pytest

from phlo.discovery import ServiceDiscovery
from phlo.errors import OperationError
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.operations import volume, volume_archive, volume_unarchive
from phlo.testing.law import assert_converges, converge
from tests.integration.conftest import Phlo

STAY = """["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]"""

NOTES = f"""
name: notes
default: true
image: phlo/test-busybox:1
version: "3"
env_vars:
  NOTES_KEY: {{secret: true}}
compose:
  command: {STAY}
  environment: {{NOTES_KEY: "${{NOTES_KEY}}"}}
  volumes: ["notes:/notes"]
  stop_grace_period: 1s
"""
BACKUP = """
help: Write the notes to a file
arguments:
  to: {type: path, required: true, help: the file}
tasks:
  - exec: {command: [sh, -c, "cat /notes/text"], stdout_file: "{{ to }}"}
  - debug: {msg: "the key is {{ NOTES_KEY }}"}
"""
RESTORE = """
help: Put the notes back
arguments:
  from: {type: path, required: true, help: the file}
lock: true
tasks:
  - exec: {command: [sh, -c, "grep -q refuse /notes/text && exit 1; cat > /notes/text"], stdin_file: "{{ from }}"}
"""
LEDGER_RESTORE = """
help: Put the ledger back
arguments:
  from: {type: path, required: true, help: the file}
lock: true
tasks:
  - exec:
      command: [sh, -c, "cat > /notes/new; grep -q bad /notes/new && exit 1; mv /notes/new /notes/text"]
      stdin_file: "{{ from }}"
"""
PROJECT = """
name: {name}
services:
  disabled: {disabled}
  files:
    type: inline
    image: phlo/test-busybox:1
    command: {stay}
    volumes: ["files:/files"]
    stop_grace_period: 1s
  reader:
    type: inline
    image: phlo/test-busybox:1
    command: {stay}
    depends_on: [notes]
    stop_grace_period: 1s
"""


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    role = tmp_path / "roles" / "notes"
    (role / "tasks").mkdir(parents=True)
    (role / "service.yaml").write_text(NOTES)
    (role / "tasks" / "backup.yaml").write_text(BACKUP)
    (role / "tasks" / "restore.yaml").write_text(RESTORE)
    disabled = json.dumps([service.name for service in ServiceDiscovery().get_default_services()])
    (tmp_path / "phlo.yaml").write_text(PROJECT.format(name=project, disabled=disabled, stay=STAY))
    return tmp_path


def write(phlo: Phlo, service: str, path: str, text: str) -> None:
    phlo("exec", service, "sh", "-c", f"printf %s '{text}' > {path}")


def read(phlo: Phlo, service: str, path: str) -> str:
    return phlo("exec", service, "cat", path).stdout


@pytest.fixture
def filled(phlo: Phlo, folder: Path) -> Path:
    """The project, up, with something to lose."""
    phlo("run", "up")
    write(phlo, "notes", "/notes/text", "remember")
    phlo("exec", "files", "sh", "-c", "mkdir -p /files/deep && echo 1 > /files/deep/a && chown -R 7:8 /files/deep")
    return folder


def test_what_was_destroyed_is_there_again(phlo: Phlo, engine: Engine, project: str, filled: Path) -> None:
    said = phlo("run", "backup", "--to", "lake.tar.gz", "--volumes")
    assert os.stat(filled / "lake.tar.gz").st_mode & 0o777 == 0o600
    assert "NOTES_KEY" not in said.stdout
    secret = phlo("secrets", "get", "NOTES_KEY").stdout.strip()
    assert secret
    assert secret not in said.stdout + said.stderr
    phlo("run", "down", "--volumes", "--yes")
    assert not engine.get("/volumes", filters={"label": [f"phlo.project={project}"]})["Volumes"]
    said = phlo("run", "restore", "--from", "lake.tar.gz")
    assert "Restored: notes, files." in said.stdout
    assert read(phlo, "notes", "/notes/text") == "remember"
    assert phlo("exec", "files", "stat", "-c", "%u:%g", "/files/deep/a").stdout == "7:8\n"
    assert read(phlo, "files", "/files/deep/a") == "1\n"
    assert "Nothing to do" in phlo("run", "up").stderr
    assert list(filled.glob(".phlo-backup-*")) == []


def test_the_manifest_says_what_is_in_it(phlo: Phlo, project: str, filled: Path) -> None:
    phlo("run", "backup", "--to", "backups/", "--volumes")
    (archive,) = (filled / "backups").iterdir()
    assert archive.name.startswith(f"{project}-")
    with tarfile.open(archive) as tar:
        source = tar.extractfile("manifest.json")
        assert source
        manifest = json.load(source)
    entries = {(entry["service"], entry["volume"]): entry for entry in manifest["entries"]}
    assert set(entries) == {("notes", None), ("files", "files")}
    assert entries["notes", None]["version"] == "3"
    assert entries["notes", None]["files"][0]["size"] == len("remember")
    listed = phlo("restore", "--from", str(archive), "--list").stdout
    assert "volume files" in listed
    assert "Verified with the key of this project." in listed


def test_without_volumes_what_is_left_out_is_told(phlo: Phlo, filled: Path) -> None:
    said = phlo("run", "backup", "--to", "lake.tar.gz")
    assert "the volume files is not part of it" in said.stderr
    assert "1 part" in said.stdout
    assert "already exists" in phlo("run", "backup", "--to", "lake.tar.gz", code=3).stderr


def test_a_damaged_archive_changes_nothing(phlo: Phlo, filled: Path) -> None:
    phlo("run", "backup", "--to", "lake.tar.gz")
    write(phlo, "notes", "/notes/text", "newer")
    data = bytearray((filled / "lake.tar.gz").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (filled / "lake.tar.gz").write_bytes(data)
    phlo("run", "restore", "--from", "lake.tar.gz", code=3)
    assert read(phlo, "notes", "/notes/text") == "newer"


def test_an_archive_of_another_key_changes_nothing_without_a_word_for_it(phlo: Phlo, filled: Path) -> None:
    phlo("run", "backup", "--to", "lake.tar.gz")
    write(phlo, "notes", "/notes/text", "newer")
    key = filled / ".phlo" / "backup-key"
    assert os.stat(key).st_mode & 0o777 == 0o600
    kept = key.rename(filled / "kept-key")
    said = phlo("run", "restore", "--from", "lake.tar.gz", "--yes", code=3)
    assert "Add --unverified" in said.stderr
    assert "Not verified" in phlo("restore", "--from", "lake.tar.gz", "--list").stdout
    phlo("run", "backup", "--to", "other.tar.gz")  # makes another key
    phlo("run", "restore", "--from", "lake.tar.gz", "--yes", code=3)
    assert read(phlo, "notes", "/notes/text") == "newer"
    said = phlo("run", "restore", "--from", "lake.tar.gz", "--yes", "--unverified")
    assert "lake.tar.gz is not verified" in said.stderr
    assert read(phlo, "notes", "/notes/text") == "remember"
    key.write_text(key.read_text() + kept.read_text())
    for archive in ("lake.tar.gz", "other.tar.gz"):
        assert "not verified" not in phlo("run", "restore", "--from", archive, "--yes").stderr


def test_a_service_is_not_read_while_it_runs_and_runs_again_afterwards(
    phlo: Phlo, engine: Engine, project: str, filled: Path
) -> None:
    before = engine.get(f"/containers/{project}-files-1/json")
    phlo("run", "backup", "--to", "lake.tar.gz", "--volumes", "files")
    after = engine.get(f"/containers/{project}-files-1/json")
    assert after["State"]["Running"]
    assert after["State"]["StartedAt"] > before["State"]["StartedAt"]
    assert after["Id"] == before["Id"]


@pytest.fixture
def ledger(folder: Path) -> None:
    """A second service with a backup, that depends on the first; it refuses what is bad."""
    role = folder / "roles" / "ledger"
    (role / "tasks").mkdir(parents=True)
    text = NOTES.replace("name: notes", "name: ledger\ndepends_on: [notes]").replace("notes:/notes", "ledger:/notes")
    (role / "service.yaml").write_text(text)
    (role / "tasks" / "backup.yaml").write_text(BACKUP)
    (role / "tasks" / "restore.yaml").write_text(LEDGER_RESTORE)


def test_when_one_part_fails_all_is_as_it_was_before(
    ledger: None, phlo: Phlo, engine: Engine, project: str, filled: Path
) -> None:
    write(phlo, "ledger", "/notes/text", "bad")
    phlo("run", "backup", "--to", "lake.tar.gz")
    write(phlo, "notes", "/notes/text", "newer")
    write(phlo, "ledger", "/notes/text", "fine")
    said = phlo("run", "restore", "--from", "lake.tar.gz", "--yes", code=5)
    assert "Everything is as it was before" in said.stderr
    assert read(phlo, "notes", "/notes/text") == "newer"
    assert read(phlo, "ledger", "/notes/text") == "fine"
    assert engine.get(f"/containers/{project}-reader-1/json")["State"]["Running"]


def test_what_cannot_be_put_back_is_kept(phlo: Phlo, engine: Engine, project: str, filled: Path) -> None:
    phlo("run", "backup", "--to", "lake.tar.gz")
    write(phlo, "notes", "/notes/text", "refuse")  # the action refuses to replace this
    said = phlo("run", "restore", "--from", "lake.tar.gz", "--yes", code=1)
    assert read(phlo, "notes", "/notes/text") == "refuse"
    (kept,) = (filled / ".phlo").glob("before-restore-*")
    assert str(kept) in said.stderr
    assert (kept / "services" / "notes").read_text() == "refuse"
    assert kept.stat().st_mode & 0o077 == 0
    assert engine.get(f"/containers/{project}-reader-1/json")["State"]["Running"]
    phlo("run", "restore", "--from", "lake.tar.gz", "--yes", "--no-copy", code=1)


def test_what_has_no_place_in_the_project_is_named_and_nothing_happens(phlo: Phlo, filled: Path) -> None:
    phlo("run", "backup", "--to", "lake.tar.gz", "--volumes")
    (filled / "roles" / "notes" / "tasks" / "backup.yaml").unlink()
    said = phlo("run", "restore", "--from", "lake.tar.gz", code=3)
    assert "holds data of notes, for which this project has no place" in said.stderr


def test_a_volume_goes_into_an_archive_and_back(project: str, host: Host, tiny: str, tmp_path: Path) -> None:
    name = f"{project}_data"
    converge("volume", volume.Args(name=name, project=project), host)
    archive = volume_archive.Args(volume=name, dest=Path("x.tar"), replace=False, folder=tmp_path)
    assert [change.verb for change in assert_converges("volume_archive", archive, host)] == ["create"]
    other = volume_unarchive.Args(src=Path("x.tar"), volume=f"{project}_other", project=project, folder=tmp_path)
    assert [change.verb for change in assert_converges("volume_unarchive", other, host)] == ["create"]
    with pytest.raises(OperationError, match="there is no volume"):
        converge("volume_archive", volume_archive.Args(volume="nobodys", dest=Path("y"), folder=tmp_path), host)
