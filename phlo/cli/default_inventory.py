"""Which inventory a command uses: that of -i, else PHLO_INVENTORY, else `inventory` of phlo.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from phlo.cli.shell import Shell
from phlo.config.root import PROJECT_FILE
from phlo.errors import ConfigError, InventoryError

VARIABLE = "PHLO_INVENTORY"
_KEY = "inventory"


def inventory_paths(options: Any, shell: Shell, root: Path) -> list[Path]:
    """The files, folders and programs of the inventory; none means this machine only.

    Paths of -i and of PHLO_INVENTORY start at the working directory, those of phlo.yaml at its folder.
    Raises ConfigError for a phlo.yaml that cannot be read, InventoryError if a path of a default does not exist.
    """
    if named := getattr(options, "inventory", ()):
        return [shell.cwd / name for name in named]
    if names := [name.strip() for name in shell.environ.get(VARIABLE, "").split(",") if name.strip()]:
        return [_existing(shell.cwd / name, name, where=VARIABLE) for name in names]
    return _of_project(root)


def _of_project(root: Path) -> list[Path]:
    path = root / PROJECT_FILE
    try:
        # Most projects have no default inventory: then the file is not parsed a second time.
        if _KEY.encode() not in path.read_bytes():
            return []
    except OSError:
        return []  # there is no phlo.yaml, or reading the project reports the reason
    from phlo.yaml_source import CoreLoader, load_yaml

    document = load_yaml(path, label=path.name, loader=CoreLoader)
    given = document.data.get(_KEY) if isinstance(document.data, dict) else None
    names = given if isinstance(given, list) else [] if given is None else [given]
    where = str(document.where(_KEY))
    if not all(isinstance(name, str) and name for name in names):
        fix = "Write it relative to phlo.yaml, e.g. inventory: inventories/production.yaml."
        raise ConfigError("should be a path or a list of paths", where=where, fix=fix)
    return [_existing(root / name, name, where=where) for name in names]


def _existing(path: Path, name: str, *, where: str) -> Path:
    if not path.exists():
        raise InventoryError(f"{name} does not exist", where=where, fix="Correct the path, or use -i PATH instead.")
    return path
