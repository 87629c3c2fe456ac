"""Libraries that are preloaded into a run of phlo to change what one process sees of its machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

COMPILER = shutil.which("cc")


def compiled(folder: Path, name: str) -> Path:
    """The library made of `NAME.c` of this folder, compiled once for a site."""
    assert COMPILER is not None
    library = folder / f"{name}.so"
    if not library.exists():
        source = Path(__file__).with_name(f"{name}.c")
        subprocess.run([COMPILER, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    return library
