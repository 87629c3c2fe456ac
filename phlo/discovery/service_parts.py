"""The parts of a `service.yaml`: dependencies, build, variables, files, templates, hooks, dev mode, capabilities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from phlo.discovery.definition import (
    BuildDefinition,
    DevDefinition,
    EnvVar,
    FileDefinition,
    HookDefinition,
    TemplateDefinition,
)
from phlo.discovery.fields import Fields, shown
from phlo.errors import did_you_mean, nearest
from phlo.values import Condition
from phlo.yaml_source import Keys

HOOK_POINTS = ("pre_start", "post_start", "pre_stop", "post_stop")

_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OWNER = re.compile(r"[0-9]+(:[0-9]+)?")
_TASK_SUFFIXES = (".yaml", ".yml", ".py")


def read_dependencies(fields: Fields, value: Any, keys: Keys) -> dict[str, dict[str, Any]]:
    """`depends_on`, a list of names or a map, as name -> {condition, required, restart}."""
    if isinstance(value, (list, str)):
        names = fields.texts(value, keys)
        return {name: {"condition": None, "required": True, "restart": False} for name in names}
    found = {}
    for name, entry in fields.mapping(value, keys).items():
        at = (*keys, name)
        entry = fields.mapping(entry, at)
        fields.known_keys(entry, ("condition", "required", "restart"), at)
        condition = fields.text(entry.get("condition"), (*at, "condition"))
        if condition is not None and condition not in list(Condition):
            fields.note((*at, "condition"), f'there is no condition "{condition}"', did_you_mean(condition, Condition))
        required = fields.flag(entry.get("required"), (*at, "required"))
        restart = fields.flag(entry.get("restart"), (*at, "restart"))
        found[name] = {"condition": condition, "required": required is not False, "restart": restart is True}
    return found


def read_build(fields: Fields, value: Any, keys: Keys) -> BuildDefinition | None:
    """`build`: a context, or a mapping. A mapping without `context` leaves it None."""
    if value is None:
        return None
    if isinstance(value, str):
        return BuildDefinition(context=value)
    build = fields.mapping(value, keys)
    fields.known_keys(build, ("context", "dockerfile", "args", "target", "base", "name", "additional_contexts"), keys)
    contexts = read_environment(fields, build.get("additional_contexts"), (*keys, "additional_contexts"))
    return BuildDefinition(
        context=fields.text(build.get("context"), (*keys, "context")),
        dockerfile=fields.text(build.get("dockerfile"), (*keys, "dockerfile")) or "Dockerfile",
        args=read_environment(fields, build.get("args"), (*keys, "args")),
        target=fields.text(build.get("target"), (*keys, "target")),
        base=fields.text(build.get("base"), (*keys, "base")),
        name=fields.text(build.get("name"), (*keys, "name")),
        additional_contexts={name: context or "" for name, context in contexts.items()},
    )


def read_environment(fields: Fields, value: Any, keys: Keys) -> dict[str, str | None]:
    """NAME -> text, from a mapping or from a list of `NAME=value`; None where no value is given."""
    if isinstance(value, list):
        pairs = [text.partition("=") for text in fields.texts(value, keys)]
        return {name: text if equals else None for name, equals, text in pairs}
    return {name: fields.scalar(item, (*keys, name)) for name, item in fields.mapping(value, keys).items()}


def read_conditional_environment(fields: Fields, value: Any, keys: Keys) -> dict[str, dict[str, str | None]]:
    """TRIGGER -> the environment that is added when TRIGGER is set and not empty."""
    triggers = fields.mapping(value, keys)
    return {trigger: read_environment(fields, entry, (*keys, trigger)) for trigger, entry in triggers.items()}


def read_variables(fields: Fields, value: Any, keys: Keys) -> dict[str, EnvVar]:
    """`env_vars`: NAME -> its default alone, or {default, description, secret, package}."""
    return {name: _variable(fields, name, entry, (*keys, name)) for name, entry in fields.mapping(value, keys).items()}


def _variable(fields: Fields, name: str, entry: Any, keys: Keys) -> EnvVar:
    if not _VARIABLE_NAME.fullmatch(name):
        fields.note(keys, f'"{name}" cannot be a variable', "Use letters, digits and underscores, no digit first.")
    if not isinstance(entry, Mapping):
        return EnvVar(default=fields.scalar(entry, keys))
    entry = fields.mapping(entry, keys)
    fields.known_keys(entry, ("default", "description", "secret", "package"), keys)
    return EnvVar(
        default=fields.scalar(entry.get("default"), (*keys, "default")),
        description=fields.text(entry.get("description"), (*keys, "description")) or "",
        secret=fields.flag(entry.get("secret"), (*keys, "secret")) or False,
        package=fields.text(entry.get("package"), (*keys, "package")),
    )


def read_files(fields: Fields, value: Any, keys: Keys, root: Path) -> tuple[FileDefinition, ...]:
    """`files`: what goes from the role's folder to the project's `.phlo/`."""
    found = []
    for index, item in enumerate(fields.items(value, keys)):
        at = (*keys, index)
        entry = fields.mapping(item, at)
        fields.known_keys(entry, ("source", "dest"), at)
        source = _inside(fields, fields.needed(entry, "source", at), (*at, "source"))
        dest = _inside(fields, fields.needed(entry, "dest", at), (*at, "dest"))
        if source and not (root / source).exists():
            fields.note((*at, "source"), f'there is no "{source}" in the role')
        found.append(FileDefinition(source=source, dest=dest))
    return tuple(found)


def _inside(fields: Fields, path: str, keys: Keys) -> str:
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        fields.note(keys, f'"{path}" leads out of its folder', 'Write a relative path without "..".')
        return ""
    return path


def read_templates(fields: Fields, value: Any, keys: Keys, root: Path) -> tuple[TemplateDefinition, ...]:
    """`templates`; a source is looked for in the role's `templates/`, then in the role's folder."""
    found = []
    for index, item in enumerate(fields.items(value, keys)):
        at = (*keys, index)
        entry = fields.mapping(item, at)
        fields.known_keys(entry, ("source", "dest", "mode", "owner", "secret", "live"), at)
        dest = fields.needed(entry, "dest", at)
        if dest and not dest.startswith(("/", "$")):
            fields.note((*at, "dest"), f'"{dest}" is not an absolute path', "Name the file as the container sees it.")
        owner = fields.text(entry.get("owner"), (*at, "owner"))
        if owner is not None and "$" not in owner and not _OWNER.fullmatch(owner):
            fields.note((*at, "owner"), f'"{owner}" should be UID or UID:GID', "Write numbers, such as 999:999.")
        template = TemplateDefinition(
            source=_role_file(fields, fields.needed(entry, "source", at), "templates", (*at, "source"), root),
            dest=dest,
            mode=_mode(fields, entry.get("mode"), (*at, "mode")),
            owner=owner,
            secret=fields.flag(entry.get("secret"), (*at, "secret")) or False,
            live=fields.flag(entry.get("live"), (*at, "live")) or False,
        )
        found.append(template)
    return tuple(found)


def _role_file(fields: Fields, path: str, folder: str, keys: Keys, root: Path) -> str:
    source = _inside(fields, path, keys)
    if not source:
        return ""
    found = next((name for name in (f"{folder}/{source}", source) if (root / name).is_file()), None)
    if found is None:
        near = nearest(source, (path.name for path in (root / folder).glob("*")))
        fix = f'Did you mean "{near}"?' if near else f"Put it there: {folder}/{source}."
        fields.note(keys, f'there is no "{source}" in the role\'s {folder}/', fix)
    return found or source


def _mode(fields: Fields, value: Any, keys: Keys) -> int:
    if value is None:
        return 0o644
    try:
        # YAML itself reads an unquoted 0640 as octal; 640 without the zero is a decimal number nobody means.
        mode = int(value, 8) if isinstance(value, str) else value
    except ValueError:
        mode = None
    if isinstance(mode, bool) or not isinstance(mode, int) or not 0 <= mode <= 0o777:
        fields.note(keys, f"should be a file mode, got {shown(value)}", 'Write it in octal and in quotes, as "0640".')
        return 0o644
    return mode


def read_tasks(fields: Fields, value: Any, keys: Keys, root: Path) -> tuple[str, ...]:
    """`tasks`: files of the role; not given: what is in its `tasks/`, and its `tasks.py`."""
    if value is None:
        folder = root / "tasks"
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        found = [f"tasks/{name}" for name in names if name.endswith(_TASK_SUFFIXES) and name != "__init__.py"]
        return (*found, "tasks.py") if (root / "tasks.py").is_file() else tuple(found)
    given = enumerate(fields.texts(value, keys))
    return tuple(_role_file(fields, path, "tasks", (*keys, index), root) for index, path in given)


def read_hooks(fields: Fields, value: Any, keys: Keys) -> dict[str, tuple[HookDefinition, ...]]:
    """`hooks`: point -> its commands; a command may stand alone, without a list or a mapping around it."""
    hooks = fields.mapping(value, keys)
    fields.known_keys(hooks, HOOK_POINTS, keys)
    found: dict[str, tuple[HookDefinition, ...]] = {}
    for point, entries in hooks.items():
        at = (*keys, point)
        if isinstance(entries, (str, Mapping)):
            found[point] = (_hook(fields, entries, at),)
        else:
            listed = enumerate(fields.items(entries, at))
            found[point] = tuple(_hook(fields, entry, (*at, index)) for index, entry in listed)
    return {point: entries for point, entries in found.items() if entries}


def _hook(fields: Fields, entry: Any, keys: Keys) -> HookDefinition:
    if isinstance(entry, str):
        return HookDefinition(command=entry)
    entry = fields.mapping(entry, keys)
    fields.known_keys(entry, ("name", "command", "requires", "delay", "timeout_seconds", "environment"), keys)
    command: str | tuple[str, ...]
    if isinstance(entry.get("command"), list):
        words = [fields.scalar(word, (*keys, "command", index)) for index, word in enumerate(entry["command"])]
        command = tuple(word or "" for word in words)
        if not command:
            fields.note((*keys, "command"), "is an empty list", "Write the command.")
    else:
        command = fields.needed(entry, "command", keys)
    return HookDefinition(
        command=command,
        name=fields.text(entry.get("name"), (*keys, "name")) or "",
        requires=fields.text(entry.get("requires"), (*keys, "requires")),
        delay=fields.seconds(entry.get("delay"), (*keys, "delay"), 0),
        timeout_seconds=fields.seconds(entry.get("timeout_seconds"), (*keys, "timeout_seconds"), 300),
        environment=read_environment(fields, entry.get("environment"), (*keys, "environment")),
    )


def read_dev(fields: Fields, value: Any, keys: Keys) -> DevDefinition | None:
    """`dev`; attributes other than its own are Compose's and are checked with them."""
    if value is None:
        return None
    dev = fields.mapping(value, keys)
    command = dev.get("command")
    if isinstance(command, Mapping):
        fields.wrong_type((*keys, "command"), "a command or a list of words", command)
    return DevDefinition(
        command=command,
        environment=read_environment(fields, dev.get("environment"), (*keys, "environment")),
        volumes=tuple(fields.items(dev.get("volumes"), (*keys, "volumes"))),
        cwd=fields.text(dev.get("cwd"), (*keys, "cwd")),
        compose={key: item for key, item in dev.items() if key not in ("command", "environment", "volumes", "cwd")},
    )


class Needs(NamedTuple):
    """Capabilities that a service uses, and what it claims of those that were written as a mapping."""

    names: tuple[str, ...]
    claims: Mapping[str, Mapping[str, Any]]


def read_needs(fields: Fields, value: Any, keys: Keys) -> Needs:
    """`requires` and `wants`: a list of capabilities, or a mapping capability -> claim."""
    if not isinstance(value, Mapping):
        return Needs(fields.texts(value, keys), {})
    claims = read_named(fields, value, keys)
    return Needs(tuple(claims), claims)


def read_named(fields: Fields, value: Any, keys: Keys) -> dict[str, dict[str, Any]]:
    """name -> what is said about it, from a mapping or from a list of bare names (`provides`, `networks`)."""
    if isinstance(value, (list, str)):
        return {name: {} for name in fields.texts(value, keys)}
    return {name: fields.mapping(entry, (*keys, name)) for name, entry in fields.mapping(value, keys).items()}
