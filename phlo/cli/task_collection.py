"""The invoke collection of phlo: core verbs, tasks of roles, and the project's own tasks.py."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from invoke.collection import Collection
from invoke.tasks import Task

from phlo.cli.verb_task import VerbTask
from phlo.cli.verbs import VERBS
from phlo.discovery.definition import ServiceDefinition
from phlo.errors import ConfigError, PackageError, PhloError

TASKS_FILE = "tasks.py"


def collection(name: str = "phlo") -> Collection:
    """phlo's own verbs; add tasks of your own to it."""
    return Collection(name, *(VerbTask(verb) for verb in VERBS if verb.is_task))


def role_tasks(definition: ServiceDefinition, root: Path) -> Collection | None:
    """The `@task` functions of a role's `tasks/*.py` or `tasks.py`, None when it has none.

    Their context knows what they are for: `context.phlo.service`, `.role` (the role's folder) and `.root` (the
    project's). Raises PackageError when a file cannot be loaded, or two have a task of one name.
    """
    files = task_files(definition)
    if not files:
        return None
    found = Collection(definition.name)
    found.configure({"phlo": {"service": definition.name, "role": str(definition.root), "root": str(root)}})
    for path in files:
        module = _module(path, f"phlo_tasks_of.{definition.name}.{path.stem}", PackageError)
        for task in _own_tasks(Collection.from_module(module)):
            if task.name in found.task_names:
                raise PackageError(f'two tasks are called "{task.name}"', where=path, fix="Rename one of them.")
            found.add_task(task)
    return found if found.task_names else None


def task_files(definition: ServiceDefinition) -> list[Path]:
    """The Python files with a role's tasks, without private ones (`_x.py`)."""
    names = [name for name in definition.tasks if name.endswith(".py")]
    return [definition.root / name for name in names if not Path(name).name.startswith("_")]


def project_tasks(root: Path) -> Collection | None:
    """What the project's own tasks.py adds to phlo's verbs, None when it has none. Raises ConfigError."""
    path = root / TASKS_FILE
    if not path.is_file():
        return None
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))  # so that it may import what stands beside it, as invoke has it
    loaded = Collection.from_module(_module(path, "tasks", ConfigError))
    found = Collection("project")
    for task in _own_tasks(loaded):
        if task.name not in _core_names():
            found.add_task(task)
    for inner in loaded.collections.values():
        found.add_collection(inner)
    return found


def everything(services: Mapping[str, ServiceDefinition], root: Path | None) -> tuple[Collection, list[PhloError]]:
    """Core, roles' and the project's tasks as one collection, and what could not be loaded of them."""
    whole = collection()
    problems: list[PhloError] = []
    for definition in services.values():
        try:
            found = role_tasks(definition, root or Path())
        except PhloError as error:
            problems.append(error)
            continue
        if found is not None:
            whole.add_collection(found)
    try:
        own = project_tasks(root) if root else None
    except PhloError as error:
        problems.append(error)
        own = None
    if own is not None:
        for task in own.tasks.values():
            whole.add_task(task)
        for name, inner in own.collections.items():
            if name not in whole.collections:
                whole.add_collection(inner)
    return whole, problems


def _own_tasks(found: Collection) -> Iterable[Task[Any]]:
    return [task for task in found.tasks.values() if not isinstance(task, VerbTask)]


def _core_names() -> frozenset[str]:
    return frozenset(name for verb in VERBS if verb.is_task for name in (verb.name, *verb.aliases))


def _module(path: Path, name: str, error: type[PhloError]) -> ModuleType:
    """Run a Python file as a module. Whatever it raises is the file's fault and becomes `error`."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise error("is not a Python file", where=path)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as reason:
        line = _line_in(path, reason)
        raise error(f"cannot be loaded: {type(reason).__name__}: {reason}", where=f"{path}{line}") from reason
    return module


def _line_in(path: Path, reason: BaseException) -> str:
    """`:12` when the error came through line 12 of the file."""
    if isinstance(reason, SyntaxError) and reason.lineno:
        return f":{reason.lineno}"
    trace, line = reason.__traceback__, ""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = f":{trace.tb_lineno}"
        trace = trace.tb_next
    return line
