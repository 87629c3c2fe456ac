"""The parts of a service's definition, checked and frozen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any

from phlo.compose.reading import format_value
from phlo.errors import did_you_mean
from phlo.frozen import dataclass, field
from phlo.sections.forms import (
    NAMES_AS_MAPPING,
    NOTHING_AS_MAPPING,
    ONE_OR_MANY,
    PAIRS_AS_MAPPING,
    SCALAR,
    SECONDS,
    SWITCH,
    TEXT,
    Form,
    Rewrite,
    Wrong,
    form_of,
    is_text,
    scalar_text,
)
from phlo.values import Condition

HOOK_POINTS = ("pre_start", "post_start", "pre_stop", "post_stop")

_SERVICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OWNER = re.compile(r"[0-9]+(:[0-9]+)?")


def _text_that(is_right: Callable[[str], bool], what: str, fix: str) -> Form:
    """A text with a further condition. what: where `{}` is, the text is shown."""

    def check(value: Any) -> Wrong | None:
        wrong = TEXT.check(value)
        return wrong or (None if is_right(str(value)) else (what.format(value), fix))

    return Form(check=check, convert=str)


def _is_inside(path: str) -> bool:
    return bool(path) and not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts


def _check_condition(value: Any) -> Wrong | None:
    if value in list(Condition):
        return None
    return TEXT.check(value) or (f'there is no condition "{value}"', did_you_mean(str(value), Condition))


def _mode(value: Any) -> int | None:
    # YAML itself may read an unquoted 0640 as octal; 640 without the zero is a decimal number nobody means.
    try:
        mode = int(value, 8) if isinstance(value, str) else value
    except ValueError:
        return None
    return mode if isinstance(mode, int) and not isinstance(mode, bool) and 0 <= mode <= 0o777 else None


def _check_mode(value: Any) -> Wrong | None:
    if _mode(value) is not None:
        return None
    return f"should be a file mode, got {format_value(value)}", 'Write it in octal and in quotes, as "0640".'


def _is_command(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(is_text(word) or isinstance(word, bool) for word in value)
    return is_text(value) and value != ""


def _command(value: Any) -> str | tuple[str, ...]:
    return tuple(map(scalar_text, value)) if isinstance(value, list) else str(value)


def check_service_name(value: Any) -> Wrong | None:
    """What is wrong with the name of a service."""
    fix = "Use letters, digits, dots, dashes and underscores."
    return TEXT.check(value) or (
        None if _SERVICE_NAME.fullmatch(str(value)) else (f'"{value}" cannot name a service', fix)
    )


_INSIDE = _text_that(_is_inside, '"{}" leads out of its folder', 'Write a relative path without "..".')
_DEST = _text_that(
    lambda dest: dest.startswith(("/", "$")), '"{}" is not an absolute path', "Name the file as the container sees it."
)
_UID = _text_that(
    lambda owner: "$" in owner or bool(_OWNER.fullmatch(owner)),
    '"{}" should be UID or UID:GID',
    "Write numbers, such as 999:999.",
)
_VARIABLE = _text_that(
    lambda name: bool(_VARIABLE_NAME.fullmatch(name)),
    '"{}" cannot be a variable',
    "Use letters, digits and underscores, no digit first.",
)
_NAME = Form(check=check_service_name, convert=str)
_CONDITION = Form(check=_check_condition)
_MODE = Form(check=_check_mode, convert=_mode)
_COMMAND = form_of("a command or a list of words", "Write the command.", _is_command, _command)
_NO_MAPPING = form_of("a command or a list of words", "", lambda value: not isinstance(value, Mapping))

Text = Annotated[str, TEXT]
Switch = Annotated[bool, SWITCH]
Texts = Annotated[tuple[Text, ...], ONE_OR_MANY]
Environment = Annotated[dict[str, Annotated[Any, SCALAR]], PAIRS_AS_MAPPING, NOTHING_AS_MAPPING]
Named = Annotated[dict[str, Annotated[dict[str, Any], NOTHING_AS_MAPPING]], NAMES_AS_MAPPING]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvVar:
    """A variable that users may set. package: the service package whose variable it is, when it is another's."""

    default: Annotated[str, SCALAR] | None = None
    description: Text = ""
    secret: Switch = False
    package: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildDefinition:
    """How the image is built.

    context: as written, relative as `compose.volumes` are; None: the role's own `image/` folder.
    args:    None as a value takes it from the variables, as Compose does.
    base:    suite of the bootstrapped base image (`trixie`, `bookworm`).
    name:    what the image is called; None: as the service. Services that share an image say the same.
    guard:   adds the files of phlo's HTTP guard to the build context.
    rest:    the other keys of a Compose `build`, as written.
    """

    context: Text | None = None
    dockerfile: Text = "Dockerfile"
    args: Environment = field(default_factory=dict)
    target: Text | None = None
    base: Text | None = None
    name: Text | None = None
    guard: Switch = False
    rest: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDefinition:
    """A file or folder of the role (`source`) that goes to `dest` under the project's `.phlo/`."""

    source: Annotated[str, _INSIDE]
    dest: Annotated[str, _INSIDE]


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterFile:
    """A file or folder of the role that `phlo init` copies to `dest` in a new project that has the service.

    capabilities: what the project's services have to provide besides; without one of them nothing is copied.
    """

    source: Annotated[str, _INSIDE]
    dest: Annotated[str, _INSIDE]
    capabilities: Texts = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDefinition:
    """A Jinja2 template of the role. dest: absolute path in the container. owner: `uid` or `uid:gid`.

    live: the service reads it again without a restart; a change of it does not recreate the container.
    """

    source: Annotated[str, _INSIDE]
    dest: Annotated[str, _DEST]
    mode: Annotated[int, _MODE] = 0o644
    owner: Annotated[str, _UID] | None = None
    secret: Switch = False
    live: Switch = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDefinition:
    """A command at a point of the service's life; skipped when `requires`, a Python module, is not installed."""

    command: Annotated[str | tuple[str, ...], _COMMAND]
    name: Text = ""
    requires: Text | None = None
    delay: Annotated[float, SECONDS] = 0
    timeout_seconds: Annotated[float, SECONDS] = 300
    environment: Environment = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DevDefinition:
    """What dev mode changes. compose: further Compose attributes, as written."""

    command: Annotated[Any, _NO_MAPPING] = None
    environment: Environment = field(default_factory=dict)
    volumes: tuple[Any, ...] = ()
    cwd: Text | None = None
    compose: dict[str, Any] = field(default_factory=dict)


BUILD_KEYS = ("context", "dockerfile", "args", "target", "base", "name", "guard")


def _build(value: Any) -> Any:
    """A folder as a mapping; what is not phlo's own or common is kept as written."""
    if isinstance(value, str):
        return {"context": value}
    if not isinstance(value, Mapping):
        return value
    own = {key: item for key, item in value.items() if key in BUILD_KEYS}
    return {**own, "rest": {key: item for key, item in value.items() if key not in BUILD_KEYS}}


_DEV_KEYS = ("command", "environment", "volumes", "cwd")


def _dev(value: Any) -> Any:
    """Attributes other than its own are Compose's and are checked with them."""
    if not isinstance(value, Mapping):
        return value
    own = {key: item for key, item in value.items() if key in _DEV_KEYS}
    return {**own, "compose": {key: item for key, item in value.items() if key not in _DEV_KEYS}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One entry of `depends_on`."""

    condition: Annotated[str, _CONDITION] | None = None
    required: Switch = True
    restart: Switch = False


_USER_ID = form_of(
    "the number of a user", "Write it without quotes, such as 999.", lambda value: type(value) is int and value >= 0
)
_FOLDER = _text_that(
    lambda path: path.startswith("/"), '"{}" is not an absolute path', "Name the folder as the container sees it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the service relies on in its image, see `phlo.values.ImageNeeds`."""

    user: Annotated[int, _USER_ID] | None = None
    data: Annotated[tuple[Annotated[str, _FOLDER], ...], ONE_OR_MANY] = ()
    programs: Texts = ()


def _as_hooks(value: Any) -> Any:
    return [value] if isinstance(value, (str, Mapping)) else value


_Hook = Annotated[HookDefinition, Rewrite(before=lambda value: {"command": value} if isinstance(value, str) else value)]
_Hooks = Annotated[tuple[_Hook, ...], Rewrite(before=_as_hooks)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """The commands of each point of a service's life; one may be written without a list or a mapping around it."""

    pre_start: _Hooks = ()
    post_start: _Hooks = ()
    pre_stop: _Hooks = ()
    post_stop: _Hooks = ()


_Build = Annotated[BuildDefinition, Rewrite(before=_build)]
_Needs = Annotated[dict[str, Annotated[Need, NOTHING_AS_MAPPING]], NAMES_AS_MAPPING]
_Conditional = Annotated[dict[str, Environment], NOTHING_AS_MAPPING]
_Variable = Annotated[EnvVar, Rewrite(before=lambda value: value if isinstance(value, Mapping) else {"default": value})]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposePart:
    """What `compose` of a service.yaml may say in the place of the file's top."""

    image: Text | None = None
    build: _Build | None = None
    depends_on: _Needs = field(default_factory=dict)
    conditional_environment: _Conditional = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFile:
    """A `service.yaml`, key by key; an inline service of phlo.yaml has some of them."""

    name: Annotated[str, _NAME]
    description: Text = ""
    category: Text = "other"
    profile: Text | None = None
    version: Text | None = None
    default: Switch = False
    core: Switch = False
    image: Text | None = None
    build: _Build | None = None
    depends_on: _Needs = field(default_factory=dict)
    conditional_environment: _Conditional = field(default_factory=dict)
    compose: ComposePart = field(default_factory=ComposePart)
    env_vars: dict[Annotated[str, _VARIABLE], _Variable] = field(default_factory=dict)
    files: tuple[FileDefinition, ...] = ()
    hooks: Hooks = field(default_factory=Hooks)
    dev: Annotated[DevDefinition, Rewrite(before=_dev)] | None = None
    provides: Named = field(default_factory=dict)
    requires: Named = field(default_factory=dict)
    wants: Named = field(default_factory=dict)
    templates: tuple[TemplateDefinition, ...] = ()
    tasks: Texts | None = None
    one_shot: Switch | None = None
    gitignore: Annotated[Texts, Rewrite(before=lambda value: [] if isinstance(value, bool) else value)] = ()
    phlo_dev: Any = None
    source_path: Text | None = None
    networks: Named = field(default_factory=dict)
    protect: Texts = ()
    needs: Needs | None = None
    succeeded_by: Text | None = None
    starters: Texts = ()
    starter_files: tuple[StarterFile, ...] = ()
