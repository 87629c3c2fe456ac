"""Files of the cache folders are whole or not there."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from phlo.kept_file import write_kept


def test_a_file_is_for_its_owner_alone_and_replaces_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "entry"
    for data in (b"first", b"second"):
        write_kept(str(path), data)
        assert path.read_bytes() == data
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_on_a_full_disk_the_file_before_stays_and_no_temporary_one_is_left(tmp_path: Path) -> None:
    path = tmp_path / "entry"
    write_kept(str(path), b"before")

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

    program = f"from phlo.kept_file import write_kept; write_kept({str(path)!r}, b'after' * 1000)"
    done = subprocess.run(
        [sys.executable, "-B", "-c", program], preexec_fn=limit, capture_output=True, text=True, timeout=60
    )
    assert "File too large" in done.stderr
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_not_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write_kept(str(tmp_path / "file" / "entry"), b"")
