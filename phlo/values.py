"""The frozen values that stages hand to each other.

A stage may import this module and `phlo.errors`; this module imports nothing else of phlo than `phlo.frozen`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from phlo.frozen import dataclass, field

# -- text, secrets and where they came from -----------------------------------------------------


class Secret:
    """A text that never shows itself: every rendering of it is `***`.

    Only `reveal()` gives the text, and only the code that hands it to an engine or writes it to a
    0600 file may call that. A text made out of a Secret is a Secret (see `join`).
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __str__(self) -> str:
        return "***"

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a Secret is not written to disk")


Text = str | Secret


def join(parts: Iterable[Text]) -> Text:
    """Join texts; the whole is a Secret as soon as one part is."""
    parts = tuple(parts)
    whole = "".join(reveal(part) for part in parts)
    return Secret(whole) if any(isinstance(part, Secret) for part in parts) else whole


def reveal(text: Text) -> str:
    """The text itself, secret or not. For what goes to an engine or into a 0600 file, never for display."""
    return text.reveal() if isinstance(text, Secret) else text


def reveal_all(value: Any) -> Any:
    """`value` (nested dicts, lists, tuples) with every Secret replaced by its text."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, (str, int)):  # most of what there is, and the quickest to ask for
        return value
    if isinstance(value, Mapping):
        return {key: reveal_all(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [reveal_all(item) for item in value]
    return value


def mask_all(value: Any) -> Any:
    """`value` (nested dicts, lists, tuples) with every Secret replaced by `***`: what may be shown."""
    if isinstance(value, Secret):
        return str(value)
    if isinstance(value, Mapping):
        return {key: mask_all(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask_all(item) for item in value]
    return value


class Masker:
    """Replaces known secret texts in what comes from outside (logs, engine messages, build output).

    A secret is also known by what JSON and URLs make of it. Texts of fewer than four characters are left alone: they
    would mask ordinary words.
    """

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret.reveal())}
        # Longest first, so that a secret holding another one is masked whole.
        self._texts = sorted((form for form in forms if len(form) >= 4), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._texts:
            if secret in text:
                text = text.replace(secret, "***")
        return text


def _forms(text: str) -> tuple[str, ...]:
    """A text as it stands, inside a JSON text, and inside a URL."""
    if text.replace("-", "").replace("_", "").isalnum() and text.isascii():
        return (text,)
    import json
    from urllib.parse import quote

    return (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], quote(text, safe=""), quote(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a value came from: a layer, and for files a path with line and column (both from 1)."""

    layer: str
    path: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        if self.path is None:
            return self.layer
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A variable's final text, where it came from, and the candidates that lost (lowest layer first)."""

    name: str
    text: Text
    source: Source
    losers: tuple[tuple[Text, Source], ...] = ()


# -- images ------------------------------------------------------------------------------------


class ImagePolicy(enum.StrEnum):
    """How an image is had: `auto` uses what is there, else pulls, else builds."""

    AUTO = "auto"
    PULL = "pull"
    BUILD = "build"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRecipe:
    """A Dockerfile and all that goes into it.

    name: repository and version part of the tag, e.g. `phlo/postgres:17`; the content hash is appended.
    base: name of the bootstrapped base the Dockerfile starts from through `ARG BASE`
          (`trixie`, `bookworm`; None: the Dockerfile's own FROM stands).
    """

    name: str
    context: Path
    dockerfile: str = "Dockerfile"
    args: Mapping[str, Text] = field(default_factory=dict)
    target: str | None = None
    base: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSource:
    """Where a service's image comes from: an upstream reference, a recipe, or both (then `policy` decides).

    pull_policy: Compose's `pull_policy` (always, never, missing, build), None: by `policy`.
    """

    reference: str | None
    recipe: BuildRecipe | None = None
    policy: ImagePolicy = ImagePolicy.AUTO
    platform: str | None = None
    pull_policy: str | None = None


# -- files put into containers --------------------------------------------------------------------


# Of a project's folder: what no container needs, what is secret, and what differs from one machine to the next.
NEVER_SENT = frozenset({".phlo", ".git", "__pycache__", ".venv"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSpec:
    """A file that is put into a container before it starts; `content` is bytes, or a Secret for text.

    is_live: the service reads it again by itself, so that a change of it goes into the running container.
    """

    path: str
    content: bytes | Secret
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    origin: str = ""
    is_live: bool = False

    def data(self) -> bytes:
        return self.content.reveal().encode() if isinstance(self.content, Secret) else self.content


# -- dependencies ------------------------------------------------------------------------------------


class Condition(enum.StrEnum):
    """What a service waits for of one that it depends on (Compose specification, `depends_on`)."""

    STARTED = "service_started"
    HEALTHY = "service_healthy"
    COMPLETED = "service_completed_successfully"


# -- changes, steps, events -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that differs, and why.

    at:    what it is about, e.g. `container:lake-postgres-1`.
    verb:  create, recreate, start, stop, remove, rename, connect, disconnect, update, pull, build, load, wait.
    causes: why, one short phrase each (`image: 17.5 -> 17.6`, `environment.FLAG added`). Never empty.
    is_counted: False for a wait or a tidy-up, which a plan shows but does not call a change.
    """

    at: str
    verb: str
    causes: tuple[str, ...]
    is_counted: bool = True
    data: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """How the instances of a service, on all hosts, change over to a new version.

    gates: ids of their gate steps, in the order in which the instances are replaced.
    images: ids of the steps that bring the image to each host; nothing is replaced before all of them have it.
    parallelism: how many are replaced side by side, 0 for all.
    delay_seconds: pause between one batch and the next.
    allowed_failures: how many may fail before the rest is left as it is.
    """

    gates: tuple[str, ...]
    images: tuple[str, ...]
    parallelism: int
    delay_seconds: float
    allowed_failures: int

    def ahead(self, place: int) -> tuple[str, ...]:
        """The gates of all batches before that of the instance at `place`, which counts from 0."""
        return self.gates[: self.count_ahead(place)]

    def count_ahead(self, place: int) -> int:
        return place // self.parallelism * self.parallelism if self.parallelism else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation on one host, with the ids of the steps that must be done before it.

    id:    `host/service/operation[:what]`, unique in a plan, e.g. `local/postgres/container`.
    gate:  True for the step that says whether the service's new version works; when it fails the
           service's earlier steps of the same host are undone.
    when_changed: ids of steps; the step is skipped unless one of them changed something.
    when_pending: ids of steps still to come; the step is skipped unless one of them has something to change.
    rollout, place: one instance waits for those ahead of it, when it has to be replaced; its place among them.
    """

    id: str
    host: str
    service: str
    operation: str
    args: Any
    after: tuple[str, ...] = ()
    gate: bool = False
    when_changed: tuple[str, ...] = ()
    when_pending: tuple[str, ...] = ()
    rollout: Rollout | None = None
    place: int = 0


class Status(enum.StrEnum):
    """How a step ended."""

    OK = "ok"
    CHANGED = "changed"
    PENDING = "pending"  # check mode: would change
    UNKNOWN = "unknown"  # check mode: cannot be told before an earlier step is applied
    SKIPPED = "skipped"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"  # a step it needs failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in a run. Everything a user sees of a run is a rendering of these.

    kind: run_started, step_started, step_progress, step_finished, undo_started, undo_finished, play_started,
          note, run_finished.
    time: seconds since the epoch. seconds: how long the step or the run took.
    """

    kind: str
    time: float
    run: str
    step: str | None = None
    host: str | None = None
    service: str | None = None
    operation: str | None = None
    status: Status | None = None
    changes: tuple[Change, ...] = ()
    message: str = ""
    detail: tuple[str, ...] = ()
    seconds: float | None = None


Emit = Callable[[Event], None]


# -- labels: what phlo knows its own things by ----------------------------------------------------------

LABEL_PROJECT = "phlo.project"
LABEL_SERVICE = "phlo.service"
LABEL_INSTANCE = "phlo.instance"
LABEL_CONFIG_HASH = "phlo.config-hash"
LABEL_FILES = "phlo.files"
LABEL_VERSION = "phlo.version"
LABEL_ONE_SHOT = "phlo.one-shot"
LABEL_FILE_FOLDERS = "phlo.file-folders"
LABEL_RUN = "phlo.run"
LABEL_CAUSES = "phlo.causes"
LABEL_RESTART = "phlo.restart"
LABEL_REFERENCE = "phlo.image-reference"
OWN_LABELS = frozenset(
    {
        LABEL_PROJECT,
        LABEL_SERVICE,
        LABEL_INSTANCE,
        LABEL_CONFIG_HASH,
        LABEL_FILES,
        LABEL_VERSION,
        LABEL_ONE_SHOT,
        LABEL_FILE_FOLDERS,
        LABEL_RUN,
        LABEL_CAUSES,
        LABEL_RESTART,
        LABEL_REFERENCE,
    }
)

# Of a Swarm's node, with its name in the inventory behind it.
NODE_HOST = "phlo.host."

# A container that was replaced stays, stopped, under its name with this and the id of the run that replaced it.
SET_ASIDE = ".phlo-before-"


def is_set_aside(container: str) -> bool:
    """Whether a container's name says that it was replaced, and is kept only to go back to."""
    return SET_ASIDE in container
