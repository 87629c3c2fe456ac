"""The disk below phlo's own files is full: its record, its caches, what it was asked to write, and its output."""

from __future__ import annotations

import json
from pathlib import Path

from phlo.execute.history import FOLDER
from tests.faults import state
from tests.faults.launch import spawn
from tests.faults.preload import compiled
from tests.faults.scenario import Target
from tests.faults.site import EXIT_CODES, Site, Trial

FILES, OUTPUT = "files", "output"
# What a run is asked to write, besides what it always writes.
_REPORT = "report.xml"
CONFIGURATION = 3  # the code for a file that could not be written before the run began


def disk_full(site: Site, target: Target, *, which: str, at: int) -> Trial:
    """From the `at`-th write on, no write to phlo's own files (or to its output) succeeds in one run."""
    before = state.born(site.engine, site.name)
    report = site.folder / _REPORT
    report.unlink(missing_ok=True)
    known = set(_records(site))
    site.write(target)
    environ = {
        "LD_PRELOAD": str(compiled(site.folder, "full")),
        "FAULT_FULL": which,
        "FAULT_FULL_AT": str(at),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = site.start("up", "--junit", _REPORT, launch=spawn, environ=environ).end()
    fresh = [path for path in _records(site) if path not in known]
    is_whole = any(_is_whole(path) for path in fresh) and report.exists() and "✓" in done.output
    if done.code == 0 and is_whole and (which == OUTPUT or "No space" not in done.output):
        return Trial()  # the run made fewer writes than that
    trial = Trial(struck=f"{which}, write {at}")
    if done.code not in (*EXIT_CODES, CONFIGURATION) or "Traceback" in done.output:
        trial.problems.append(f"ended with {done.code}: {done.output}")
    if done.code == 0:
        trial.problems.append(f"ended with 0 though something was not written: {done.output}")
    if which == FILES and "No space left" not in done.output:
        trial.problems.append(f"does not say that the disk is full: {done.output}")
    trial.problems += state.leftovers(site.engine, site.name)
    trial.problems += site.check_recovery(target, before)
    return trial


def _records(site: Site) -> list[Path]:
    return sorted((site.folder / FOLDER).glob("*.jsonl"))


def _is_whole(path: Path) -> bool:
    """Whether a record has its last event."""
    lines = path.read_text().splitlines()
    try:
        return bool(lines) and json.loads(lines[-1])["kind"] == "run_finished"
    except ValueError:
        return False
