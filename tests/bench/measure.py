"""Runs a command as its own process and says how long it took and how much memory it held."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_STOPWATCH = Path(__file__).with_name("stopwatch.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run of a command. peak_rss_kib: of its largest process, children included.

    processor_seconds: time on a processor, of all its processes together.
    """

    seconds: float
    peak_rss_kib: int
    processor_seconds: float = 0.0


class CommandFailed(Exception):
    """A measured command ended with an error; holds its last lines of output."""


def measure(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], timeout_seconds: float = 600
) -> Sample:
    """Time `command` in `folder` with exactly this environment.

    Raises CommandFailed when it exits with anything but 0, or takes longer than `timeout_seconds`.
    """
    log = folder / ".bench-output"
    stopwatch = [sys.executable, "-I", "-S", str(_STOPWATCH), str(log), str(timeout_seconds)]
    done = subprocess.run(
        [*stopwatch, *command], cwd=folder, env=dict(environment), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise CommandFailed(f"{command[0]} could not be started: {done.stderr.strip().splitlines()[-1:]}")
    seconds, rss, code, processor = done.stdout.split()
    if code != "0":
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:])
        shown = " ".join([Path(command[0]).name, *command[1:]])
        raise CommandFailed(f"`{shown}` ended with exit code {code} after {float(seconds):.1f} s\n{tail}")
    return Sample(seconds=float(seconds), peak_rss_kib=int(rss), processor_seconds=float(processor))
