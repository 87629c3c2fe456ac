"""The cached answer of an `up` without changes."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from phlo.noop_cache import _checksum, cached_summary, discard_if_stale, store
from tests.support.mutations import BROKEN_TEXTS, with_another_type, without_a_key

PLAIN, COLOURED = "✓ Nothing to do\n", "\x1b[32m✓\x1b[0m Nothing to do\n"


def leave(folder: Path, *, engines: dict[str, dict[str, str]] | None = None) -> Path:
    """The file of a entry that is right."""
    (folder / "phlo.yaml").write_text("name: lake\n")
    assert store(
        str(folder),
        ["up"],
        {},
        str(folder),
        project="lake",
        inputs=("/x",),
        environment=("X",),
        images=("image:1",),
        engines=engines or {},
        live=dict.fromkeys(engines or {}, "digest"),
        summary=PLAIN,
        coloured=COLOURED,
        started=time.time(),
    )
    (found,) = (folder / ".phlo" / "cache").iterdir()
    return found


def summary(folder: Path) -> str | None:
    return cached_summary(["up"], {}, str(folder), is_terminal=False)


def test_every_single_byte_of_a_cache_entry_counts(tmp_path: Path) -> None:
    path = leave(tmp_path)
    whole = path.read_bytes()
    assert summary(tmp_path) == PLAIN
    for index in range(len(whole)):
        path.write_bytes(whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :])
        assert summary(tmp_path) is None
        path.write_bytes(whole[:index])
        assert summary(tmp_path) is None
    path.write_bytes(whole + b" ")
    assert summary(tmp_path) is None


@pytest.mark.parametrize("has_checksum", [False, True])
@pytest.mark.parametrize("text", BROKEN_TEXTS)
def test_a_broken_cache_entry_is_none_and_is_removed(text: bytes, has_checksum: bool, tmp_path: Path) -> None:
    path = leave(tmp_path)
    path.write_bytes(_checksum(text) + b"\n" + text if has_checksum else text)
    assert summary(tmp_path) is None
    if not has_checksum:
        assert discard_if_stale(["up"], {}, str(tmp_path))
        assert not path.exists()


def test_a_cache_entry_with_other_content_never_says_that_there_is_nothing_to_do(tmp_path: Path) -> None:
    """Also when somebody recomputed the checksum: the engine is asked, and does not answer."""
    path = leave(tmp_path, engines={"local": {"socket": str(tmp_path / "none.sock"), "api": "1.41"}})
    entry = json.loads(path.read_bytes().partition(b"\n")[2])
    for changed in (*without_a_key(entry), *with_another_type(entry)):
        if isinstance(changed, dict) and changed.get("engines") == {}:
            continue  # a project that is on no engine
        text = json.dumps(changed).encode()
        path.write_bytes(_checksum(text) + b"\n" + text)
        assert summary(tmp_path) is None, changed


def test_the_cached_line_has_colours_only_for_a_terminal(tmp_path: Path) -> None:
    """The run that found nothing to do may have had a terminal, and the next one writes to a file."""
    leave(tmp_path)
    assert cached_summary(["up"], {}, str(tmp_path), is_terminal=False) == PLAIN
    assert cached_summary(["up"], {}, str(tmp_path), is_terminal=True) == COLOURED
