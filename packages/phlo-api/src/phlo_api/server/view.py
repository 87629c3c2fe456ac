"""The project as phlo sees it now, resolved by phlo itself and kept until one of its files changes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from phlo.cli import parser
from phlo.cli.main import handler
from phlo.cli.option import Verb
from phlo.cli.shell import Shell
from phlo.cli.verbs import VERBS
from phlo.cli.workspace import Workspace, load_inventory, open_hosts, resolve_project
from phlo.config.candidates import env_files
from phlo.config.project import Project
from phlo.config.project_file import load_project_file
from phlo.config.root import PROJECT_FILE
from phlo.config.secrets import PLACEHOLDER
from phlo.discovery.services import discover_services
from phlo.errors import PlanError
from phlo.hosts.host import Host
from phlo.values import reveal
from phlo_api.server.settings import TOKEN_VARIABLES, Settings

# A project that asks commands for secrets, or a program for its inventory, may be another one at any time.
VOLATILE_SECONDS = 10.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """workspace, project: as the command line has them. hosts: every host of the inventory, ready to be asked.

    changed_at: when the newest of the files it is made from was written. signature: another one when a file changes.
    """

    workspace: Workspace
    project: Project
    hosts: Mapping[str, Host]
    changed_at: float
    signature: str


@dataclass(slots=True)
class _Kept:
    signature: tuple[Any, ...]
    inputs: tuple[Path, ...]
    until: float
    resolved: Resolved


class View:
    """What routes ask about the project; it may be used by many threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._kept: dict[bool, _Kept] = {}

    def resolved(self, *, secrets: bool = False) -> Resolved:
        """The project. secrets: with those fetched that are kept elsewhere; else they have placeholders.

        Raises PhloError for one that cannot be used.
        """
        with self._lock:
            kept = self._kept.get(secrets)
            if kept and time.monotonic() < kept.until and kept.signature == _signature(kept.inputs):
                return kept.resolved
            fresh = self._resolve(secrets)
            self._kept[secrets] = fresh
            return fresh.resolved

    def masker(self) -> Callable[[str], str]:
        """What takes the project's secrets out of a text."""
        return self.resolved(secrets=True).project.masker()

    def tokens(self) -> Mapping[str, str]:
        """Name of a token -> its text, as the project's secrets have them."""
        values = self.resolved().project.values
        found = {name: values[variable].text for name, variable in TOKEN_VARIABLES.items() if variable in values}
        made = {name: reveal(text) for name, text in found.items() if reveal(text) != PLACEHOLDER}
        return {**made, **self.settings.tokens}

    def description(self) -> str:
        """What phlo.yaml says of the project."""
        return load_project_file(self.settings.root / PROJECT_FILE).config.description or ""

    def plan(self, services: Sequence[str], *, tags: Sequence[str] = (), out: Path | None = None) -> Any:
        """What `phlo plan` reports about these services, all when there are none, as plain data.

        The command's function is called in this process with typed options: no text is read as a command line.
        tags: only the steps with one of these tags. out: a file for the plan, which `phlo up --plan` carries out; there
        is none when not everything could be observed.
        """
        shell = self._shell()
        verb = _verb("plan")
        options = parser.checked(
            verb,
            {
                **self._project_options(),
                "services": services,
                "tags": ",".join(tags) or None,
                "out": str(out) if out else None,
                "json": True,
            },
        )
        assert isinstance(shell.out, io.StringIO)
        try:
            handler(verb)(options, shell)
        except PlanError:
            if not shell.out.getvalue():  # with output there is a plan, which only could not be saved
                raise
        return json.loads(shell.out.getvalue())

    def words(self) -> list[str]:
        """The options of phlo's command line that mean this project."""
        name = self.settings.resolving().project_name
        inventories = (f"--inventory={path}" for path in self.settings.inventory)
        return [f"--project-dir={self.settings.root}", *([f"--project-name={name}"] if name else []), *inventories]

    def _project_options(self) -> dict[str, Any]:
        """The options that mean this project, for a function of phlo's command line."""
        return {
            "project_dir": str(self.settings.root),
            "project_name": self.settings.resolving().project_name,
            "inventory": self.settings.inventory,
        }

    def _shell(self) -> Shell:
        streams = io.StringIO(), io.StringIO(), io.StringIO()
        return Shell(*streams, environ=self.settings.resolving().environ, cwd=self.settings.root)

    def _resolve(self, secrets: bool) -> _Kept:
        root, shell = self.settings.root, self._shell()
        options = parser.checked(_verb("plan"), self._project_options())
        catalog = discover_services(root)
        # The files first: one that changes while it is being read makes the next request read it again.
        inventory = load_inventory(options, shell, root)
        workspace = Workspace(root, catalog, inventory)
        before = time.time()
        project = resolve_project(workspace, options, shell, fetch_secrets=secrets)
        control = [self.settings.control] if self.settings.control else []
        every = (root / PROJECT_FILE, *env_files(root), *project.inputs, *catalog.inputs, *inventory.inputs, *control)
        inputs = tuple(dict.fromkeys(every))
        signature = _signature(inputs)
        newest = max((entry[0] for entry in signature if entry), default=0) / 1e9
        is_stale = newest > before  # written while it was read
        until = 0.0 if is_stale else time.monotonic() + VOLATILE_SECONDS if project.is_volatile else float("inf")
        hosts = open_hosts(inventory, inventory.hosts, shell.environ)
        kept = Resolved(
            workspace=workspace,
            project=project,
            hosts=hosts,
            changed_at=_changed_at(inputs, root),
            signature=hashlib.sha256(repr(signature).encode()).hexdigest(),
        )
        return _Kept(signature=signature, inputs=inputs, until=until, resolved=kept)


def _verb(name: str) -> Verb:
    return next(verb for verb in VERBS if verb.name == name)


def _signature(paths: tuple[Path, ...]) -> tuple[Any, ...]:
    return tuple(_stamp(path) for path in paths)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _changed_at(paths: tuple[Path, ...], root: Path) -> float:
    """When the newest file of the project itself was written; packages do not count."""
    mine = (path for path in paths if path.is_relative_to(root) and path.is_file())
    return max((path.stat().st_mtime for path in mine), default=0.0)


class Cached:
    """The answer to a question, asked again once it is older than `seconds`; of many who ask at once one asks."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._key: Any = None
        self._value: Any = None
        self._until = 0.0

    @property
    def last(self) -> Any:
        """The last answer, however old; None before the first one."""
        return self._value

    def get(self, key: Any, ask: Callable[[], T]) -> T:
        """key: an answer is another one when this is."""
        with self._lock:
            if key is not self._key or time.monotonic() >= self._until:
                self._value = ask()
                self._key, self._until = key, time.monotonic() + self._seconds
            found: T = self._value
            return found
