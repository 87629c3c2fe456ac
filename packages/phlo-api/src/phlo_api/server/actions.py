"""What an operator may start: phlo's own commands, each a process of its own under the deploy lock."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence

from phlo.cli import exits
from phlo.cli.rollback import containers_before
from phlo.events_json import event_line
from phlo.hosts.lock import ACTOR_VARIABLE
from phlo.values import Event
from phlo_api.server.audit import Audit
from phlo_api.server.models import ActionRequest, Service, ServiceAction, Started
from phlo_api.server.problems import Refusal
from phlo_api.server.runs import Runs, StartedRun
from phlo_api.server.tokens import Identity
from phlo_api.server.view import View

# How long a run may take until it says its first word: it reads the project and looks at the hosts.
FIRST_WORD_SECONDS = 120.0
_ENDED = None
_STATUS = {exits.LOCKED: 423, exits.UNREACHABLE: 503, exits.USAGE: 409}


class Actions:
    """Starts runs. own_services: those that this API is made of, which it cannot replace while it answers."""

    def __init__(self, view: View, runs: Runs, audit: Audit, *, own_services: Sequence[str] = ()) -> None:
        self._view = view
        self._runs = runs
        self._audit = audit
        self._own = frozenset(own_services)

    def up(self, services: Sequence[str], who: Identity, address: str) -> Started:
        self._may("up", who, " ".join(services), address)
        if self._own:
            plan, _ = self._view.command_json("plan", "--json", *services)
            made_anew = (step for step in plan["steps"] if step["operation"] == "container" and step["changes"])
            self._leaves_itself_alone({step["service"] for step in made_anew}, "phlo up")
        return self._start("up", ["up", *services], who, " ".join(services) or "all services", address)

    def restart(self, service: str, who: Identity, address: str) -> Started:
        self._may("restart", who, service, address)
        if service in self._own:
            raise Refusal(409, f"{service} cannot restart itself", fix=f"Run `phlo restart {service}` on the machine.")
        return self._start("restart", ["restart", service], who, service, address)

    def rollback(self, run: str | None, who: Identity, address: str) -> Started:
        self._may("rollback", who, run or "last", address)
        if self._own:
            resolved = self._view.resolved()
            put_back = containers_before(run, resolved.project, resolved.hosts)
            self._leaves_itself_alone({one.service for one in put_back}, f"phlo rollback {run or ''}".rstrip())
        return self._start("rollback", ["rollback", *([run] if run else [])], who, run or "last", address)

    def action(self, service: Service, action: str, request: ActionRequest, who: Identity, address: str) -> Started:
        target = f"{service.name}.{action}"
        self._may("action", who, target, address)
        known = next((one for one in service.actions if one.name == action), None)
        if known is None:
            names = ", ".join(one.name for one in service.actions) or "none"
            raise Refusal(404, f'{service.name} has no action "{action}"', fix=f"It has: {names}.")
        options, positional = _arguments(known, request.arguments)
        return self._start("action", ["run", target, *options], who, target, address, positional=positional)

    def _may(self, action: str, who: Identity, target: str, address: str) -> None:
        """Raises a Refusal, which is noted too, unless the project allows it and the token is an operator's."""
        if action not in self._view.settings.actions:
            problem = Refusal(
                403,
                f'this project does not allow "{action}" through its API',
                fix="`env: {PHLO_API_ACTIONS: up restart action rollback}` in phlo.yaml, then `phlo up`, allows it.",
            )
        elif not who.is_operator:
            problem = Refusal(403, f"the token {who.name} only reads", fix="Use the operator's token.")
        else:
            return
        self._audit.note(who, action, target, "refused", detail=problem.problem.detail, address=address)
        raise problem

    def _leaves_itself_alone(self, replaced: Collection[str], command: str) -> None:
        """Raises a Refusal when services that this API runs in are among those that a command would replace."""
        mine = sorted(self._own.intersection(replaced))
        if mine:
            what = f"{' and '.join(mine)} would be replaced, and this run with it"
            raise Refusal(409, what, fix=f"Run `{command}` on the machine itself.")

    def _start(
        self,
        action: str,
        words: Sequence[str],
        who: Identity,
        target: str,
        address: str,
        *,
        positional: Sequence[str] = (),
    ) -> Started:
        last = ["--", *positional] if positional else []
        argv = [sys.executable, "-m", "phlo", *words, "--output", "json", *self._view.words(), *last]
        process = _Process(argv, self._environ(who))
        try:
            first = process.first_event()
        except Refusal as problem:
            self._audit.note(who, action, target, "failed", detail=problem.problem.detail, address=address)
            raise
        run = StartedRun(str(first["run"]), by=who.name)
        run.take(json.dumps(first))
        self._runs.add(run)
        self._audit.note(who, action, target, "started", run=run.id, address=address)

        mask = self._view.masker()

        def listen() -> None:
            result = process.listen(run, mask)
            run.is_over = True
            self._audit.note(who, action, target, result, run=run.id, address=address)

        threading.Thread(target=listen, name=f"run-{run.id}", daemon=True).start()
        return Started(run=run.id)

    def _environ(self, who: Identity) -> Mapping[str, str]:
        code = os.pathsep.join(path for path in sys.path if path)
        return {**self._view.settings.resolving().environ, "PYTHONPATH": code, ACTOR_VARIABLE: f"{who.name} (phlo-api)"}


class _Process:
    """A run of phlo that prints its events. Its words are read by threads, so that it never waits for us."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            argv,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a signal to this server is none to the run
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._told: list[str] = []
        self._teller = threading.Thread(target=self._read_told, daemon=True)
        self._teller.start()
        threading.Thread(target=self._read_events, daemon=True).start()

    def first_event(self) -> dict[str, object]:
        """The first event. Raises a Refusal with what phlo said when it ends without one."""
        try:
            while (line := self._lines.get(timeout=FIRST_WORD_SECONDS)) is not _ENDED:
                if (found := _event(line)) is not None:
                    return found
        except queue.Empty:
            self._process.terminate()
            raise Refusal(503, f"phlo said nothing for {FIRST_WORD_SECONDS:.0f} s and was stopped") from None
        code = self._process.wait()
        self._teller.join()
        text = " ".join(line.strip() for line in self._told[-10:]).removeprefix("✗ ")
        raise Refusal(_STATUS.get(code, 409), text or f"phlo ended with exit code {code}")

    def listen(self, run: StartedRun, mask: Callable[[str], str]) -> str:
        """Hand on the events until it ends; gives in a word how. What an action prints becomes notes among them."""
        while (line := self._lines.get()) is not _ENDED:
            if _event(line) is None:
                note = Event(kind="note", time=time.time(), run=run.id, message=mask(line))
                line = event_line(note)
            run.take(line)
        code = self._process.wait()
        return "done" if code == exits.OK else f"failed (exit code {code})"

    def _read_events(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line.rstrip("\n"))
        self._lines.put(_ENDED)

    def _read_told(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            self._told += lines


def _event(line: str) -> dict[str, object] | None:
    """A line as an event of phlo; None for what something else has printed."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"v", "kind", "run"} <= found.keys() else None


def _arguments(action: ServiceAction, given: Mapping[str, str | int | bool]) -> tuple[list[str], list[str]]:
    """The options, and the words for behind `--`, that mean these arguments; no value can be taken for an option."""
    known = {one.name: one for one in action.arguments}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise Refusal(422, f'there is no argument "{unknown[0]}"', fix=f"Known: {', '.join(known) or 'none'}.")
    options: list[str] = []
    positional: list[str] = []
    for name, one in known.items():
        if name not in given:
            continue
        value = given[name]
        if one.type == "flag":
            options += [f"--{name}"] if value is True else []
        elif one.type == "path":
            raise Refusal(
                422,
                f'"{name}" is a path of the machine that phlo runs on, which is not this API\'s to read or write',
                fix=f"Run `phlo run ...{action.name} --{name} PATH` there.",
            )
        elif one.positional:
            positional.append(str(value))
        else:
            options.append(f"--{name}={value}")
    return options, positional
