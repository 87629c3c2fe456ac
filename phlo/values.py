"""The frozen values that stages hand to each other.

A stage may import this module and `phlo.errors`; this module imports nothing else of phlo than `phlo.frozen`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
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
        return isinstance(other, Secret) and other.reveal() == self.reveal()

    def __hash__(self) -> int:
        return hash((Secret, self.reveal()))

    def __bool__(self) -> bool:
        return bool(self.reveal())

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

    A secret is also known by what JSON and URLs make of it, and one of several lines by each of its longer lines. Texts
    of fewer than four characters are left alone: they would mask ordinary words.
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


# Shorter lines of a secret can be ordinary words or brackets.
_LONG_LINE = 8


def _forms(text: str) -> tuple[str, ...]:
    """The forms of a secret: as it is, in JSON, in a URL; its longer lines, too, because logs are masked by lines."""
    if "\n" in text:
        lines = [line for line in map(str.strip, text.splitlines()) if len(line) >= _LONG_LINE]
        return (*_encoded(text), *(form for line in lines for form in _encoded(line)))
    return _encoded(text)


def _encoded(text: str) -> tuple[str, ...]:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageNeeds:
    """What a service relies on in its image.

    user:     the uid that the service's process and its files have; None: any.
    data:     folders in the container that the service writes to.
    programs: what its health check, hooks and tasks call: names that PATH finds, or absolute paths.
    where:    where the needs are written, for errors.
    """

    user: int | None = None
    data: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    where: str = ""


# -- files put into containers --------------------------------------------------------------------


# Of a project's folder: what no container needs, what is secret, and what differs from one machine to the next.
NEVER_SENT = frozenset({".phlo", ".git", "__pycache__", ".venv"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSpec:
    """A file that is put into a container before it starts; `content` is bytes, or a Secret for text.

    is_live: the service reads it again without a restart, so that a change of it goes into the running container.
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


# -- changes and steps -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that differs, and why.

    at:    what it is about, e.g. `container:lake-postgres-1`.
    verb:  create, recreate, start, stop, remove, rename, connect, disconnect, update, pull, build, load, wait.
    causes: why, one short phrase each (`image: 17.5 -> 17.6`, `environment.FLAG added`). Never empty.
    is_counted: False for a wait or a tidy-up, which a plan shows but does not call a change.
    calls: the engine calls that it takes, where the plan was asked for them.
    """

    at: str
    verb: str
    causes: tuple[str, ...]
    is_counted: bool = True
    data: Any = field(default=None, compare=False, repr=False)
    calls: tuple[str, ...] = field(default=(), compare=False)


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

    def ahead(self, index: int) -> tuple[str, ...]:
        """The gates of all batches before that of the instance at `index`, which counts from 0."""
        return self.gates[: self.count_ahead(index)]

    def count_ahead(self, index: int) -> int:
        return index // self.parallelism * self.parallelism if self.parallelism else 0


def step_id(host: str, service: str, name: str) -> str:
    """How plans refer to a step."""
    return f"{host}/{service}/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation on one host, with the ids of the steps that must be done before it.

    name:  what it is called among the service's steps on the host, e.g. `container` or `network:lake`.
    gate:  True for the step that says whether the service's new version works; when it fails the
           service's earlier steps of the same host are undone.
    when_changed: ids of steps; the step is skipped unless one of them changed something.
    when_pending: ids of steps still to come; the step is skipped unless one of them has something to change.
    rollout, index: one instance waits for those ahead of it, when it has to be replaced; its position, from 0.
    """

    host: str
    service: str
    name: str
    operation: str
    args: Any
    after: tuple[str, ...] = ()
    gate: bool = False
    when_changed: tuple[str, ...] = ()
    when_pending: tuple[str, ...] = ()
    rollout: Rollout | None = None
    index: int = 0

    @property
    def id(self) -> str:
        """`host/service/name`, unique in a plan."""
        return step_id(self.host, self.service, self.name)


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
