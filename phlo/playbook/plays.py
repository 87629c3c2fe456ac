"""From a playbook file to plays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.errors import ConfigError, did_you_mean
from phlo.frozen import dataclass, replace
from phlo.playbook.handlers import tasks_in
from phlo.playbook.keywords import IMPORT_PLAYBOOK, ORDERS, PLAY, ROLE
from phlo.playbook.load import DEEPEST, NOTHING_AROUND, Loader
from phlo.playbook.model import Block, Directives, Entry, Play, RoleContext, Task
from phlo.playbook.parse import directives_of, variables_of
from phlo.playbook.prompts import prompts_of
from phlo.playbook.reading import Reader
from phlo.playbook.scope import Layer, written
from phlo.playbook.source import Origin, Raw, SourceFile


def read_playbook(loader: Loader, path: Path, depth: int = 0, around: Directives = NOTHING_AROUND) -> tuple[Play, ...]:
    """The plays of a file, those of imported playbooks in their places; a ConfigError has all that is wrong.

    depth: how many playbooks import this one, each the next. around: `when`, `tags` and `vars` of the import.
    """
    if depth >= DEEPEST:
        raise ConfigError("imports itself", where=loader.label(path), fix="Remove the import.")
    reader = Reader()
    plays = PlayParser(loader=loader, reader=reader, source=loader.file(path), depth=depth, around=around).plays()
    reader.finish()
    return plays


@dataclass(slots=True, kw_only=True)
class PlayParser:
    """Reads one playbook file."""

    loader: Loader
    reader: Reader
    source: SourceFile
    depth: int
    around: Directives

    def plays(self) -> tuple[Play, ...]:
        found: list[Play] = []
        for item, origin in self.reader.items(self.source.data or None, Origin(self.source), "a playbook"):
            mapping = self.reader.mapping(item, origin, "a play")
            if "import_playbook" in mapping:
                self.reader.known_keys(mapping, IMPORT_PLAYBOOK, origin, "import_playbook")
                name = self.reader.text(mapping, "import_playbook", origin) or ""
                inner = directives_of(self.reader, mapping, origin, self.around)
                found += read_playbook(self.loader, self.source.folder / name, self.depth + 1, inner)
            elif mapping:
                found.append(self._play(mapping, origin))
        if not found and not self.reader.problems:
            self.reader.note(Origin(self.source), "has no play", "Write a list of plays: - hosts: all")
        return tuple(found)

    def _play(self, mapping: Mapping[str, Any], origin: Origin) -> Play:
        reader = self.reader
        self.reader.known_keys(mapping, PLAY, origin, "a play")
        if mapping.get("hosts") is None:
            reader.note(origin, "the play says no hosts", "Write hosts: all.")
        variables = dict(mapping)
        play_vars = variables.pop("vars", None)
        parser = self.loader.parser(reader, self.source.folder)
        inner = directives_of(reader, variables, origin, self.around)
        roles, contexts, role_handlers = self._roles(mapping, origin, inner)
        own = [parser.entries(mapping.get(key), origin / key, inner) for key in ("pre_tasks", "tasks", "post_tasks")]
        sections = (own[0], (*roles, *own[1]), own[2])
        every = [*contexts, *(task.role for entries in sections for task in tasks_in(entries) if task.role)]
        seen = list({str(role.folder): role for role in every}.values())
        of_roles = {task.role.folder for task in role_handlers if task.role}
        imported = [task for role in seen if role.folder not in of_roles for task in self.loader.role_handlers(role)]
        handlers = parser.handlers(mapping.get("handlers"), origin / "handlers", inner)
        layers = () if play_vars is None else (variables_of(reader, play_vars, origin / "vars"),)
        return Play(
            name=reader.text(mapping, "name", origin) or str(mapping.get("hosts", "")),
            hosts=Raw(mapping.get("hosts"), origin / "hosts"),
            sections=sections,
            roles=tuple(seen),
            handlers=(*role_handlers, *handlers, *imported),
            variables=layers,
            vars_files=reader.raws(mapping, "vars_files", origin),
            prompts=prompts_of(reader, mapping, origin),
            serial=reader.raws(mapping, "serial", origin),
            max_fail_percentage=reader.raw(mapping, "max_fail_percentage", origin),
            any_errors_fatal=reader.raw(mapping, "any_errors_fatal", origin),
            force_handlers=reader.raw(mapping, "force_handlers", origin),
            order=self._order(mapping, origin),
            gather_facts=self._gather_facts(mapping, origin),
            folder=self.source.folder,
            origin=origin,
        )

    def _order(self, mapping: Mapping[str, Any], origin: Origin) -> str:
        order = self.reader.text(mapping, "order", origin) or ORDERS[0]
        if order not in ORDERS:
            self.reader.note(origin / "order", f'there is no order "{order}"', did_you_mean(order, ORDERS))
        return order

    def _gather_facts(self, mapping: Mapping[str, Any], origin: Origin) -> bool | None:
        value = mapping.get("gather_facts")
        if value is None or isinstance(value, bool):
            return value
        if str(value).lower() not in ("yes", "no", "true", "false"):
            fix = "Facts are gathered when a task uses one; gather_facts: false says that none may."
            self.reader.note(origin / "gather_facts", "gather_facts should be true or false", fix)
        return str(value).lower() in ("yes", "true")

    def _roles(
        self, mapping: Mapping[str, Any], origin: Origin, around: Directives
    ) -> tuple[list[Entry], list[RoleContext], list[Task]]:
        """The roles of a play as blocks, what they are, and their handlers with those of the roles they depend on."""
        blocks: list[Entry] = []
        contexts: list[RoleContext] = []
        handlers: list[Task] = []
        for item, place in self.reader.items(mapping.get("roles"), origin / "roles", "roles"):
            given = {"role": item} if isinstance(item, str) else self.reader.mapping(item, place, "a role")
            name = str(given.get("role") or given.get("name") or "")
            # What is not a keyword is a variable of the role, as `roles: [{role: x, port: 80}]` has it.
            variables = {key: value for key, value in given.items() if key not in ROLE}
            inner = directives_of(self.reader, given, place, around)
            own = self.reader.mapping(given.get("vars") or {}, place / "vars", "vars")
            context = self.loader.role(name, where=place.where())
            layer = written(variables, place)
            inner = _with_layers(inner, layer)
            every = {**variables, **own, "when": given.get("when"), "tags": given.get("tags")}
            block = self._role_block(context, inner, place, self.loader.role_block(context, inner, every, variables))
            blocks.append(block)
            contexts.append(context)
            needed = {task.role.folder: task.role for task in tasks_in([block]) if task.role}
            needed.pop(context.folder, None)
            handlers += [task for role in needed.values() for task in self.loader.role_handlers(role)]
            handlers += self.loader.role_handlers(context, around=inner)
        return blocks, contexts, handlers

    def _role_block(self, role: RoleContext, inner: Directives, origin: Origin, block: Block) -> Block:
        """Bring the role's service up, then do its tasks, which are the block."""
        if not role.service:
            return block
        up = Task(
            name=f"bring up {role.service}",
            operation="up",
            arguments=Raw({"services": [role.service]}, origin),
            origin=origin,
            folder=self.source.folder,
            directives=inner,
        )
        return replace(block, block=(up, *block.block))


def _with_layers(directives: Directives, *layers: Layer) -> Directives:
    return replace(directives, variables=(*directives.variables, *(layer for layer in layers if layer)))
