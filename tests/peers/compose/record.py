"""What Compose makes of a file set: its own `config`, and what it asks an engine to create."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.peers.compose.build import VERSIONS
from tests.peers.compose.engine import RecordingEngine
from tests.peers.compose.fileset import FileSet
from tests.peers.compose.recording import ROOT, Recording, substituted

_SECONDS = 60


def record(sets: Iterable[FileSet], programs: Mapping[str, Path], before: Recording) -> Recording:
    """Record every file set; those that `before` has, unchanged, are taken from there."""
    found: Recording = {}
    with tempfile.TemporaryDirectory(prefix="peers-") as scratch, ExitStack() as stack:
        engines = {
            version: stack.enter_context(RecordingEngine(Path(scratch) / f"{index}.sock", VERSIONS[version]))
            for index, version in enumerate(programs)
        }
        for index, one in enumerate(sets):
            if one.digest in before:
                found[one.digest] = before[one.digest]
                continue
            root = Path(scratch) / str(index)
            folder = one.write(root)
            results = {
                version: _of_version(one, root, folder, program, engines[version], Path(scratch))
                for version, program in programs.items()
            }
            found[one.digest] = _joined(one, results)
            print(f"{index:5} {one.id[:100]!r}", file=sys.stderr)
    return found


def _joined(one: FileSet, results: Mapping[str, Any]) -> dict[str, Any]:
    """The results of both versions; of the older one only where it differs."""
    newest, *older = results
    found = {"group": one.group, "name": one.name, "set": one.plain(), newest: results[newest]}
    return found | {version: results[version] for version in older if results[version] != results[newest]}


def _of_version(
    one: FileSet, root: Path, folder: Path, program: Path, engine: RecordingEngine, scratch: Path
) -> dict[str, Any]:
    config = _run(one, root, folder, program, scratch, engine, "config", "--format", "json")
    if config is None:
        return {"fails": "config"}
    engine.forget()
    created = _run(one, root, folder, program, scratch, engine, "create", "--no-build")
    if engine.unknown:
        raise SystemExit(f"peers: {one.id}: the recording engine does not answer {engine.unknown}")
    found = {"config": _sorted(json.loads(config)), "requests": sorted(map(_short, engine.requests), key=str)}
    if created is None:
        found |= {"fails": "create", "requests": []}
    result: dict[str, Any] = substituted(found, str(root), ROOT)
    return result


def _run(
    one: FileSet, root: Path, folder: Path, program: Path, scratch: Path, engine: RecordingEngine, *argv: str
) -> str | None:
    """What Compose prints, None when it fails."""
    options = [word for path in one.use for word in ("-f", path)]
    options += [word for path in one.env_files for word in ("--env-file", path)]
    options += [word for profile in one.profiles for word in ("--profile", profile)]
    environ = {
        **one.environment(root),
        "DOCKER_HOST": f"unix://{engine.socket}",
        "DOCKER_CONFIG": str(scratch / "docker"),
        "COMPOSE_MENU": "false",
    }
    done = subprocess.run(
        [str(program), "--progress", "quiet", *options, *argv],
        cwd=folder,
        env=environ,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=_SECONDS,
    )
    if done.returncode and os.environ.get("PEERS_DEBUG"):
        print(one.id, argv[0], done.stderr[-400:], file=sys.stderr)
    return None if done.returncode else done.stdout


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in sorted(value.items())}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _short(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request without Compose's own labels; the recording engine's clock and order say nothing either."""
    body = dict(request["body"])
    labels = body.get("Labels") or {}
    body["Labels"] = {key: value for key, value in labels.items() if not key.startswith("com.docker.compose.")}
    return {**request, "body": _sorted(body)}
