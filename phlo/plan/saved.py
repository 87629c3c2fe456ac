"""A plan kept in a file: what was decided, what it was decided from, and whether that still holds.

The file holds no value of the configuration, only salted digests of each; a secret's digest is one that is slow to
compute (scrypt), so that the file is not a help in guessing it.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import phlo
from phlo.errors import ConfigError, PlanError
from phlo.events_json import change_to_json
from phlo.frozen import dataclass
from phlo.plan.graph import Plan
from phlo.values import Change, FileSpec, Secret, Status, Step, reveal, step_id

if TYPE_CHECKING:
    from phlo.plan.saved_form import PlanForm

FORM = 2
MOST_NAMES = 5
_MOST_BYTES = 64 << 20

Live = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedStep:
    """A step as it was decided. inputs: name of each argument -> digest of its value."""

    host: str
    service: str
    name: str
    operation: str
    status: Status
    changes: tuple[Change, ...]
    inputs: Mapping[str, str]

    @property
    def id(self) -> str:
        return step_id(self.host, self.service, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """What is in the file.

    asked: the command's options that the plan depends on. made: seconds since the epoch. salt: of the digests, hex.
    live:  host -> container -> `{"id", "service", "state"}` as they were when it was decided.
    """

    project: str
    made: float
    asked: Mapping[str, Any]
    salt: str
    steps: tuple[SavedStep, ...]
    live: Live
    version: str = phlo.__version__


Decided = Mapping[str, tuple[Status, tuple[Change, ...]]]


def capture(
    plan: Plan, decided: Decided, live: Live, *, root: Path, asked: Mapping[str, Any], salt: str, made: float
) -> SavedPlan:
    """A plan with what a run in check mode decided for each of its steps.

    root: the project's folder; paths count from there.
    """
    digests = _Digests(bytes.fromhex(salt), root)
    steps = [
        SavedStep(
            host=step.host,
            service=step.service,
            name=step.name,
            operation=step.operation,
            status=decided[step.id][0],
            changes=decided[step.id][1],
            inputs={name: digests.of(value) for name, value in _inputs(step)},
        )
        for step in plan.steps
    ]
    return SavedPlan(project=plan.project, made=made, asked=asked, salt=salt, steps=tuple(steps), live=live)


# -- the file --------------------------------------------------------------------------------------------


def to_text(saved: SavedPlan) -> str:
    """The file's content."""
    steps = [
        {
            "host": step.host,
            "service": step.service,
            "name": step.name,
            "operation": step.operation,
            "status": step.status.value,
            "changes": [change_to_json(change) for change in step.changes],
            "inputs": dict(step.inputs),
        }
        for step in saved.steps
    ]
    whole = {
        "phlo_plan": FORM,
        "phlo": saved.version,
        "project": saved.project,
        "made": saved.made,
        "asked": dict(saved.asked),
        "salt": saved.salt,
        "steps": steps,
        "live": saved.live,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def read(path: Path) -> SavedPlan:
    """The plan in a file. Raises ConfigError when there is none, or when anything in it does not fit the form."""
    from pydantic import ValidationError

    from phlo.plan.saved_form import PlanForm

    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ValueError
        whole = json.loads(data)
        if isinstance(whole, dict) and whole.get("phlo_plan", FORM) != FORM:
            fix = "Make it again with this version."
            raise ConfigError("is a plan of another version of phlo", where=path, fix=fix)
        return _from_form(PlanForm.model_validate(whole))
    except OSError as reason:
        fix = "Make one: `phlo plan -o FILE`."
        raise ConfigError(f"cannot be read: {reason.strerror}", where=path, fix=fix) from None
    except ValidationError as reason:
        place = ".".join(map(str, reason.errors()[0]["loc"])) or "file"
        fix = "It was edited. Create a new one: `phlo plan -o FILE`."
        raise ConfigError(f"is not a saved plan: {place}: {reason.errors()[0]['msg']}", where=path, fix=fix) from None
    except (ValueError, RecursionError):
        raise ConfigError("is not a saved plan", where=path, fix="Make one: `phlo plan -o FILE`.") from None


def _from_form(form: PlanForm) -> SavedPlan:
    steps = tuple(
        SavedStep(
            host=step.host,
            service=step.service,
            name=step.name,
            operation=step.operation,
            status=step.status,
            changes=tuple(
                Change(at=one.at, verb=one.verb, causes=one.causes, is_counted=one.is_counted) for one in step.changes
            ),
            inputs=step.inputs,
        )
        for step in form.steps
    )
    live = {
        host: {name: one.model_dump() for name, one in containers.items()} for host, containers in form.live.items()
    }
    return SavedPlan(
        project=form.project,
        made=form.made,
        asked=form.asked.model_dump(),
        salt=form.salt,
        steps=steps,
        live=live,
        version=form.phlo,
    )


# -- whether it still holds -----------------------------------------------------------------------------------


def moved(then: SavedPlan, now: SavedPlan) -> list[str]:
    """What is no longer as it was when a plan was made, a line each; [] when the plan still holds.

    now: captured with the same salt.
    """
    lines = []
    before, after = ({step.id: step for step in saved.steps} for saved in (then, now))
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in after:
            lines.append(f"{name}: is no longer part of it")
        elif name not in before:
            lines.append(f"{name}: was not part of it")
        else:
            lines += _step_moved(before[name], after[name])
    services = {(step.host, step.service) for step in then.steps}
    return [*lines, *_live_moved(then.live, now.live, services)]


def _step_moved(then: SavedStep, now: SavedStep) -> Iterator[str]:
    names = sorted({*then.inputs, *now.inputs})
    differing = [name for name in names if then.inputs.get(name) != now.inputs.get(name)]
    if differing:
        more = f" and {len(differing) - MOST_NAMES} more" if len(differing) > MOST_NAMES else ""
        yield f"{then.id}: configuration changed since: {', '.join(differing[:MOST_NAMES])}{more}"
    planned, wanted = _in_words(then.changes), _in_words(now.changes)
    if planned != wanted:
        yield f"{then.id}: planned was {planned}; now it would be {wanted}"


def _in_words(changes: Sequence[Change]) -> str:
    counted = [change for change in changes if change.is_counted]
    texts = [f"{change.verb} {change.at} ({'; '.join(change.causes)})" for change in counted]
    return ", ".join(texts) or "nothing"


def _live_moved(then: Live, now: Live, services: set[tuple[str, str]]) -> Iterator[str]:
    for host in sorted({*then, *now}):
        before, after = then.get(host, {}), now.get(host, {})
        for name in sorted({*before, *after}):
            old, new = before.get(name), after.get(name)
            if old == new or (host, (old or new or {}).get("service", "")) not in services:
                continue
            yield f"{host} container {name}: {_fate(old, new)}"


def _fate(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> str:
    if old is None:
        return "is there now, and was not"
    if new is None:
        return "is gone"
    if old["id"] != new["id"]:
        return f"was recreated since ({old['id'][:12]} -> {new['id'][:12]})"
    return f"was {old['state']}, is {new['state']}"


def approver(saved: SavedPlan, plan: Plan) -> Callable[[Step, tuple[Change, ...]], None]:
    """What refuses a change that a saved plan does not have, at the last moment before it is made.

    What follows from a change of the plan (an image was pulled, and it is another one) is part of it.
    """
    planned = {step.id: step for step in saved.steps}
    follows: set[str] = set()
    for step in plan.steps:
        if any(need in follows or (need in planned and planned[need].status is Status.PENDING) for need in step.after):
            follows.add(step.id)

    def approve(step: Step, changes: tuple[Change, ...]) -> None:
        kept = planned[step.id].changes if step.id in planned else ()
        known = {(change.at, change.verb) for change in kept}
        for change in changes:
            if change.is_counted and (change.at, change.verb) not in known and step.id not in follows:
                raise PlanError(
                    f"{change.verb} {change.at} is not in the saved plan ({'; '.join(change.causes)})",
                    where=step.id,
                    fix="Something changed while the plan was carried out. Make a new one: `phlo plan -o FILE`.",
                )

    return approve


# -- digests ----------------------------------------------------------------------------------------------


def new_salt() -> str:
    return os.urandom(16).hex()


def _inputs(step: Step) -> Iterator[tuple[str, Any]]:
    """The arguments of a step as a flat list of named values, in the user's words where they are known."""
    for path, value in _flat(step.args, ()):
        name = ".".join(path)
        for engine, user in (("body.Env.", "environment."), ("body.HostConfig.", ""), ("body.", "")):
            if name.startswith(engine):
                name = user + name.removeprefix(engine)
                break
        yield name, value


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, FileSpec):
        yield (*path[:-1], value.path), (value.content, value.mode, value.uid, value.gid)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if field.compare:
                yield from _flat(getattr(value, field.name), (*path, field.name))
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            yield from _flat(value[key], (*path, str(key)))
    elif path and path[-1] == "Env":
        for entry in value:
            yield (*path, reveal(entry).partition("=")[0]), entry
    elif isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) or is_dataclass(item) for item in value):
        for index, item in enumerate(value):
            yield from _flat(item, (*path, str(index)))
    else:
        yield path, value


class _Digests:
    """Salted digests; each secret is put through scrypt once (RFC 7914)."""

    def __init__(self, salt: bytes, root: Path) -> None:
        self._salt = salt
        self._root = root
        self._known: dict[Secret, str] = {}

    def of(self, value: Any) -> str:
        text = json.dumps(self._plain(value), sort_keys=True, ensure_ascii=False)
        return hmac.new(self._salt, text.encode(), "sha256").hexdigest()[:16]

    def _plain(self, value: Any) -> Any:
        """`value` as JSON can hold it, with digests in place of secrets."""
        if isinstance(value, Secret):
            return ["secret", self._slow(value)]
        if isinstance(value, (list, tuple)):
            return [self._plain(item) for item in value]
        if isinstance(value, (set, frozenset)):
            return sorted(str(item) for item in value)
        if isinstance(value, bytes):
            return hashlib.sha256(value).hexdigest()
        if isinstance(value, Path):
            return os.path.relpath(value, self._root)
        if isinstance(value, enum.Enum):
            return self._plain(value.value)
        return value if isinstance(value, (str, int, float, bool, type(None))) else type(value).__qualname__

    def _slow(self, secret: Secret) -> str:
        if secret not in self._known:
            digest = hashlib.scrypt(secret.reveal().encode(), salt=self._salt, n=1 << 14, r=8, p=1, dklen=16)
            self._known[secret] = digest.hex()
        return self._known[secret]
