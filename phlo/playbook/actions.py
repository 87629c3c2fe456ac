"""Actions: the task files of a role, other than `main`, that are run by name.

tasks/backup.yaml is either a list of tasks, or

    help: Write a dump of the database
    arguments:
      to: {type: path, required: true, help: where the dump goes}
    lock: true
    danger: changes
    interactive: false
    tasks: [...]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from phlo.discovery.definition import ServiceDefinition
from phlo.errors import ConfigError, PhloError
from phlo.playbook.load import SUFFIXES, Loader
from phlo.playbook.model import Action, Argument, Danger, Play
from phlo.playbook.reading import Reader
from phlo.playbook.source import Origin, Raw

MAIN = "main"
_KEYS = ("help", "arguments", "lock", "danger", "interactive", "tasks")
_ARGUMENT_KEYS = ("help", "type", "default", "required", "positional", "choices")
_TYPES = ("text", "integer", "flag", "path")


def actions_of(services: Iterable[ServiceDefinition], loader: Loader) -> tuple[list[Action], list[PhloError]]:
    """Every action of the services' roles, and what is wrong with those that cannot be read."""
    found: list[Action] = []
    problems: list[PhloError] = []
    for definition in services:
        for path in action_files(definition):
            try:
                found.append(read_action(definition.name, path, loader))
            except PhloError as error:
                problems.append(error)
    return found, problems


def action_files(definition: ServiceDefinition) -> list[Path]:
    """The YAML files with a role's actions, without private ones (`_x.yaml`)."""
    names = [Path(name) for name in definition.tasks]
    return [
        definition.root / name
        for name in names
        if name.suffix in SUFFIXES and name.stem != MAIN and not name.name.startswith("_")
    ]


def read_action(service: str, path: Path, loader: Loader) -> Action:
    """What an action's file says of it; its tasks are read when it is run. Raises ConfigError."""
    source = loader.file(path)
    name = path.stem.replace("_", "-")
    if isinstance(source.data, list):
        return Action(name=name, service=service, path=path, help=_first_name(source.data))
    reader, origin = Reader(), Origin(source)
    mapping = reader.mapping(source.data, origin, "an action")
    reader.known_keys(mapping, _KEYS, origin, "an action")
    place = origin / "arguments"
    given = reader.mapping(mapping.get("arguments") or {}, place, "arguments")
    arguments = tuple(_argument(reader, key, value or {}, place / key) for key, value in given.items())
    interactive, without = _interactive(reader, mapping.get("interactive", False), arguments, origin / "interactive")
    action = Action(
        name=name,
        service=service,
        path=path,
        help=reader.text(mapping, "help", origin) or "",
        arguments=arguments,
        needs_lock=mapping.get("lock") is True,
        danger=_danger(reader, mapping.get("danger", "changes"), origin / "danger"),
        interactive=interactive,
        interactive_without=without,
    )
    reader.finish()
    return action


def _danger(reader: Reader, value: Any, origin: Origin) -> Danger:
    known = get_args(Danger)
    if value in known:
        return cast(Danger, value)
    reader.note(origin, f'there is no danger level "{value}"', f"Known: {', '.join(known)}.")
    return "changes"


def _interactive(reader: Reader, value: Any, arguments: Iterable[Argument], origin: Origin) -> tuple[bool, str | None]:
    """Whether an action needs a terminal, and the argument without which it does: `true` or `{without: ARGUMENT}`."""
    if isinstance(value, bool):
        return value, None
    names = [one.name for one in arguments]
    if isinstance(value, Mapping) and list(value) == ["without"] and value["without"] in names:
        return True, str(value["without"])
    known = f" where ARGUMENT is one of {', '.join(names)}" if names else ""
    reader.note(origin, "should be true, false or an argument", f"Write true, or {{without: ARGUMENT}}{known}.")
    return False, None


def _argument(reader: Reader, name: str, value: Any, origin: Origin) -> Argument:
    mapping = reader.mapping(value, origin, "an argument")
    reader.known_keys(mapping, _ARGUMENT_KEYS, origin, "an argument")
    kind = str(mapping.get("type", "text"))
    if kind not in _TYPES:
        reader.note(origin / "type", f'there is no type "{kind}"', f"Known: {', '.join(_TYPES)}.")
    if not name.replace("-", "_").isidentifier():
        reader.note(origin, f'"{name}" cannot be an argument\'s name', "Use letters, digits, - and _.")
    return Argument(
        name=name.replace("_", "-"),
        help=reader.text(mapping, "help", origin) or "",
        type=kind,
        default=mapping.get("default"),
        is_required=mapping.get("required") is True,
        is_positional=mapping.get("positional") is True,
        choices=reader.texts(mapping, "choices", origin),
    )


def _first_name(tasks: list[Any]) -> str:
    """What stands for help in an action that is only a list of tasks: its first task's name."""
    first = tasks[0] if tasks else None
    return str(first.get("name", "")) if isinstance(first, Mapping) else ""


def action_play(action: Action, loader: Loader, hosts: Iterable[str]) -> Play:
    """The play that an action is, on the hosts that its service is on."""
    role = loader.role(action.service, where=action.service)
    entries = loader.tasks(action.path, role=role)
    origin = Origin(loader.file(action.path))
    names = list(hosts)
    if not names:
        raise ConfigError(f'the service "{action.service}" is not part of this project', fix="Enable it in phlo.yaml.")
    return Play(
        name=f"{action.service}.{action.name}",
        hosts=Raw(names, origin),
        sections=(entries, ()),
        handlers=loader.role_handlers(role),
        folder=action.path.parent,
        origin=origin,
    )
