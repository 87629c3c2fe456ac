"""Where phlo keeps what it ships: beside the code in a wheel, at the top of the repository in a checkout."""

from __future__ import annotations

from pathlib import Path

import phlo


def workspace_folder() -> Path | None:
    """The repository that phlo runs from, None when phlo is installed from a wheel."""
    top = Path(phlo.__file__).resolve().parent.parent
    return top if (top / "pyproject.toml").is_file() and (top / "packages").is_dir() else None


def builtin_roles_folder() -> Path | None:
    """The folder of the roles that are built into phlo."""
    return _shipped("roles")


def registry_folder() -> Path | None:
    """The folder that holds `plugins.json` and `schema/`."""
    return _shipped("registry")


def _shipped(name: str) -> Path | None:
    workspace = workspace_folder()
    in_repository = [workspace / name] if workspace else []
    candidates = (Path(phlo.__file__).parent / f"_{name}", *in_repository)
    return next((folder for folder in candidates if folder.is_dir()), None)
