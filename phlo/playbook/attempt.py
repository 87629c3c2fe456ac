"""One task on one host: its loop, its conditions, its attempts, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from phlo.errors import ConfigError, OperationError, PhloError
from phlo.frozen import dataclass, replace
from phlo.hosts.host import Host, ReadHost
from phlo.operations.arguments import expressions_in, make_args
from phlo.operations.fields import field_with, fields_of, filled_in
from phlo.playbook.filters import as_boolean
from phlo.playbook.model import Task
from phlo.playbook.result import BAD, Result, failed, of_loop, skipped, unknown
from phlo.playbook.scope import Layer, Scope, final
from phlo.playbook.source import Raw
from phlo.playbook.templating import OMIT, Templar, UndefinedNameError
from phlo.values import Change, Secret, Status

RETRIES = 3
DELAY_SECONDS = 5.0
POLL_SECONDS = 0.2

Tell = Callable[[Result, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """All that a task needs to run on one host.

    scope:  its variables. module: its operation. filled: what phlo fills in (`phlo.operations.arguments.given`).
    node_of: where the container of a service is, see `Surroundings.node_of`.
    check:  decide only. is_blind: in check mode, an earlier task was not applied.
    tell:   told of every item's end, with the item's label.
    """

    task: Task
    host: Host | ReadHost
    scope: Scope
    module: Any
    templar: Templar
    filled: Mapping[str, Any]
    node_of: Callable[[str, Host | ReadHost], Host | ReadHost]
    check: bool
    is_blind: bool
    shows_diff: bool
    tell: Tell

    def run(self) -> Result:
        """Do the task; whatever goes wrong is in the result."""
        try:
            items = self._items()
        except PhloError as error:
            result = self._unless_skipped(error)
            self.tell(result, "")
            return result
        if items is None:
            result = self._ignored(self._item(self.scope), self.scope)
            self.tell(result, "")
            return result
        control = self.task.loop_control
        results: list[tuple[Any, Result]] = []
        for index, item in enumerate(items):
            if index and control.pause_seconds is not None and not self.check:
                self._pause(float(self.templar.render(control.pause_seconds, self.scope)))
            scope = self.scope.plus(item_layer(self.task, item, index))
            result = self._ignored(self._item(scope), scope)
            results.append((item, result))
            self.tell(result, self._label(item, scope))
        whole = of_loop(results, control.loop_var)
        if not items:
            whole = skipped("there are no items")
            whole = replace(whole, data={**whole.data, "results": []})
            self.tell(whole, "")
        return whole

    # -- the loop ----------------------------------------------------------------------------------

    def _items(self) -> list[Any] | None:
        return None if self.task.loop is None else loop_items(self.task, self.templar, self.scope)

    def _unless_skipped(self, error: PhloError) -> Result:
        """The result when the loop's list cannot be had: skipped if the condition says no anyway."""
        try:
            if not self._is_wanted(self.scope):
                return skipped("the condition does not hold")
        except PhloError:
            pass  # the condition needs the item, too; the first error is the one to show
        return self._ignored(self._bad(error), self.scope)

    def _label(self, item: Any, scope: Scope) -> str:
        label = self.task.loop_control.label
        if label is not None:
            try:
                return str(self.templar.render(label, scope))
            except PhloError:
                return str(item)
        if isinstance(item, Mapping):
            return str(item.get("name") or item.get("key") or dict(item))
        return str(item)

    # -- one item ----------------------------------------------------------------------------------

    def _item(self, scope: Scope) -> Result:
        try:
            if not self._is_wanted(scope):
                return skipped("the condition does not hold")
            return self._attempts(scope)
        except PhloError as error:
            return self._bad(error)

    def _is_wanted(self, scope: Scope) -> bool:
        return all(self.templar.condition(raw, scope) for raw in self.task.directives.when)

    def _attempts(self, scope: Scope) -> Result:
        task = self.task
        until = task.until
        if until is None and task.retries is None:
            return self._judged(scope)
        if self.check:  # one look has to do
            result = self._judged(scope)
            return replace(result, data={**result.data, "attempts": 1})
        tries = 1 + int(self.templar.render(task.retries, scope)) if task.retries is not None else 1 + RETRIES
        delay = float(self.templar.render(task.delay, scope)) if task.delay is not None else DELAY_SECONDS
        for number in range(1, tries + 1):
            result = self._judged(scope)
            result = replace(result, data={**result.data, "attempts": number})
            inner = self._with_result(scope, result)
            is_done = all(self.templar.condition(raw, inner) for raw in until) if until else result.status not in BAD
            if is_done:
                return result
            if number < tries:
                self.host.progress(f"not yet, {tries - number} more tries")
                self._pause(delay)
        what = "is not so yet" if until else "failed"
        error = result.error or OperationError(
            f"`until` {what} after {tries} tries", where=self.task.origin.where(), fix="Raise retries or delay."
        )
        return replace(
            result, status=Status.FAILED, error=error, data={**result.data, "failed": True, "msg": error.what}
        )

    def _judged(self, scope: Scope) -> Result:
        """The operation's result as `changed_when` and `failed_when` see it."""
        result = self._operation(scope)
        if result.status in (Status.UNREACHABLE, Status.UNKNOWN):
            return result
        if self.check and result.status is Status.PENDING:
            return self._judged_pending(result, scope)
        if result.status is Status.FAILED and isinstance(result.error, ConfigError):
            return result
        task = self.task
        if task.changed_when is not None and result.status is not Status.FAILED:
            inner = self._with_result(scope, result)
            is_changed = all(self.templar.condition(raw, inner) for raw in task.changed_when)
            status = Status.CHANGED if is_changed else Status.OK
            changes = result.changes if is_changed else ()
            result = replace(result, status=status, changes=changes, data={**result.data, "changed": is_changed})
        if task.failed_when is not None:
            result = self._judge_failure(result, scope)
        return result

    def _judged_pending(self, result: Result, scope: Scope) -> Result:
        """In check mode only a plain `changed_when: false` can be looked at: there is no result."""
        if self.task.changed_when and any(raw.value is False for raw in self.task.changed_when):
            return replace(result, status=Status.UNKNOWN, data={**result.data, "changed": False}, changes=())
        return result

    def _judge_failure(self, result: Result, scope: Scope) -> Result:
        assert self.task.failed_when is not None
        inner = self._with_result(scope, result)
        held = [raw for raw in self.task.failed_when if self.templar.condition(raw, inner)]
        if self.task.failed_when and len(held) == len(self.task.failed_when):
            what = f"`failed_when` holds: {' and '.join(str(raw.value) for raw in held)}"
            error = OperationError(what, where=self.task.origin.where())
            data = {**result.data, "failed": True, "failed_when_result": True, "msg": error.what}
            return replace(result, status=Status.FAILED, error=error, data=data)
        data = {**result.data, "failed": False, "failed_when_result": False}
        if result.status is Status.FAILED:
            status = Status.CHANGED if data.get("changed") else Status.OK
            return replace(result, status=status, error=None, data=data)
        return replace(result, data=data)

    def _with_result(self, scope: Scope, result: Result) -> Scope:
        names = {"result", self.task.register or "result"}
        return scope.plus(final(dict.fromkeys(names, result.data)))

    # -- the operation -----------------------------------------------------------------------------

    def _operation(self, scope: Scope) -> Result:
        try:
            args = self._args(scope)
            host = self._host_of(args)
            seen = self.module.observe(args, host.reader())
            changes = tuple(self.module.decide(args, seen))
        except PhloError as error:
            return self._bad(error)
        is_counted = any(change.is_counted for change in changes)
        told = getattr(self.module, "facts", None)
        diff = self._diff(args, seen, changes)
        if self.check and changes:
            status = Status.PENDING if is_counted else Status.UNKNOWN
            return Result(status=status, data={"changed": is_counted, "failed": False}, changes=changes, diff=diff)
        try:
            data = dict(told(args, seen)) if told and not changes else {}
            for change in changes:
                data.update(self.module.apply(change, args, seen, host) or {})
        except PhloError as error:
            return self._bad(error)
        is_changed = bool(data.pop("changed", is_counted))
        facts = data.get("ansible_facts") or {}
        return Result(
            status=Status.CHANGED if is_changed else Status.OK,
            data={"failed": False, **data, "changed": is_changed},
            changes=changes if is_changed else (),
            message=str(data["msg"]) if data.get("msg") else "",
            facts=facts,
            diff=diff,
        )

    def _host_of(self, args: Any) -> Host | ReadHost:
        """The host to do it on: of what concerns a service's container, or its network, the one where that is."""
        service = getattr(args, "service", "") or self.filled["service"]
        if not service or getattr(args, "container", None) or not filled_in(type(args)) & {"service", "network"}:
            return self.host
        found = self.node_of(service, self.host)
        if found is self.host:
            return found
        return replace(found, progress=self.host.progress, is_cancelled=self.host.is_cancelled)

    def _diff(self, args: Any, seen: Any, changes: tuple[Change, ...]) -> tuple[str, ...]:
        differ = getattr(self.module, "diff", None)
        return tuple(differ(args, seen)) if self.shows_diff and differ and changes else ()

    def _args(self, scope: Scope) -> Any:
        kind, raw = self.module.Args, self.task.arguments
        values, place = self._values(kind, raw, scope)
        if "environment" in fields_of(kind):
            around: dict[str, Any] = {}
            for one in self.task.directives.environment:
                around.update(self.templar.render(one, scope) or {})
            if around:
                values["environment"] = {**around, **values.get("environment", {})}
        filled = {**self.filled, "render": self._render_file(scope)}
        return make_args(kind, values, filled=filled, where=place)

    def _values(self, kind: type[Any], raw: Raw, scope: Scope) -> tuple[dict[str, Any], str]:
        """The arguments, rendered, and where they stand."""
        value, origin = raw
        main, free = field_with(kind, "main"), field_with(kind, "free")
        if isinstance(value, Mapping):
            given = {main if name == "__main__" and main else name: item for name, item in value.items()}
        elif value is None:
            given = {}
        elif main is not None:
            given = {main: value}
        else:
            what = f"{self.task.operation} takes its arguments by name"
            raise ConfigError(what, where=origin.where(), fix=f"Write {self.task.operation}: {{NAME: VALUE}}.")
        if free is not None:
            rendered = self.templar.render(Raw(given, origin), scope)
            return {free: rendered}, origin.where()
        special = expressions_in(kind)
        values = {
            name: self._evaluated(special[name], Raw(item, origin / name), scope)
            if name in special
            else self.templar.render(Raw(item, origin / name), scope)
            for name, item in given.items()
        }
        return {name: item for name, item in values.items() if item is not OMIT}, origin.where()

    def _evaluated(self, mark: str, raw: Raw, scope: Scope) -> Any:
        if mark == "expression":
            return (str(raw.value), self.templar.expression(raw, scope))
        given = enumerate(raw.value) if isinstance(raw.value, list) else [(None, raw.value)]
        raws = [Raw(item, raw.origin if index is None else raw.origin / index) for index, item in given]
        return tuple((str(one.value), self.templar.condition(one, scope)) for one in raws)

    def _render_file(self, scope: Scope) -> Callable[..., Any]:
        def render(path: Any, label: str, names: Mapping[str, Any]) -> Any:
            return self.templar.file(path, scope.plus(final(names)), label=label)

        return render

    # -- failures and pauses -----------------------------------------------------------------------

    def _bad(self, error: PhloError) -> Result:
        if self.check and self.is_blind and isinstance(error, (UndefinedNameError, OperationError)):
            return unknown(f"known once earlier tasks are done ({error.what})")
        return failed(error)

    def _ignored(self, result: Result, scope: Scope) -> Result:
        key = self.task.directives.ignore_errors
        if result.status is Status.UNREACHABLE:
            key = self.task.directives.ignore_unreachable
        if result.status not in BAD or key is None:
            return result
        return replace(result, is_ignored=as_boolean(self.templar.render(key, scope)))

    def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until the user asks to stop."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not self.host.is_cancelled():
            time.sleep(min(left, POLL_SECONDS))


def item_layer(task: Task, item: Any, index: int) -> Layer:
    """The variables of one turn of a loop."""
    control = task.loop_control
    names: dict[str, Any] = {control.loop_var: item}
    if control.index_var:
        names[control.index_var] = index
    return final(names)


def loop_items(task: Task, templar: Templar, scope: Scope) -> list[Any]:
    """The items of a task's loop. Raises ConfigError for what is no list."""
    assert task.loop is not None
    value = templar.render(task.loop, scope)
    if isinstance(value, Secret):
        value = value.reveal()
    key = task.loop.origin.keys[-1] if task.loop.origin.keys else "loop"
    if isinstance(value, Mapping) and key == "with_dict":
        return [{"key": name, "value": item} for name, item in value.items()]
    if isinstance(value, (list, tuple, range)):
        flat = list(_flat(value)) if key == "with_items" else list(value)
        return flat
    fix = "Loop over {{ ... | dict2items }}." if isinstance(value, Mapping) else "Write a list."
    raise ConfigError(f"a loop needs a list, got {type(value).__name__}", where=task.loop.origin.where(), fix=fix)


def _flat(value: Any) -> Iterator[Any]:
    """One level flattened, as `with_items` does."""
    for item in value:
        if isinstance(item, (list, tuple)):
            yield from item
        else:
            yield item
