"""The user's cache folder: what is in it may be deleted at any time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def cache_folder(environ: Mapping[str, str]) -> Path:
    """`$XDG_CACHE_HOME/phlo`, else `~/.cache/phlo` (XDG Base Directory Specification); it may not be there yet."""
    if base := environ.get("XDG_CACHE_HOME"):
        return Path(base) / "phlo"
    if home := environ.get("HOME"):
        return Path(home) / ".cache" / "phlo"
    import tempfile

    return Path(tempfile.gettempdir()) / ".cache" / "phlo"
