"""Reads every task of a playbook, also those whose modules phlo does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from phlo.compose_import.finding import Finding
from phlo.errors import ConfigError, PhloError
from phlo.frozen import dataclass, field, replace
from phlo.playbook.keywords import ROLE
from phlo.playbook.load import DEEPEST, SUFFIXES, Loader
from phlo.playbook.model import RoleContext
from phlo.playbook.scope import Layer, written
from phlo.playbook.source import Origin, Raw

_SECTIONS = ("pre_tasks", "tasks", "post_tasks", "handlers")
_BLOCKS = ("block", "rescue", "always")
_INCLUDES = ("import_tasks", "include_tasks", "import_role", "include_role")


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What holds for a task from outside of it.

    layers: variables, the lowest first. when: conditions. hosts: the play's pattern. files: folders of files that
    tasks name, the nearest first.
    """

    layers: tuple[Layer, ...] = ()
    when: tuple[Raw, ...] = ()
    hosts: str = "all"
    files: tuple[Path, ...] = ()
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTask:
    """A task as it is written. path: of its file. is_handler: it stands under `handlers`."""

    mapping: Mapping[str, Any]
    origin: Origin
    path: Path
    around: Around
    is_handler: bool = False


@dataclass(slots=True, kw_only=True)
class Walk:
    """What a playbook is made of.

    files: every file of plays and tasks. roles: the folders of roles. variable_files: those of `vars_files`.
    findings: what could not be followed.
    """

    loader: Loader
    tasks: list[FoundTask] = field(default_factory=list)
    files: dict[Path, None] = field(default_factory=dict)
    roles: dict[Path, None] = field(default_factory=dict)
    variable_files: dict[Path, None] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _seen: set[tuple[str, ...]] = field(default_factory=set)

    def playbook(self, path: Path, around: Around, depth: int = 0) -> None:
        """Read a playbook with everything that it names. Raises ConfigError for a file that cannot be read."""
        if depth > DEEPEST:
            raise ConfigError("imports itself", where=self.loader.label(path), fix="Remove the import.")
        data, origin = self._data(path)
        for play, place in _mappings(data, origin):
            if name := _of(play, "import_playbook"):
                inner = self._inside(play, place, around)
                self.playbook((path.parent / str(name)).resolve(), inner, depth + 1)
            else:
                self._play(play, place, path, around)

    def _play(self, play: Mapping[str, Any], origin: Origin, path: Path, around: Around) -> None:
        hosts = play.get("hosts", "all")
        pattern = ":".join(map(str, hosts)) if isinstance(hosts, list) else str(hosts)
        inner = self._inside(play, origin, replace(around, hosts=pattern, files=(path.parent,)))
        for name in _listed(play.get("vars_files")):
            inner = replace(inner, layers=(*inner.layers, self._variables(path.parent, name, origin)))
        self._section(play, "pre_tasks", origin, path, inner)
        for index, given in enumerate(_listed(play.get("roles"))):
            role = given if isinstance(given, Mapping) else {"role": given}
            self._role(role, origin / "roles" / index, inner)
        for section in _SECTIONS[1:]:
            self._section(play, section, origin, path, inner)

    def _section(self, play: Mapping[str, Any], name: str, origin: Origin, path: Path, around: Around) -> None:
        self._entries(play.get(name), origin / name, path, around, is_handler=name == "handlers")

    def _entries(self, value: Any, origin: Origin, path: Path, around: Around, *, is_handler: bool = False) -> None:
        for task, place in _mappings(value, origin):
            inner = self._inside(task, place, around)
            if "block" in task:
                for part in _BLOCKS:
                    self._entries(task.get(part), place / part, path, inner, is_handler=is_handler)
                continue
            found = FoundTask(mapping=task, origin=place, path=path, around=inner, is_handler=is_handler)
            self.tasks.append(found)
            self._follow(found)

    def _follow(self, task: FoundTask) -> None:
        """Read what an include or import names."""
        for key in _INCLUDES:
            given = _of(task.mapping, key)
            if given is None:
                continue
            argument = given if isinstance(given, Mapping) else {"name": given, "file": given}
            name = str(argument.get("name" if key.endswith("role") else "file", ""))
            if "{{" in name:
                what = f"includes {name}, whose name is known only when it runs"
                self.findings.append(Finding(task.origin.where(), what, is_lost=False))
            elif key.endswith("role"):
                self._role({"role": name, "tasks_from": argument.get("tasks_from", "main")}, task.origin, task.around)
            else:
                self._included(name, task)

    def _included(self, name: str, task: FoundTask) -> None:
        folders = (task.path.parent, *(folder / "tasks" for folder in task.around.files))
        path = next((found for folder in folders if (found := (folder / name).resolve()).is_file()), None)
        if path is None:
            self.findings.append(Finding(task.origin.where(), f'there is no file "{name}"'))
        else:
            self._file(path, task.around, is_handler=task.is_handler)

    def _file(self, path: Path, around: Around, *, is_handler: bool = False) -> None:
        key = (str(path), around.hosts, *map(repr, around.layers))
        if key in self._seen:
            return
        self._seen.add(key)
        data, origin = self._data(path)
        if isinstance(data, Mapping):
            data, origin = data.get("tasks"), origin / "tasks"
        self._entries(data, origin, path, around, is_handler=is_handler)

    def _role(self, given: Mapping[str, Any], origin: Origin, around: Around, chain: tuple[str, ...] = ()) -> None:
        name = str(given.get("role") or given.get("name") or "")
        try:
            role = self.loader.role(name, where=origin.where())
        except PhloError as error:
            self.findings.append(Finding(origin.where(), error.what))
            return
        self.roles[role.folder] = None
        parameters = {key: value for key, value in given.items() if key not in (*ROLE, "tasks_from")}
        inner = self._inside(given, origin, replace(around, files=(role.folder, *around.files), role=role.name))
        layers = (role.defaults, *inner.layers, role.variables, written(parameters, origin))
        inner = replace(inner, layers=layers)
        for item, place in self._dependencies(role):
            if role.name not in chain:
                self._role(
                    item if isinstance(item, Mapping) else {"role": item}, place, around, chain=(*chain, role.name)
                )
        for kind, file in (("tasks", str(given.get("tasks_from", "main"))), ("handlers", "main")):
            if path := _first(role.folder / kind, file):
                self._file(path, inner, is_handler=kind == "handlers")

    def _dependencies(self, role: RoleContext) -> Iterator[tuple[Any, Origin]]:
        if path := _first(role.folder / "meta", "main"):
            source = self.loader.file(path)
            data = source.data if isinstance(source.data, Mapping) else {}
            for index, item in enumerate(_listed(data.get("dependencies"))):
                yield item, Origin(source) / "dependencies" / index

    def _data(self, path: Path) -> tuple[Any, Origin]:
        source = self.loader.file(path)
        self.files[path] = None
        return source.data, Origin(source)

    def _variables(self, folder: Path, name: Any, origin: Origin) -> Layer:
        path = (folder / str(name)).resolve()
        try:
            found = self.loader.variables(path)
        except PhloError as error:
            self.findings.append(Finding(origin.where(), f"vars_files {name}: {error.what}"))
            return {}
        self.variable_files[path] = None
        return found

    def _inside(self, mapping: Mapping[str, Any], origin: Origin, around: Around) -> Around:
        """What holds inside: the variables and conditions of a play, role, block or task as well."""
        given = mapping.get("vars")
        layers = (written(given, origin / "vars"),) if isinstance(given, Mapping) else ()
        when = [Raw(one, origin / "when") for one in _listed(mapping.get("when"))]
        return replace(around, layers=(*around.layers, *layers), when=(*around.when, *when))


def short_name(key: Any) -> str:
    """A module's name without its collection; of another word the word."""
    return str(key).rpartition(".")[2]


def _of(mapping: Mapping[str, Any], name: str) -> Any:
    """What stands under a word, with or without the collection of Ansible's own modules."""
    return next((value for key, value in mapping.items() if short_name(key) == name), None)


def _mappings(value: Any, origin: Origin) -> Iterator[tuple[Mapping[str, Any], Origin]]:
    for index, item in enumerate(_listed(value)):
        if isinstance(item, Mapping):
            yield item, origin / index


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _first(folder: Path, name: str) -> Path | None:
    stem = name.removesuffix(".yaml").removesuffix(".yml")
    return next((path for suffix in SUFFIXES if (path := folder / f"{stem}{suffix}").is_file()), None)
