"""Plans: what an `up` would change now, a digest of each, and files for runs that carry out exactly one of them."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phlo.config.project import Project
from phlo.plan import build
from phlo_api.server.problems import Refusal
from phlo_api.server.run_models import Plan
from phlo_api.server.services import unknown_service
from phlo_api.server.turns import Turns
from phlo_api.server.view import View

MOST_PLANS = 8
# So many of the plans that clients were shown are kept, so that a refusal can say what has moved since.
MOST_REMEMBERED = 32
MOST_MOVED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundPlan:
    """A plan that a run is to carry out. file: holds it; None when not all of it could be looked at."""

    data: Mapping[str, Any]
    file: Path | None


class Plans:
    """Makes plans; may be used by many threads."""

    def __init__(self, view: View, revision: Callable[[], str]) -> None:
        """revision: gives that of what a plan would be made from now."""
        self._view = view
        self._revision = revision
        self._turns = Turns(MOST_PLANS, "plans")
        self._lock = threading.Lock()
        self._remembered: OrderedDict[str, dict[str, str]] = OrderedDict()

    def now(self, services: Sequence[str]) -> Plan:
        """What `phlo up` would change now.

        Where the engine can only be read, tasks of roles are left out: they look inside services, by running commands.
        """
        started, at = time.monotonic(), time.time()
        project = self._known(services)
        warnings = list(project.warnings)
        tags: list[str] = []
        settings = self._view.settings
        if settings.is_in_container and not settings.actions and _has_tasks(project):
            tags = sorted({step.operation for step in build(project).steps})
            warnings.append("The tasks of roles are not part of it: without actions this API runs nothing in services.")
        with self._turns.one():
            revision = self._revision()  # first: what changes while the plan is made outdates it
            data = self._view.plan(services, tags=tags)
        digest = digest_of(data, services)
        self._remember(digest, data)
        seconds = round(time.monotonic() - started, 3)
        return Plan(**data, digest=digest, revision=revision, warnings=warnings, computed_at=at, seconds=seconds)

    @contextmanager
    def bound(self, services: Sequence[str], digest: str) -> Iterator[BoundPlan]:
        """The plan of this digest, computed again. Raises a Refusal that says what moved when it is another one now.

        Its file is removed on an exception; else it is the caller's.
        """
        self._known(services)
        folder = self._view.settings.state_folder
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"plan-{uuid.uuid4().hex}.json"
        try:
            with self._turns.one():
                data = self._view.plan(services, out=path)
            found = digest_of(data, services)
            if found != digest:
                raise self._moved(digest, data)
            yield BoundPlan(data=data, file=path if path.is_file() else None)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _known(self, services: Sequence[str]) -> Project:
        """The project. Raises a Refusal for a name that no service of it has."""
        project = self._view.resolved().project
        for name in services:
            if name not in project.services and name not in project.absent:
                raise unknown_service(name, project)
        return project

    def _remember(self, digest: str, data: Mapping[str, Any]) -> None:
        with self._lock:
            self._remembered[digest] = _steps(data)
            self._remembered.move_to_end(digest)
            while len(self._remembered) > MOST_REMEMBERED:
                self._remembered.popitem(last=False)

    def _moved(self, digest: str, data: Mapping[str, Any]) -> Refusal:
        with self._lock:
            before = self._remembered.get(digest)
        now = _steps(data)
        lines = [f"now: {text}" for text in now.values()] if before is None else list(moved(before, now))
        shown = [*lines[:MOST_MOVED], *([f"and {len(lines) - MOST_MOVED} more"] if len(lines) > MOST_MOVED else [])]
        return Refusal(
            409,
            "the plan has changed since it was shown",
            fix="Read the new plan, and apply it.",
            lines=shown or ["nothing would change any more"],
        )


def digest_of(data: Mapping[str, Any], services: Sequence[str]) -> str:
    """The same for equal plans: whatever the order of steps, and whenever they were made.

    Messages do not count: they may hold times. Nor do waits: a service that was starting is ready a moment later.
    services: those that were asked for.
    """
    steps = sorted(map(_what_counts, data["steps"]), key=lambda step: str(step["id"]))
    whole = {"project": data["project"], "services": sorted(set(services)), "steps": steps}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:32]


def _what_counts(step: Mapping[str, Any]) -> dict[str, Any]:
    changes = [change for change in step["changes"] if change["verb"] != "wait"]
    only_waits = bool(step["changes"]) and not changes
    return {"id": step["id"], "status": "ok" if only_waits else step["status"], "changes": changes}


def moved(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """What differs between two plans, a line each. before, now: id of a step -> its text."""
    for name in sorted({*before, *now}):
        if name not in now:
            yield f"no longer: {before[name]}"
        elif name not in before:
            yield f"new: {now[name]}"
        elif before[name] != now[name]:
            yield f"was: {before[name]}; now: {now[name]}"


def _steps(data: Mapping[str, Any]) -> dict[str, str]:
    return {step["id"]: _text(step) for step in data["steps"]}


def _text(step: Mapping[str, Any]) -> str:
    changes = [f"{one['verb']} {one['at']} ({'; '.join(one['causes'])})" for one in step["changes"]]
    return f"{step['id']}: {', '.join(changes) or step['status'] or 'unknown'}"


def _has_tasks(project: Project) -> bool:
    names = {name for service in project.services.values() for name in service.definition.tasks}
    return not names.isdisjoint(("tasks/main.yaml", "tasks/main.yml"))
