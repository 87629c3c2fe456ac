"""phlo as a process of its own, in a project's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Begin a command of phlo."""
    return subprocess.Popen(
        [sys.executable, "-m", "phlo", *words],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str], code: int = 0, *, timeout_seconds: float = 600) -> str:
    """What a command printed until its end; the exit code must be as said."""
    out, err = process.communicate(timeout=timeout_seconds)
    assert process.returncode == code, f"{process.args} ended with {process.returncode}\n{out}\n{err}"
    return out + err
