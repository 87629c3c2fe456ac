"""From a playbook file to plays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from phlo.frozen import dataclass, replace
from phlo.playbook.keywords import PLAY, ROLE
from phlo.playbook.model import Block, Directives, Entry, Play, RoleContext, Task
from phlo.playbook.parse import directives_of
from phlo.playbook.reading import Reader
from phlo.playbook.scope import Layer, written
from phlo.playbook.source import Origin, Raw, SourceFile

if TYPE_CHECKING:
    from phlo.playbook.load import Loader


@dataclass(slots=True, kw_only=True)
class PlayParser:
    """Reads one playbook file."""

    loader: Loader
    reader: Reader
    source: SourceFile

    def plays(self) -> tuple[Play, ...]:
        found: list[Play] = []
        for item, origin in self.reader.items(self.source.data or None, Origin(self.source), "a playbook"):
            mapping = self.reader.mapping(item, origin, "a play")
            if "import_playbook" in mapping:
                name = self.reader.text(mapping, "import_playbook", origin) or ""
                found += self.loader.playbook(self.source.folder / name)
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
        inner = directives_of(reader, variables, origin, Directives())
        parser = self.loader.parser(reader, self.source.folder)
        roles, role_handlers = self._roles(mapping, origin, inner)
        own = [parser.entries(mapping.get(key), origin / key, inner) for key in ("pre_tasks", "tasks", "post_tasks")]
        place = origin / "vars"
        layers: tuple[Layer, ...] = ()
        if play_vars is not None:
            layers = (written(reader.mapping(play_vars, place, "vars"), place),)
        return Play(
            name=reader.text(mapping, "name", origin) or str(mapping.get("hosts", "")),
            hosts=Raw(mapping.get("hosts"), origin / "hosts"),
            sections=(own[0], (*roles, *own[1]), own[2]),
            handlers=(*role_handlers, *parser.handlers(mapping.get("handlers"), origin / "handlers", inner)),
            variables=layers,
            vars_files=reader.raws(mapping, "vars_files", origin),
            serial=reader.raws(mapping, "serial", origin),
            max_fail_percentage=reader.raw(mapping, "max_fail_percentage", origin),
            any_errors_fatal=reader.raw(mapping, "any_errors_fatal", origin),
            is_forcing_handlers=mapping.get("force_handlers") is True,
            folder=self.source.folder,
            origin=origin,
        )

    def _roles(self, mapping: Mapping[str, Any], origin: Origin, around: Directives) -> tuple[list[Entry], list[Task]]:
        """The roles of a play as blocks, and their handlers."""
        blocks: list[Entry] = []
        handlers: list[Task] = []
        for item, place in self.reader.items(mapping.get("roles"), origin / "roles", "roles"):
            given = {"role": item} if isinstance(item, str) else self.reader.mapping(item, place, "a role")
            name = str(given.get("role") or given.get("name") or "")
            # What is no keyword is a variable of the role, as `roles: [{role: x, port: 80}]` has it.
            variables = {key: value for key, value in given.items() if key not in ROLE}
            inner = directives_of(self.reader, given, place, around)
            context = self.loader.role(name, where=place.where())
            layer = written(variables, place)
            inner = _with_layers(inner, layer)
            blocks.append(self._role_block(context, inner, place))
            handlers += self.loader.role_handlers(context)
        return blocks, handlers

    def _role_block(self, role: RoleContext, inner: Directives, origin: Origin) -> Block:
        """Bring the role's service up, then do its tasks."""
        entries = self.loader.role_tasks(role, "main", inner)
        if role.service:
            up = Task(
                name=f"bring up {role.service}",
                operation="up",
                arguments=Raw({"services": [role.service]}, origin),
                origin=origin,
                folder=self.source.folder,
                directives=inner,
            )
            entries = (up, *entries)
        return Block(name=role.name, block=entries, directives=inner)


def _with_layers(directives: Directives, *layers: Layer) -> Directives:
    return replace(directives, variables=(*directives.variables, *(layer for layer in layers if layer)))
