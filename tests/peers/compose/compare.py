"""Where phlo and Compose differ on a file set."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.peers.compose import normal, subject
from tests.peers.compose.fileset import FileSet
from tests.peers.compose.recording import ROOT, substituted

NEWEST, OLDER = "5.6", "2.26"
NOTHING = "nothing"


def differences(one: FileSet, recorded: Mapping[str, Any]) -> list[str]:
    """Each a sentence with what phlo has and what the newest Compose has; empty when they agree."""
    with tempfile.TemporaryDirectory(prefix="peers-") as scratch:
        root = Path(scratch)
        one.write(root)
        with _home(root / "home"):
            found = _differences(one, root, substituted(recorded[NEWEST], ROOT, scratch))
        return sorted({text.replace(scratch, "") for text in found})


def _differences(one: FileSet, root: Path, peer: Mapping[str, Any]) -> list[str]:
    try:
        made = subject.of_set(one, root)
    except subject.PhloError as reason:
        return [] if "fails" in peer else [f"phlo refuses: {reason}"]
    except Exception as reason:  # a fault of phlo, to be listed like any other until it is repaired
        return [f"phlo fails: {reason!r}"]
    if "fails" in peer:
        return [f"phlo accepts what Compose refuses in `{peer['fails']}`"]
    if not peer["config"]["services"]:
        return [f"services: phlo {sorted(made.model['services'])}, Compose none"] if made.model["services"] else []
    try:
        wanted = subject.of_config(peer["config"], one, root)
    except subject.PhloError as reason:
        return [f"phlo refuses what `config` gave: {reason}"]
    targets = _file_targets(made.model)
    return [
        *_between("", normal.model(made.model), normal.model(wanted.model)),
        *_between("", normal.requests(made.requests, targets), normal.requests(peer["requests"], targets)),
    ]


@contextmanager
def _home(folder: Path) -> Iterator[None]:
    """The home folder that `~` stands for."""
    before = os.environ.get("HOME")
    os.environ["HOME"] = str(folder)
    try:
        yield
    finally:
        if before is not None:
            os.environ["HOME"] = before


def between_versions(recorded: Mapping[str, Any]) -> bool:
    """Whether the two versions of Compose differ, in what they create or in whether they accept the set."""
    if OLDER not in recorded:
        return False
    new, old = recorded[NEWEST], recorded[OLDER]
    if "fails" in new or "fails" in old:
        return ("fails" in new) != ("fails" in old)
    return normal.requests(new["requests"], {}) != normal.requests(old["requests"], {})


def _file_targets(model: Mapping[str, Any]) -> dict[str, set[str]]:
    """Container -> where the files of its secrets and configs are."""
    found = {}
    for name, service in model["services"].items():
        targets = {one["target"] for one in (*service["configs"], *service["secrets"])}
        for number in range(1, service["scale"] + 1):
            found[service["container_name"] or f"{model['name']}-{name}-{number}"] = targets
    return found


def _between(at: str, ours: Any, theirs: Any) -> Iterator[str]:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key in sorted({*ours, *theirs}):
            yield from _between(f"{at}.{key}" if at else key, ours.get(key, NOTHING), theirs.get(key, NOTHING))
    elif ours != theirs:
        yield f"{at}: phlo {_shown(ours)}, Compose {_shown(theirs)}"


def _shown(value: Any) -> str:
    return value if value is NOTHING else repr(value)
