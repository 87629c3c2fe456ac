"""What an operator may start: phlo's own commands, each a process of its own under the deploy lock."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from phlo.cli.rollback import containers_before
from phlo.errors import did_you_mean
from phlo.hosts.lock import ACTOR_VARIABLE
from phlo_api.server.audit import Audit
from phlo_api.server.commands import action_line, command_line, planned_line
from phlo_api.server.models import ActionRequest, Started, UpRequest
from phlo_api.server.plans import Plans
from phlo_api.server.problems import Refusal
from phlo_api.server.run_process import RunProcess
from phlo_api.server.runs import Runs, StartedRun
from phlo_api.server.service_models import Service
from phlo_api.server.tokens import Identity
from phlo_api.server.view import View


class Actions:
    """Starts runs. own_services: those that this API is made of, which it cannot replace while it answers."""

    def __init__(self, view: View, plans: Plans, runs: Runs, audit: Audit, *, own_services: Sequence[str] = ()) -> None:
        self._view = view
        self._plans = plans
        self._runs = runs
        self._audit = audit
        self._own = frozenset(own_services)
        self._processes: dict[str, RunProcess] = {}  # of the runs under way

    def up(self, request: UpRequest, who: Identity, address: str) -> Started:
        services, target = request.services, " ".join(request.services) or "all services"
        self._may("up", who, target, address)
        if request.plan is None:
            raise Refusal(422, "the plan to carry out is not named", fix="Send `plan`: the `digest` of `GET /plan`.")
        project = self._view.words()
        with self._plans.bound(services, request.plan) as plan:
            self._replaces_others_only(plan.data)
            if plan.file is None:
                line = command_line("up", services, project=project)
            else:
                line = planned_line(plan.file, project=project)
            return self._start("up", line, who, target, address, file=plan.file)

    def restart(self, services: Sequence[str], who: Identity, address: str) -> Started:
        return self._on_services("restart", services, who, address)

    def stop(self, services: Sequence[str], who: Identity, address: str) -> Started:
        return self._on_services("stop", services, who, address)

    def cancel(self, run: str, who: Identity, address: str) -> None:
        """Interrupt a run that this API started. Raises a Refusal for any other, and for one that has ended."""
        started = self._runs.started(run)
        if started is None:
            self._runs.lines(run)  # raises for a run that is not known
            raise Refusal(409, f"{run} was not started through this API", fix="Press Ctrl-C where it runs.")
        process = self._processes.get(run)
        if process is None or started.is_over:
            raise Refusal(409, f"{run} has ended", fix="There is nothing to cancel.")
        self._audit.note(who, "cancel", run, "requested", run=run, address=address)
        process.interrupt()

    def _on_services(
        self, command: Literal["restart", "stop"], services: Sequence[str], who: Identity, address: str
    ) -> Started:
        target = " ".join(services)
        self._may(command, who, target, address)
        if not services:
            raise Refusal(422, "no service is named", fix="Send `services`: their names.")
        known = self._view.resolved().project.services
        for name in services:
            if name not in known:
                raise Refusal(404, f'the project has no service "{name}"', fix=did_you_mean(name, known))
        for own in self._own.intersection(services):
            raise Refusal(409, f"{own} cannot {command} itself", fix=f"Run `phlo {command} {own}` on the machine.")
        return self._start(command, command_line(command, services, project=self._view.words()), who, target, address)

    def rollback(self, run: str | None, who: Identity, address: str) -> Started:
        self._may("rollback", who, run or "last", address)
        resolved = self._view.resolved()
        put_back = containers_before(run, resolved.project, resolved.hosts)  # raises for a run that is not known
        if self._own:
            self._leaves_itself_alone({one.service for one in put_back}, f"phlo rollback {run or ''}".rstrip())
        line = command_line("rollback", [run] if run else [], project=self._view.words())
        return self._start("rollback", line, who, run or "last", address)

    def action(self, service: Service, action: str, request: ActionRequest, who: Identity, address: str) -> Started:
        target = f"{service.name}.{action}"
        self._may("action", who, target, address)
        given = {name for name, value in request.arguments.items() if value not in ("", None)}
        known = next((one for one in service.actions if one.name == action), None)
        if known is None:
            names = ", ".join(one.name for one in service.actions) or "none"
            raise Refusal(404, f'{service.name} has no action "{action}"', fix=f"It has: {names}.")
        if known.interactive and (known.interactive_without or "") not in given:
            only = f" without `{known.interactive_without}`" if known.interactive_without else ""
            what = f"{target} is interactive{only}: it needs a terminal"
            raise self._refused(409, what, f"Run `phlo run {target}` on the machine.", "action", who, target, address)
        if known.danger == "destructive" and request.confirm != target:
            what = f"{target} is destructive ({known.help}) and was not confirmed"
            raise self._refused(422, what, f'Send `confirm: "{target}"`.', "action", who, target, address)
        line = action_line(service.name, known, request.arguments, project=self._view.words())
        return self._start("action", line, who, target, address)

    def _may(self, action: str, who: Identity, target: str, address: str) -> None:
        """Raises a Refusal unless the project allows it and the token is an operator's."""
        if action not in self._view.settings.actions:
            what = f'this project does not allow "{action}" through its API'
            fix = "`env: {PHLO_API_ACTIONS: up restart stop action rollback}` in phlo.yaml, then `phlo up`, allows it."
        elif not who.is_operator:
            what, fix = f"the token {who.name} only reads", "Use the operator's token."
        else:
            return
        raise self._refused(403, what, fix, action, who, target, address)

    def _refused(
        self, status: int, what: str, fix: str, action: str, who: Identity, target: str, address: str
    ) -> Refusal:
        """A Refusal that the audit log has."""
        self._audit.note(who, action, target, "refused", detail=what, address=address)
        return Refusal(status, what, fix=fix)

    def _replaces_others_only(self, plan: Mapping[str, Any]) -> None:
        if self._own:
            made_anew = (step for step in plan["steps"] if step["operation"] == "container" and step["changes"])
            self._leaves_itself_alone({step["service"] for step in made_anew}, "phlo up")

    def _leaves_itself_alone(self, replaced: Collection[str], command: str) -> None:
        """Raises a Refusal when services that this API runs in are among those that a command would replace."""
        mine = sorted(self._own.intersection(replaced))
        if mine:
            what = f"{' and '.join(mine)} would be replaced, and this run with it"
            raise Refusal(409, what, fix=f"Run `{command}` on the machine itself.")

    def _start(
        self,
        action: str,
        line: Sequence[str],
        who: Identity,
        target: str,
        address: str,
        *,
        file: Path | None = None,
    ) -> Started:
        """Start a run and wait for its first event. Nothing is started without an entry in the audit log.

        file: is removed once the run has ended.
        """
        mask, environ = self._view.masker(), self._environ(who)
        self._audit.note(who, action, target, "requested", address=address)
        process = RunProcess(line, environ)
        try:
            first = process.first_event()
        except Refusal as problem:
            self._audit.note(who, action, target, "failed", detail=problem.problem.detail, address=address)
            raise
        run = StartedRun(str(first["run"]), by=who.name)
        run.take(json.dumps(first))
        self._processes[run.id] = process
        self._runs.add(run)

        def listen() -> None:
            result = process.listen(run, mask)
            run.is_over = True
            del self._processes[run.id]
            if file is not None:
                file.unlink(missing_ok=True)
            with suppress(Refusal):  # the log itself says that it cannot be written
                self._audit.note(who, action, target, result, run=run.id, address=address)

        with suppress(Refusal):
            self._audit.note(who, action, target, "started", run=run.id, address=address)
        threading.Thread(target=listen, name=f"run-{run.id}", daemon=True).start()
        return Started(run=run.id)

    def _environ(self, who: Identity) -> Mapping[str, str]:
        code = os.pathsep.join(path for path in sys.path if path)
        return {**self._view.settings.resolving().environ, "PYTHONPATH": code, ACTOR_VARIABLE: f"{who.name} (phlo-api)"}
