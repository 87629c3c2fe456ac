"""Finding and reading task files, roles, playbooks and actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from phlo.discovery.definition import ServiceDefinition
from phlo.errors import ConfigError, did_you_mean
from phlo.frozen import dataclass, field, replace
from phlo.playbook.model import Directives, Entry, Play, RoleContext, Task
from phlo.playbook.parse import TaskParser, file_argument
from phlo.playbook.reading import Reader
from phlo.playbook.scope import Layer, written
from phlo.playbook.source import Origin, SourceFile

SUFFIXES = (".yaml", ".yml")
DEEPEST = 30
NOTHING_AROUND = Directives()


@dataclass(slots=True, kw_only=True)
class Loader:
    """Reads files, each once.

    root:       the project's folder, whose `roles/` may hold roles that are no service's.
    services:   every service there is, for its role's tasks.
    operations: names of the operations there are.
    """

    root: Path
    services: Mapping[str, ServiceDefinition]
    operations: Iterable[str]
    _files: dict[Path, SourceFile] = field(default_factory=dict)
    _depth: int = 0

    def file(self, path: Path) -> SourceFile:
        """A YAML file, parsed. Raises ConfigError."""
        if path not in self._files:
            self._files[path] = SourceFile.read(path, label=self.label(path))
        return self._files[path]

    def label(self, path: Path) -> str:
        """What errors call a file: its path from the project's folder, or from its role's."""
        if path.is_relative_to(self.root):
            return str(path.relative_to(self.root))
        for definition in self.services.values():
            if path.is_relative_to(definition.root) and definition.kind != "inline":
                return f"{definition.package or definition.name}/{path.relative_to(definition.root)}"
        return str(path)

    # -- tasks -------------------------------------------------------------------------------------

    def tasks(
        self,
        path: Path,
        *,
        role: RoleContext | None = None,
        around: Directives = NOTHING_AROUND,
        is_handlers: bool = False,
    ) -> tuple[Entry, ...]:
        """The tasks of a file, which is a list of them or a mapping with `tasks`."""
        source = self.file(path)
        origin = Origin(source)
        value = source.data
        reader = Reader()
        if isinstance(value, Mapping) and value:
            if "tasks" not in value:
                reader.note(origin, "has no tasks", "Write a list of tasks, or a mapping with tasks: [...].")
            origin, value = origin / "tasks", value.get("tasks")
        parser = self.parser(reader, path.parent, role)
        entries: tuple[Entry, ...] = ()
        if value:
            entries = (parser.handlers if is_handlers else parser.entries)(value, origin, around)
        reader.finish()
        return entries

    def parser(self, reader: Reader, folder: Path, role: RoleContext | None = None) -> TaskParser:
        """A parser for the tasks in a file of `folder`."""
        return TaskParser(
            reader=reader, operations=frozenset(self.operations), folder=folder, role=role, imported=self._imported
        )

    def _imported(self, task: Task) -> tuple[Entry, ...]:
        """What an import stands for; its `when`, tags and variables hold for every task of it."""
        if self._depth >= DEEPEST:
            raise ConfigError("imports itself", where=task.origin.where(), fix="Use include_tasks with a `when`.")
        self._depth += 1
        try:
            return self.included(task, str(file_argument(task, include_key(task)).value), task.directives)
        finally:
            self._depth -= 1

    def included(self, task: Task, name: str, around: Directives) -> tuple[Entry, ...]:
        """The tasks that an include or import of `name` brings."""
        if task.operation.endswith("_role"):
            context = self.role(name, where=task.origin.where())
            given = task.arguments.value if isinstance(task.arguments.value, Mapping) else {}
            return self.role_tasks(context, str(given.get("tasks_from", "main")), around, is_needed=True)
        return self.tasks(self.find(task, name, "tasks"), role=task.role, around=around)

    def find(self, task: Task, name: str, kind: str) -> Path:
        """A file that a task names: beside its own file, in its role's folder for such files, or in the project's.

        kind: tasks, files, templates or vars. Raises ConfigError that tells where it was looked for.
        """
        folders = [task.folder]
        if task.role is not None:
            folders = [task.role.folder / kind, task.folder, task.role.folder]
        folders += [task.folder / kind, self.root / kind, self.root]
        for folder in folders:
            if (path := (folder / Path(name).expanduser())).exists():
                return path.resolve()
        looked = ", ".join(dict.fromkeys(self.label(folder / name) for folder in folders))
        raise ConfigError(f'there is no file "{name}"', where=task.origin.where(), fix=f"Looked for {looked}.")

    # -- roles -------------------------------------------------------------------------------------

    def role(self, name: str, *, where: str) -> RoleContext:
        """A role by its name: a folder in the project's `roles/`, or the role of a service."""
        folder = self.root / "roles" / name
        service = self.services.get(name)
        if not folder.is_dir():
            if service is None or service.kind == "inline":
                known = {*self.services, *self._own_roles()}
                raise ConfigError(f'there is no role "{name}"', where=where, fix=did_you_mean(name, known))
            folder = service.root
        bare = RoleContext(name=name, folder=folder, service=name if service else "")
        return replace(bare, defaults=self._role_layer(folder, "defaults"), variables=self._role_layer(folder, "vars"))

    def _own_roles(self) -> list[str]:
        folder = self.root / "roles"
        return [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []

    def _role_layer(self, folder: Path, kind: str) -> Layer:
        path = _first(folder / kind, "main")
        return self.variables(path) if path else {}

    def variables(self, path: Path) -> Layer:
        """The variables of a YAML file. Raises ConfigError."""
        source = self.file(path)
        if not isinstance(source.data, Mapping):
            raise ConfigError("should be a mapping of variables", where=source.label, fix="Write NAME: VALUE lines.")
        return written(source.data, Origin(source))

    def role_tasks(
        self, role: RoleContext, name: str = "main", around: Directives = NOTHING_AROUND, *, is_needed: bool = False
    ) -> tuple[Entry, ...]:
        """The tasks of a role's file; of `main` none when there is no such file."""
        path = _first(role.folder / "tasks", name.removesuffix(".yaml").removesuffix(".yml"))
        if path is None:
            if name == "main" and not (is_needed and not role.service):
                return ()
            label = self.label(role.folder / "tasks")
            fix = "Check its name; a role's tasks are the files there."
            raise ConfigError(f'the role "{role.name}" has no tasks "{name}"', where=label, fix=fix)
        return self.tasks(path, role=role, around=around)

    def role_handlers(self, role: RoleContext) -> tuple[Task, ...]:
        """The handlers of a role."""
        path = _first(role.folder / "handlers", "main")
        if path is None:
            return ()
        return tuple(entry for entry in self.tasks(path, role=role, is_handlers=True) if isinstance(entry, Task))

    # -- playbooks ---------------------------------------------------------------------------------

    def playbook(self, path: Path) -> tuple[Play, ...]:
        """The plays of a file, those of imported playbooks in their places; a ConfigError has all that is wrong."""
        from phlo.playbook.plays import PlayParser

        if self._depth >= DEEPEST:
            raise ConfigError("imports itself", where=self.label(path), fix="Take the import out.")
        reader = Reader()
        source = self.file(path)
        self._depth += 1
        try:
            plays = PlayParser(loader=self, reader=reader, source=source).plays()
        finally:
            self._depth -= 1
        reader.finish()
        return plays


def include_key(task: Task) -> str:
    """The argument of an include that names what is included."""
    return "name" if task.operation.endswith("_role") else "file"


def _first(folder: Path, name: str) -> Path | None:
    """`name` with one of the suffixes of YAML files."""
    return next((path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").is_file()), None)
