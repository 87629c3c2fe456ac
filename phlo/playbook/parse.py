"""From YAML to tasks and blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from phlo.errors import ConfigError, PhloError, did_you_mean
from phlo.frozen import dataclass, replace
from phlo.playbook.aliases import renamed
from phlo.playbook.free_form import COMMANDS, arguments_of, first_word
from phlo.playbook.keywords import (
    BLOCK,
    INCLUDE,
    INCLUDE_ARGUMENTS,
    INSTEAD,
    LOOP_CONTROL,
    META,
    META_INSTEAD,
    NEAREST,
    OWN_OPERATIONS,
    TASK,
    without_prefix,
)
from phlo.playbook.model import Block, Directives, Entry, LoopControl, RoleContext, Task
from phlo.playbook.module_defaults import module_defaults_of, with_defaults
from phlo.playbook.modules import module_instead
from phlo.playbook.reading import Reader
from phlo.playbook.scope import Layer, written
from phlo.playbook.source import Origin, Raw

Include = Callable[[Task], tuple[Entry, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskParser:
    """Reads the tasks of one file.

    operations: names of the operations there are. folder: of the file.
    imported:   reads what an `import_tasks` or `import_role` stands for. is_handlers: they may have `listen`.
    """

    reader: Reader
    operations: frozenset[str]
    folder: Path
    role: RoleContext | None
    imported: Include
    is_handlers: bool = False

    def entries(self, value: Any, origin: Origin, around: Directives) -> tuple[Entry, ...]:
        """The tasks and blocks of a list."""
        found: list[Entry] = []
        for item, place in self.reader.items(value, origin, "a list of tasks"):
            mapping = self.reader.mapping(item, place, "a task")
            if "block" in mapping:
                found.append(self._block(mapping, place, around))
            elif mapping:
                task = self.task(mapping, place, around)
                if task is not None:
                    found += self._or_imported(task)
        return tuple(found)

    def _or_imported(self, task: Task) -> tuple[Entry, ...]:
        """The task, or what an import stands for."""
        if task.operation not in ("import_tasks", "import_role") or task.loop is not None:
            return (task,)
        try:
            return self.imported(task)
        except PhloError as error:
            self.reader.problems.append(error)
            return ()

    def handlers(self, value: Any, origin: Origin, around: Directives) -> tuple[Task, ...]:
        """The handlers of a list."""
        found = []
        for entry in replace(self, is_handlers=True).entries(value, origin, around):
            if isinstance(entry, Task):
                found.append(entry)
            else:
                self.reader.note(origin, "a handler cannot be a block", "Give each of its tasks a `listen`.")
        return tuple(found)

    def _block(self, mapping: Mapping[str, Any], origin: Origin, around: Directives) -> Block:
        self.reader.known_keys(mapping, BLOCK, origin, "a block")
        inner = directives_of(self.reader, mapping, origin, around)
        return Block(
            name=self.reader.text(mapping, "name", origin) or "",
            block=self.entries(mapping["block"], origin / "block", inner),
            rescue=self.entries(mapping.get("rescue"), origin / "rescue", inner),
            always=self.entries(mapping.get("always"), origin / "always", inner),
            directives=inner,
        )

    def task(self, mapping: Mapping[str, Any], origin: Origin, around: Directives) -> Task | None:
        """One task; None when it is too wrong to go on with."""
        reader = self.reader
        found = self._operation(mapping, origin)
        if found is None:
            return None
        operation, key, value = found
        if key == "local_action":
            around = replace(around, delegate_to=Raw("localhost", origin / key))
        directives = directives_of(reader, mapping, origin, around)
        defaults = directives.module_defaults.get(operation)
        until = reader.conditions(mapping, "until", origin)
        task = Task(
            name=reader.text(mapping, "name", origin) or _short_name(operation, value),
            operation="command" if operation in COMMANDS else operation,
            arguments=self._arguments(operation, value, mapping.get("args"), origin / key, origin, defaults),
            origin=origin,
            folder=self.folder,
            directives=directives,
            loop=self._loop(mapping, origin),
            loop_control=self._loop_control(mapping, origin),
            register=self._register(mapping, origin),
            until=until or None,
            retries=reader.raw(mapping, "retries", origin),
            delay=reader.raw(mapping, "delay", origin),
            changed_when=_given(reader.conditions(mapping, "changed_when", origin), mapping, "changed_when"),
            failed_when=_given(reader.conditions(mapping, "failed_when", origin), mapping, "failed_when"),
            listen=reader.texts(mapping, "listen", origin),
            role=self.role,
            around=around,
        )
        self._check_own(task)
        self._check_keywords(task, mapping)
        return task

    def _operation(self, mapping: Mapping[str, Any], origin: Origin) -> tuple[str, str, Any] | None:
        """The operation's name, the key it is written under, and what is behind it; None for a wrong task."""
        found: list[tuple[str, str, Any]] = []
        for key, value in mapping.items():
            name = without_prefix(str(key))
            if name in ("action", "local_action"):
                name, value = _of_action(value)
            if name in self.operations or name in OWN_OPERATIONS or name in COMMANDS:
                found.append((name, key, value))
            elif key not in TASK or key in ("action", "local_action"):
                self._unknown(name, origin / key)
                return None
        if len(found) == 1:
            return found[0]
        names = ", ".join(key for _, key, _ in found)
        what = f"has more than one operation: {names}" if found else "has no operation"
        self.reader.note(origin, f"the task {what}", "Write one operation a task, e.g. `exec: ls`.")
        return None

    def _unknown(self, name: str, place: Origin) -> None:
        if instead := module_instead(name):
            self.reader.note(place, f'"{name}" is a module of Ansible that phlo does not have', instead)
            return
        fix = INSTEAD.get(name) or did_you_mean(name, {*self.operations, *OWN_OPERATIONS, *TASK})
        if not fix.startswith("Known"):
            self.reader.note(place, f'"{name}" is neither an operation nor a keyword of a task', fix)
        else:
            self.reader.note(place, f'there is no operation "{name}"', "`phlo docs operations` lists all.")

    def _arguments(
        self, operation: str, value: Any, extra: Any, place: Origin, origin: Origin, defaults: Raw | None
    ) -> Raw:
        """What stands behind the operation's name, with `args` and `module_defaults` added."""
        given = renamed(operation, arguments_of(operation, value))
        if extra is None:
            return Raw(with_defaults(given, defaults), place)
        more = renamed(operation, self.reader.mapping(extra, origin / "args", "args"))
        if isinstance(given, str):
            return Raw(with_defaults({"__main__": given, **more}, defaults), place)
        joined = with_defaults({**more, **(given or {})}, defaults)
        return Raw(arguments_of(operation, joined) if operation in COMMANDS else joined, place)

    def _loop(self, mapping: Mapping[str, Any], origin: Origin) -> Raw | None:
        given = [key for key in mapping if key == "loop" or str(key).startswith("with_")]
        given = [key for key in given if mapping[key] is not None]
        if len(given) > 1:
            self.reader.note(origin, f"{' and '.join(given)} exclude each other", "Keep one.")
        return Raw(mapping[given[0]], origin / given[0]) if given else None

    def _loop_control(self, mapping: Mapping[str, Any], origin: Origin) -> LoopControl:
        if mapping.get("loop_control") is None:
            return LoopControl()
        place = origin / "loop_control"
        given = self.reader.mapping(mapping["loop_control"], place, "loop_control")
        self.reader.known_keys(given, LOOP_CONTROL, place, "loop_control")
        return LoopControl(
            loop_var=self.reader.text(given, "loop_var", place) or "item",
            index_var=self.reader.text(given, "index_var", place),
            label=self.reader.raw(given, "label", place),
            pause_seconds=self.reader.raw(given, "pause", place),
            is_extended=given.get("extended") is True,
            has_all_items=given.get("extended_allitems") is not False,
            break_when=self.reader.conditions(given, "break_when", place),
        )

    def _register(self, mapping: Mapping[str, Any], origin: Origin) -> str | None:
        name = self.reader.text(mapping, "register", origin)
        if name is not None and not name.isidentifier():
            self.reader.note(origin / "register", f'"{name}" is not a variable\'s name', "Use letters, digits and _.")
        return name

    def _check_own(self, task: Task) -> None:
        value = task.arguments.value
        if task.operation == "meta" and value not in META:
            fix = META_INSTEAD.get(str(value)) or did_you_mean(str(value), META)
            self.reader.note(task.arguments.origin, f'there is no meta task "{value}"', fix)
        if task.operation == "meta" and value == "end_role" and task.role is None:
            self.reader.note(
                task.arguments.origin, "end_role is for the tasks of a role", "Write end_host or end_play."
            )
        if task.operation == "up" and not _names_services(value):
            self.reader.note(task.arguments.origin, "up needs services", "Write up: {services: [NAME]}.")
        known = INCLUDE_ARGUMENTS.get(task.operation)
        if known and isinstance(value, Mapping):
            named = {name: item for name, item in value.items() if name != "__main__"}
            self.reader.known_keys(named, known, task.arguments.origin, task.operation, "an argument")
        if task.operation.startswith("import_") and task.loop is not None:
            other = task.operation.replace("import", "include")
            self.reader.note(task.origin / "loop", f"{task.operation} cannot loop", f"Write {other}.")

    def _check_keywords(self, task: Task, mapping: Mapping[str, Any]) -> None:
        """Note the words that the task has and that do not hold for it."""
        if mapping.get("async") not in (None, 0):
            fix = "Hosts and items wait for the task; give it a `timeout_seconds`."
            self.reader.note(task.origin / "async", "a task cannot go on in the background", fix)
        if task.listen and not self.is_handlers:
            self.reader.note(task.origin / "listen", "listen is for handlers", "Move the task under handlers.")
        if task.operation not in ("include_tasks", "include_role"):
            return
        for key in mapping:
            if key in TASK and key not in INCLUDE and not str(key).startswith("with_"):
                fix = f"Write apply: {{{key}: ...}} in {task.operation}, or use import_{task.operation[8:]}."
                self.reader.note(task.origin / key, f'"{key}" does not hold for what {task.operation} brings', fix)


def _names_services(value: Any) -> bool:
    names = value.get("services") if isinstance(value, Mapping) and list(value) == ["services"] else None
    return isinstance(names, list) and bool(names) and all(isinstance(name, str) for name in names)


def directives_of(reader: Reader, mapping: Mapping[str, Any], origin: Origin, around: Directives) -> Directives:
    """What holds inside a task, block, role or play: its own words and those around it."""
    variables = around.variables
    if mapping.get("vars") is not None:
        variables = (*variables, variables_of(reader, mapping["vars"], origin / "vars"))
    if mapping.get("check_mode") is False:
        fix = "Check mode never writes; a command that only reads says `reads: true` and runs in check mode, too."
        reader.note(origin / "check_mode", "check_mode cannot be switched off", fix)
    if mapping.get("debugger") not in (None, "never"):
        reader.note(origin / "debugger", "there is no debugger", "Write debugger: never, and call phlo with --step.")
    nearest = {key: raw for key in NEAREST if (raw := reader.raw(mapping, key, origin)) is not None}
    return replace(
        around,
        when=(*around.when, *reader.conditions(mapping, "when", origin)),
        tags=tuple(dict.fromkeys((*around.tags, *reader.texts(mapping, "tags", origin)))),
        variables=variables,
        environment=(*around.environment, *reader.raws(mapping, "environment", origin)),
        notify=reader.raws(mapping, "notify", origin) or around.notify,
        module_defaults={**around.module_defaults, **module_defaults_of(reader, mapping, origin)},
        **nearest,
    )


def variables_of(reader: Reader, value: Any, place: Origin) -> Layer:
    """The variables of `vars`, whose names are no templates."""
    found = reader.mapping(value, place, "vars")
    for name in found:
        if not str(name).isidentifier():
            reader.note(place / name, f'"{name}" is not a variable\'s name', "Use letters, digits and _.")
    return written(found, place)


def _given(found: tuple[Raw, ...], mapping: Mapping[str, Any], key: str) -> tuple[Raw, ...] | None:
    return found if mapping.get(key) is not None else None


def _of_action(value: Any) -> tuple[str, Any]:
    """The operation and its arguments of `action: NAME ARGUMENTS`, or of a mapping with `module`."""
    if isinstance(value, Mapping):
        return without_prefix(str(value.get("module", ""))), {k: v for k, v in value.items() if k != "module"}
    name, rest = first_word(str(value))
    return without_prefix(name), rest or None


def _short_name(operation: str, value: Any) -> str:
    """What a task without a name is called."""
    if isinstance(value, str) and operation in (*OWN_OPERATIONS, "exec", *COMMANDS):
        return f"{operation} {value.strip().splitlines()[0][:60] if value.strip() else ''}".strip()
    return operation


def file_argument(task: Task, key: str) -> Raw:
    """The file or role that an include names: `include_tasks: x.yaml`, or `include_tasks: {file: x.yaml}`."""
    value, origin = task.arguments
    if isinstance(value, Mapping):
        given = value.get(key, value.get("__main__"))
        if given is None:
            fix = f"Write {task.operation}: {{{key}: NAME}}."
            raise ConfigError(f"{task.operation} needs {key}", where=origin.where(), fix=fix)
        return Raw(given, origin / key)
    if not isinstance(value, str) or not value.strip():
        fix = f"Write {task.operation}: NAME."
        raise ConfigError(f"{task.operation} needs the name of a file or role", where=origin.where(), fix=fix)
    return Raw(value.strip(), origin)
