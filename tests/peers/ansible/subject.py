"""What phlo makes of the cases: the plays of a playbook are run in this process, on hosts without an engine."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from phlo.cli.parser import find_verb, parse
from phlo.cli.play import choice_of, command_line_layer, play_limit, plays_of
from phlo.cli.shell import Shell
from phlo.cli.workspace import Workspace, load_inventory, resolve_project
from phlo.discovery.catalog import NO_SERVICES
from phlo.errors import PhloError
from phlo.events import Event, StepFinished, StepStarted, TaskId
from phlo.execute.emitter import Emitter
from phlo.execute.play.members import Members
from phlo.execute.play.run import run_plays
from phlo.execute.play.run_context import RunContext
from phlo.execute.play.task_events import HIDDEN
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host, ReadHost
from phlo.playbook.load import Loader
from phlo.playbook.lookups import lookup_functions
from phlo.playbook.operations import Operations
from phlo.playbook.scope import Scope, written
from phlo.playbook.source import Origin, Raw
from phlo.playbook.templating import Templar
from phlo.values import Secret
from tests.peers.ansible.case import Case, Expression

_QUIET = ("include_", "import_")


def of_expression(one: Expression) -> dict[str, Any]:
    """The value of an expression, in the form of `record.py`; `reason` says why there is none."""
    templar = Templar(functions=lookup_functions(Path.cwd()))
    place = Origin(None, name="expression")
    try:
        return {"value": plain(templar.render(Raw(one.text, place), Scope((written(one.variables, place),))))}
    except PhloError as reason:
        return {"fails": True, "reason": str(reason)}


def of_case(case: Case, root: Path) -> dict[str, Any]:
    """What a run of the playbook does, in the form of `record.py`; `reason` has the errors."""
    case.write(root)
    (root / "phlo.yaml").write_text("name: peers\n", encoding="utf-8")
    environ = {name: text.replace("{root}", str(root)) for name, text in case.environ.items()}
    with patch.dict(os.environ, {**environ, "HOME": str(root)}):
        try:
            return _run(case, root)
        except PhloError as reason:
            return {"exit": 1, "tasks": {}, "shown": {}, "stats": {}, "reason": str(reason)}


def _run(case: Case, root: Path) -> dict[str, Any]:
    verb, words = find_verb(["play", *case.arguments])
    assert verb is not None
    options = parse(verb, words)
    shell = Shell(out=io.StringIO(), err=io.StringIO(), input=io.StringIO(), environ=dict(os.environ), cwd=root)
    workspace = Workspace(root, NO_SERVICES, load_inventory(options, shell, root))
    operations = Operations(installed={})
    loader = Loader(root=root, services={}, operations=operations.names(), vault=workspace.inventory.vault)
    plays = plays_of(options, loader, shell)
    if options.syntax_check or options.list_hosts or options.list_tags or options.list_tasks:
        return {"exit": 0, "tasks": {}, "shown": {}, "stats": {}}
    project = resolve_project(workspace, options, shell, is_limited=False)
    seen = _Seen()
    emitter = Emitter(seen.take, run_id="peers", clock=lambda: 0.0)
    world = RunContext(
        project=project,
        members=Members(
            workspace.inventory,
            {},
            open_host=lambda inventory, name: _host(name),
            reload=lambda: load_inventory(options, shell, root),
        ),
        loader=loader,
        find=lambda name: seen.operation(operations.find(name)) if name == "debug" else operations.find(name),
        bring_up=lambda services, names: {},
        command_line=command_line_layer(options, shell, workspace),
        check=options.check,
        forks=1,
        gathers=False,  # as ANSIBLE_GATHERING=explicit of the recorded runs
        verbosity=options.verbose,
    )
    vault = workspace.inventory.vault
    templar = Templar(functions=lookup_functions(root), on_secret=emitter.mask.learn, vault=vault)
    limit = play_limit(options, workspace.inventory, root)
    outcome = run_plays(plays, world, templar, emitter, title="play", choice=choice_of(options, None), limit=limit)
    counts = {
        host: {"rescued": found.get("rescued", 0), "ignored": found.get("ignored", 0)}
        for host, found in outcome.hosts.items()
    }
    return {
        "exit": 2 if outcome.failures else 0,
        "tasks": _tasks(seen.events),
        "shown": seen.shown,
        "stats": {host: found for host, found in counts.items() if any(found.values())},
        "reason": "; ".join(str(error) for error in outcome.failures),
    }


class _Seen:
    """The events of a run, and what `debug` showed on each host: one task at a time is under way."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.shown: dict[str, list[Any]] = {}
        self._host = ""
        self._before = 0

    def operation(self, module: Any) -> Any:
        return _Debug(module, self.show)

    def show(self, value: Any) -> None:
        self.shown.setdefault(self._host, []).append(value)

    def take(self, event: Event) -> None:
        """Keep an event; what a task with `no_log` showed is nothing."""
        self.events.append(event)
        if isinstance(event, StepStarted):
            self._host = event.step.host
            self._before = len(self.shown.get(self._host, []))
        elif isinstance(event, StepFinished) and event.message == HIDDEN and event.step.host == self._host:
            mine = self.shown.get(self._host, [])
            mine[self._before :] = [None] * len(mine[self._before :])


class _Debug:
    """The operation, with what it shows kept as data."""

    def __init__(self, module: Any, show: Callable[[Any], None]) -> None:
        self._module = module
        self._show = show

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def observe(self, args: Any, host: ReadHost) -> Any:
        if args.is_shown:
            self._show(plain(args.msg if args.var is None else args.var[1]))
        return self._module.observe(args, host)


def _tasks(events: list[Event]) -> dict[str, list[Any]]:
    """host -> name, status and whether it was ignored, of every task."""
    found: dict[str, list[Any]] = {}
    for event in events:
        if isinstance(event, StepFinished) and isinstance(event.step, TaskId) and not _is_quiet(event, event.step):
            status = {"pending": "changed", "unknown": "ok"}.get(event.status.value, event.status.value)
            entry = [event.step.name, status, *(["ignored"] if event.is_ignored else [])]
            found.setdefault(event.step.host, []).append(entry)
    return found


def _is_quiet(event: StepFinished, step: TaskId) -> bool:
    """Whether it is the end of an include or a meta task, of which only what follows from it counts."""
    return (step.operation.startswith(_QUIET) or step.operation == "meta") and event.status.value != "failed"


def plain(value: Any) -> Any:
    """A value as data, in the form of the recorder."""
    if isinstance(value, Secret):
        return value.reveal()
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {
            str(key) if isinstance(key, str) else f"{type(key).__name__}:{key}": plain(one)
            for key, one in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return {"__type__": type(value).__name__, "text": str(value)}


def _host(name: str) -> Host:
    return Host(name=name, engine=Engine(_refuse, name=name))


def _refuse(timeout_seconds: float | None) -> Any:
    raise AssertionError("these cases ask no engine")


@contextmanager
def home(folder: Path) -> Iterator[None]:
    """The working folder of a case."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
