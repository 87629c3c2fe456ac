"""Finding and reading task files, roles and actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from phlo.discovery.definition import ServiceDefinition
from phlo.discovery.folders import builtin_roles_folder
from phlo.errors import ConfigError, did_you_mean
from phlo.frozen import dataclass, field, replace
from phlo.operations.arguments import NOTHING_ACCEPTED
from phlo.playbook.keywords import ROLE
from phlo.playbook.model import Block, Directives, Entry, RoleContext, Task
from phlo.playbook.parse import TaskParser, directives_of, file_argument
from phlo.playbook.reading import Reader
from phlo.playbook.role_specs import validation_task
from phlo.playbook.scope import Layer, written
from phlo.playbook.source import Origin, SourceFile
from phlo.sections.accepted import Accepted
from phlo.vault.ansible_yaml import as_secrets
from phlo.vault.passwords import Vault

SUFFIXES = (".yaml", ".yml")
DEEPEST = 30
NOTHING_AROUND = Directives()
NOTHING_GIVEN: Mapping[str, Any] = {}


@dataclass(slots=True, kw_only=True)
class Loader:
    """Reads files, each once.

    root:       the project's folder, whose `roles/` may hold roles that are no service's.
    services:   every service there is, for its role's tasks.
    operations: names of the operations there are.
    accepted:   arguments of tasks that pydantic has accepted before.
    vault:      decrypts encrypted values, and files of variables.
    shipped:    the folder of the roles that are built into phlo.
    """

    root: Path
    services: Mapping[str, ServiceDefinition]
    operations: Iterable[str]
    accepted: Accepted = NOTHING_ACCEPTED
    vault: Vault = field(default_factory=Vault)
    shipped: Path | None = field(default_factory=builtin_roles_folder)
    _files: dict[Path, SourceFile] = field(default_factory=dict)
    _depth: int = 0

    def file(self, path: Path) -> SourceFile:
        """A YAML file, parsed. Raises ConfigError, also for one that is encrypted as a whole."""
        source = self._read(path)
        if source.is_encrypted:
            fix = "Encrypt the secret values only, in a file of variables, and keep the tasks readable."
            raise ConfigError("is encrypted as a whole, and is not a file of variables", where=source.label, fix=fix)
        return source

    def _read(self, path: Path) -> SourceFile:
        if path not in self._files:
            self._files[path] = SourceFile.read(path, label=self.label(path), vault=self.vault)
        return self._files[path]

    def label(self, path: Path) -> str:
        """What errors call a file: its path from the project's folder, or from its role's."""
        if path.is_relative_to(self.root):
            return str(path.relative_to(self.root))
        for definition in self.services.values():
            if path.is_relative_to(definition.root) and definition.kind != "inline":
                return f"{definition.package or definition.name}/{path.relative_to(definition.root)}"
        if self.shipped and path.is_relative_to(self.shipped):
            return f"phlo/roles/{path.relative_to(self.shipped)}"
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
        reader.operations = frozenset(self.operations)
        return TaskParser(
            reader=reader, operations=reader.operations, folder=folder, role=role, imported=self._imported
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
            given = task.arguments.value if isinstance(task.arguments.value, Mapping) else {}
            context = self.role(name, where=task.origin.where(), given=given)
            context = replace(context, needed=self._needed(context))
            entry = str(given.get("tasks_from", "main"))
            own = self.role_tasks(context, entry, around, is_needed=True)
            if given.get("rolespec_validate") is not False:
                own = (*self._validation(context, entry, {}, around), *own)
            return (*self.dependencies(context, around), *own)
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

    def role(self, name: str, *, where: str, given: Mapping[str, Any] = NOTHING_GIVEN) -> RoleContext:
        """A role by its name: a folder in the project's `roles/`, the role of a service, or one built into phlo.

        given: `vars_from` and `defaults_from` of an include.
        """
        folder = self.root / "roles" / name
        service = self.services.get(name)
        if not folder.is_dir() and "/" in name:
            folder = self.root / name
        if not folder.is_dir():
            built_in = self.shipped / name if self.shipped and name else None
            if service is not None and service.kind != "inline":
                folder = service.root
            elif built_in is not None and built_in.is_dir():
                folder, service = built_in, None
            else:
                known = {*self.services, *self._own_roles()}
                raise ConfigError(f'there is no role "{name}"', where=where, fix=did_you_mean(name, known))
        return RoleContext(
            name=folder.name if "/" in name else name,
            folder=folder,
            service=name if service else "",
            defaults=self._role_layer(folder, "defaults", str(given.get("defaults_from", "main"))),
            variables=self._role_layer(folder, "vars", str(given.get("vars_from", "main"))),
        )

    def dependencies(self, role: RoleContext, around: Directives, chain: tuple[str, ...] = ()) -> tuple[Entry, ...]:
        """The tasks of the roles that a role's `meta/main.yml` names, each as a block that a host does once."""
        found: list[Entry] = []
        for item, origin in self._named_dependencies(role):
            given = item if isinstance(item, Mapping) else {"role": item}
            name = str(given.get("role") or given.get("name") or "")
            if name in (*chain, role.name):
                raise ConfigError(f'the role "{name}" depends on itself', where=origin.where(), fix="Remove it.")
            reader = Reader()
            inner = directives_of(reader, given, origin, around)
            reader.finish()
            variables = {key: value for key, value in given.items() if key not in ROLE}
            inner = replace(inner, variables=(*inner.variables, *([written(variables, origin)] if variables else [])))
            own = {**variables, "when": given.get("when"), "tags": given.get("tags")}
            needed = self.role(name, where=origin.where())
            found.append(self.role_block(needed, inner, own, variables, (*chain, role.name)))
        return tuple(found)

    def _needed(self, role: RoleContext, chain: tuple[str, ...] = ()) -> tuple[RoleContext, ...]:
        """The roles that a role depends on, each after its own."""
        found: list[RoleContext] = []
        for item, origin in self._named_dependencies(role):
            name = str((item.get("role") or item.get("name")) if isinstance(item, Mapping) else item)
            if name not in (*chain, role.name):
                one = self.role(name, where=origin.where())
                found += [*self._needed(one, (*chain, role.name)), one]
        return tuple(found)

    def role_block(
        self,
        role: RoleContext,
        inner: Directives,
        variables: Mapping[str, Any],
        parameters: Mapping[str, Any],
        chain: tuple[str, ...] = (),
    ) -> Block:
        """A role with what it depends on; done once with the same variables, `when` and tags, unless it says else.

        parameters: of the variables those that are written beside the role's name.
        """
        own = (*self._validation(role, "main", parameters, inner), *self.role_tasks(role, "main", inner))
        entries = (*self.dependencies(role, inner, chain), *own)
        once = "" if self._meta(role).get("allow_duplicates") is True else f"{role.name} {sorted(variables.items())}"
        return Block(name=role.name, block=entries, directives=inner, once=once)

    def _meta(self, role: RoleContext) -> Mapping[str, Any]:
        path = _first(role.folder / "meta", "main")
        data = self.file(path).data if path else {}
        return data if isinstance(data, Mapping) else {}

    def _validation(
        self, role: RoleContext, entry: str, given: Mapping[str, Any], around: Directives
    ) -> tuple[Task, ...]:
        """The task that checks the arguments of a role, whose specification is in `meta/`."""
        path = _first(role.folder / "meta", "argument_specs") or _first(role.folder / "meta", "main")
        data = self.file(path).data if path else None
        if path is None or not isinstance(data, Mapping) or "argument_specs" not in data:
            return ()
        origin = Origin(self.file(path)) / "argument_specs"
        task = validation_task(role, data["argument_specs"], entry, given, around, origin)
        return () if task is None else (task,)

    def _named_dependencies(self, role: RoleContext) -> list[tuple[Any, Origin]]:
        path = _first(role.folder / "meta", "main")
        if path is None:
            return []
        reader = Reader()
        origin = Origin(self.file(path)) / "dependencies"
        found = reader.items(self._meta(role).get("dependencies"), origin, "dependencies")
        reader.finish()
        return found

    def _own_roles(self) -> list[str]:
        folders = [one for one in (self.root / "roles", self.shipped) if one and one.is_dir()]
        return [path.name for folder in folders for path in folder.iterdir() if path.is_dir()]

    def _role_layer(self, folder: Path, kind: str, name: str) -> Layer:
        """The variables of `defaults/NAME.yml`, or of all files of `defaults/NAME/`."""
        stem = name.removesuffix(".yaml").removesuffix(".yml")
        path = _first(folder / kind, stem)
        if path:
            return self.variables(path)
        if not (folder / kind / stem).is_dir():
            return {}
        files = [one for one in sorted((folder / kind / stem).iterdir()) if one.suffix in SUFFIXES]
        return {key: value for one in files for key, value in self.variables(one).items()}

    def variables(self, path: Path) -> Layer:
        """The variables of a YAML file. Raises ConfigError."""
        source = self._read(path)
        if not isinstance(source.data, Mapping):
            raise ConfigError("should be a mapping of variables", where=source.label, fix="Write NAME: VALUE lines.")
        data = as_secrets(source.data, self.vault) if source.is_encrypted else source.data
        return written(data, Origin(source))

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

    def role_handlers(
        self, role: RoleContext, name: str = "main", around: Directives = NOTHING_AROUND
    ) -> tuple[Task, ...]:
        """The handlers of a role's file."""
        path = _first(role.folder / "handlers", name.removesuffix(".yaml").removesuffix(".yml"))
        if path is None:
            return ()
        entries = self.tasks(path, role=role, around=around, is_handlers=True)
        return tuple(entry for entry in entries if isinstance(entry, Task))


def include_key(task: Task) -> str:
    """The argument of an include that names what is included."""
    return "name" if task.operation.endswith("_role") else "file"


def _first(folder: Path, name: str) -> Path | None:
    """`name` with one of the suffixes of YAML files."""
    return next((path for suffix in SUFFIXES if (path := folder / f"{name}{suffix}").is_file()), None)
