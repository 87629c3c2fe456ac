"""Playbooks that are run with no engine: hosts that answer nothing, and operations that ask nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from phlo.config.project import Project
from phlo.errors import HostError, OperationError
from phlo.events import Event, ItemFinished, StepFinished
from phlo.execute.emitter import Emitter
from phlo.execute.play.members import Members
from phlo.execute.play.outcome import PlaybookOutcome
from phlo.execute.play.run import run_plays
from phlo.execute.play.run_context import RunContext
from phlo.frozen import dataclass as frozen_dataclass
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host, ReadHost
from phlo.inventory import Inventory, load
from phlo.operations import task_operation
from phlo.operations.fields import positional
from phlo.playbook.load import Loader
from phlo.playbook.lookups import lookup_functions
from phlo.playbook.operations import Operations
from phlo.playbook.plays import read_playbook
from phlo.playbook.selection import Choice
from phlo.playbook.templating import Templar
from phlo.values import Change, Secret, Source, Value


def refuse(timeout_seconds: float | None) -> Any:
    raise AssertionError("these tests ask no engine")


@frozen_dataclass(frozen=True, slots=True, kw_only=True)
class TouchArgs:
    """path: what is touched. fails_on, gone_on: hosts on which it fails, or which are away."""

    path: str = positional("x")
    fails_on: tuple[str, ...] = ()
    gone_on: tuple[str, ...] = ()
    fails_times: int = 0


@dataclass
class Touch:
    """An operation that keeps a diary: each path is touched once on each host."""

    Args = TouchArgs
    done: dict[str, list[str]] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)

    def observe(self, args: TouchArgs, host: ReadHost) -> bool:
        assert isinstance(host, ReadHost)
        if host.name in args.gone_on:
            raise HostError("no answer", where=host.name)
        return args.path in self.done.get(host.name, [])

    def decide(self, args: TouchArgs, seen: bool) -> list[Change]:
        return [] if seen else [Change(at=f"path:{args.path}", verb="create", causes=("not found",))]

    def apply(self, change: Change, args: TouchArgs, seen: bool, host: Host) -> dict[str, Any]:
        tries = self.failed[host.name] = self.failed.get(host.name, 0) + 1
        if host.name in args.fails_on or tries <= args.fails_times:
            raise OperationError(f"cannot touch {args.path}", where=host.name)
        self.done.setdefault(host.name, []).append(args.path)
        return {"path": args.path}


@dataclass
class Ran:
    """What a playbook did."""

    outcome: PlaybookOutcome
    events: list[Event]
    touched: Mapping[str, list[str]]

    def ended(self, name: str, host: str = "local") -> list[str]:
        """How the tasks of a name ended on a host."""
        return [event.status.value for event in self.ends() if event.step.host == host and event.step.name == name]

    def said(self, name: str, host: str = "local") -> str:
        found = [event.message for event in self.ends() if event.step.name == name and event.step.host == host]
        return found[-1]

    def names(self) -> list[str]:
        return [event.step.name for event in self.ends()]

    def ends(self) -> list[ItemFinished | StepFinished]:
        """The ends of tasks; of a loop the ends of its items, if it had any."""
        looped = {event.step for event in self.events if isinstance(event, ItemFinished)}
        return [
            event
            for event in self.events
            if isinstance(event, ItemFinished) or (isinstance(event, StepFinished) and event.step not in looped)
        ]


RunPlay = Callable[..., Ran]


@pytest.fixture
def play(tmp_path: Path) -> RunPlay:
    """Runs a playbook, given as text; further files as `files={path: text}`."""

    def run(
        text: str,
        *,
        hosts: Iterable[str] = ("local",),
        inventory: str | None = None,
        files: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
        touch: Touch | None = None,
        check: bool = False,
        limit: list[str] | None = None,
        behind_tcp: Iterable[str] = (),
        ask: Callable[[str], str] | None = None,
        ask_hidden: Callable[[str], str] | None = None,
        extra: Mapping[str, Any] | None = None,
        **choice: Any,
    ) -> Ran:
        diary = touch or Touch()
        for name, content in {"site.yaml": text, **(files or {})}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(dedent(content))
        events: list[Event] = []
        if inventory is None and list(hosts) != ["local"]:
            ranks = ", ".join(f"{name}: {{rank: {index}}}" for index, name in enumerate(hosts))
            inventory = f"all: {{hosts: {{{ranks}}}}}"
        if inventory is not None:
            (tmp_path / "hosts.yaml").write_text(inventory)
        found = load() if inventory is None else load([tmp_path / "hosts.yaml"], root=tmp_path)
        known = {
            name: Value(name=name, text=value, source=Source(layer="phlo.yaml"))
            for name, value in (values or {}).items()
        }
        secrets = tuple(value for value in (values or {}).values() if isinstance(value, Secret))

        def reload() -> Inventory:
            return load([tmp_path / "hosts.yaml"], root=tmp_path)

        def opened(inventory: Inventory, name: str) -> Host:
            return Host(name=name, engine=Engine(refuse, name=name), is_local=name not in behind_tcp)

        loader = Loader(root=tmp_path, services={}, operations={*Operations(installed={}).names(), "touch"})
        emitter = Emitter(events.append, run_id="test", clock=lambda: 0.0, secrets=secrets)
        world = RunContext(
            project=Project(name="lake", root=tmp_path, services={}, values=known, secrets=secrets),
            members=Members(found, {}, open_host=opened, reload=reload),
            ask=ask,
            ask_hidden=ask_hidden,
            loader=loader,
            find=lambda name: diary if name == "touch" else task_operation(name),
            bring_up=lambda services, names: {},
            check=check,
            extra=extra or {},
        )
        outcome = run_plays(
            read_playbook(loader, tmp_path / "site.yaml"),
            world,
            Templar(functions=lookup_functions(tmp_path), on_secret=emitter.mask.learn),
            emitter,
            title="play",
            choice=replace(Choice(), **choice),
            limit=limit,
        )
        return Ran(outcome, events, diary.done)

    return run
