"""Imports a playbook: the phlo.yaml of its containers, and its files with the tasks that are left."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from phlo.ansible_import.collect import MODULES, Became, Collector
from phlo.ansible_import.rewrite import rewritten
from phlo.ansible_import.walk import FoundTask, Walk, short_name
from phlo.compose_import.convert import Converted
from phlo.compose_import.finding import Finding
from phlo.frozen import dataclass, field
from phlo.playbook.free_form import COMMANDS, arguments_of
from phlo.playbook.keywords import OWN_OPERATIONS, PREFIXES, TASK
from phlo.playbook.modules import module_instead
from phlo.playbook.source import SourceFile
from phlo.yaml_source import Keys

# What stays of a task whose containers became services.
_KEPT_WORDS = ("name", "tags", "listen", "run_once")
_EXEC = {
    "container": "service",
    "command": "command",
    "argv": "command",
    "chdir": "chdir",
    "user": "user",
    "env": "environment",
    "stdin": "stdin",
    "detach": "",
    "tty": "",
}
_COPY = {"container": "service", "path": "src", "container_path": "dest", "content": "content", "mode": "mode"}
RENAMED_MODULES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "docker_container_exec": ("exec", _EXEC),
    "docker_container_copy_into": ("copy", _COPY),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of tasks."""

    services: int = 0
    kept: int = 0
    renamed: int = 0
    left: int = 0

    @property
    def all(self) -> int:
        return self.services + self.kept + self.renamed + self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """project: the phlo.yaml, with all findings. files: those of plays and tasks with their new text."""

    project: Converted
    files: Mapping[Path, str]
    counts: Counts


@dataclass(slots=True, kw_only=True)
class _Sorted:
    """Tasks by what becomes of them, each once, however many plays reach it."""

    became: dict[tuple[Path, Keys], tuple[FoundTask, Became]] = field(default_factory=dict)
    renamed: dict[tuple[Path, Keys], tuple[FoundTask, str]] = field(default_factory=dict)
    kept: dict[tuple[Path, Keys], None] = field(default_factory=dict)
    left: dict[tuple[Path, Keys], None] = field(default_factory=dict)


def import_playbook(
    walk: Walk, collector: Collector, *, operations: Collection[str], name: str, installed: Collection[str]
) -> Imported:
    """What a playbook becomes. operations: those that tasks may name. name: of the project, where it can be one."""
    found = _Sorted()
    for task in walk.tasks:
        _sort(task, collector, operations, found)
    edits: dict[Path, dict[Keys, Sequence[Mapping[str, Any]]]] = {}
    services = {service for _, became in found.became.values() for service in became.services}
    for (path, keys), (task, became) in found.became.items():
        if became.is_whole:
            edits.setdefault(path, {})[keys] = _up_tasks(task, became, services)
        else:
            found.left[path, keys] = None
    for (path, keys), (task, key) in list(found.renamed.items()):
        if (one := _renamed_task(task, key, services)) is not None:
            edits.setdefault(path, {})[keys] = [one]
        else:
            del found.renamed[path, keys]
            found.left[path, keys] = None
            collector.findings.append(Finding((task.origin / key).where(), _instead(key), is_lost=False))
    files = {path: _text(walk.loader.file(path), edits.get(path, {}), collector) for path in walk.files}
    collector.findings += walk.findings
    counts = Counts(
        services=sum(became.is_whole for _, became in found.became.values()),
        kept=len(found.kept),
        renamed=len(found.renamed),
        left=len(found.left),
    )
    return Imported(project=collector.result(name=name, installed=installed), files=files, counts=counts)


def _sort(task: FoundTask, collector: Collector, operations: Collection[str], found: _Sorted) -> None:
    place = (task.path, task.origin.keys)
    key = next((str(one) for one in task.mapping if one not in TASK and not str(one).startswith("with_")), None)
    if key is None:
        found.kept[place] = None
        return
    name = short_name(key)
    if name in MODULES:
        became = collector.take(task, key)
        _, before = found.became.setdefault(place, (task, became))
        if before is not became:
            before.services += [one for one in became.services if one not in before.services]
            before.is_whole = before.is_whole and became.is_whole
    elif name in RENAMED_MODULES:
        found.renamed[place] = (task, key)
    elif key.removeprefix(_prefix(key)) in {*operations, *OWN_OPERATIONS, *COMMANDS}:
        found.kept[place] = None
    elif place not in found.left:
        found.left[place] = None
        collector.findings.append(Finding((task.origin / key).where(), _instead(key), is_lost=False))


def _prefix(key: str) -> str:
    return next((prefix for prefix in PREFIXES if key.startswith(prefix)), "")


def _instead(key: str) -> str:
    """What to write in place of a module that phlo does not have."""
    fix = module_instead(key) or "Write an operation of phlo; `phlo docs operations` lists them."
    return f'"{short_name(key)}" is left to do. {fix}'.rstrip(".")


def _up_tasks(task: FoundTask, became: Became, services: Collection[str]) -> list[dict[str, Any]]:
    """The tasks in place of one that described or moved containers."""
    words = {key: task.mapping[key] for key in _KEPT_WORDS if task.mapping.get(key) is not None}
    if "when" in task.mapping and not any(key == "loop" or str(key).startswith("with_") for key in task.mapping):
        words["when"] = task.mapping["when"]
    found: list[dict[str, Any]] = []
    if became.services:
        found.append({**words, "up": {"services": list(dict.fromkeys(became.services))}})
    for one in dict.fromkeys(became.power):
        is_described_here = one.service in became.services and task.is_handler is False and one.state == "restarted"
        if one.service in services and not is_described_here:
            found.append({**words, "power": {"service": one.service, "state": one.state}})
    return found


def _renamed_task(task: FoundTask, key: str, services: Collection[str]) -> dict[str, Any] | None:
    """The task with the operation's own names; None when one of its arguments has no name there."""
    operation, names = RENAMED_MODULES[short_name(key)]
    given = arguments_of(short_name(key), task.mapping[key])
    if not isinstance(given, Mapping) or any(names.get(str(name)) is None for name in given):
        return None
    arguments = {names[name]: value for name, value in given.items() if names[name]}
    if arguments.get("service") not in services:
        arguments["container"] = arguments.pop("service", None)
    return {
        operation if word == key else word: arguments if word == key else item for word, item in task.mapping.items()
    }


def _text(source: SourceFile, edits: Mapping[Keys, Sequence[Mapping[str, Any]]], collector: Collector) -> str:
    text, left = rewritten(source, edits)
    for keys in left:
        what = "shares its line with something else: remove it by hand, it became a service"
        collector.findings.append(Finding(source.where(keys), what, is_lost=False))
    return text
