"""The code location `workflows`: the definitions in the user's folder, looked for anew at every reload."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

from dagster import Definitions, load_definitions_from_modules

FOLDER = Path("/opt/dagster/project/workflows")
EMPTY = (
    "phlo-dagster: workflows/ holds no Python module, so there is nothing to run yet. "
    "Write workflows/definitions.py, then: phlo run dagster.reload"
)


def load(folder: Path = FOLDER, named: str = "") -> Definitions:
    """The definitions of a module that is named; else of `definitions.py`; else all that the folder's modules hold.

    An empty or missing folder has none, and says so.
    """
    if named:
        return _of(importlib.import_module(named))
    if (folder / "definitions.py").is_file():
        return _of(importlib.import_module(f"{folder.name}.definitions"))
    names = sorted(module.name for module in pkgutil.iter_modules([str(folder)]))
    if not names:
        print(EMPTY, file=sys.stderr, flush=True)
        return Definitions()
    return load_definitions_from_modules([importlib.import_module(f"{folder.name}.{name}") for name in names])


def _of(module: ModuleType) -> Definitions:
    """What a module defines: its one `Definitions`, else its assets, jobs, schedules and sensors."""
    found = {id(value): value for value in vars(module).values() if isinstance(value, Definitions)}
    if len(found) > 1:
        raise ValueError(f"{module.__name__} has {len(found)} Definitions. Merge them: Definitions.merge(a, b).")
    return next(iter(found.values())) if found else load_definitions_from_modules([module])


defs = load(named=os.environ.get("DAGSTER_MODULE", ""))
