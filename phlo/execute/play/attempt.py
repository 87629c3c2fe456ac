"""One task on one host: its loop, its conditions, its attempts, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from phlo.errors import ConfigError, OperationError, PhloError
from phlo.execute.converge import Observation, converge, difference, observe
from phlo.execute.play.included_vars import with_included
from phlo.execute.play.loops import item_layer, loop_items
from phlo.execute.play.result import BAD, Result, failed, of_loop, skipped, unknown
from phlo.execute.play.task_host import as_directed, is_for_hosts, is_on_control_machine, refuse_without_shell
from phlo.frozen import dataclass, replace
from phlo.hosts.host import Host, ReadHost, pause
from phlo.operations.arguments import make_args
from phlo.operations.fields import expressions_in, field_with, fields_of, injected_names
from phlo.playbook.filters import as_boolean
from phlo.playbook.model import Task
from phlo.playbook.scope import Layer, Scope, final
from phlo.playbook.source import Raw
from phlo.playbook.templating import OMIT, Templar, UndefinedNameError
from phlo.sections.accepted import Accepted
from phlo.values import Status

RETRIES = 3
DELAY_SECONDS = 5.0

Notify = Callable[[Result, str], None]
Explain = Callable[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """All that a task needs to run on one host.

    host:   the one that the task is for. target_of: the one that it is done on, with the variables that say so.
    scope:  its variables. module: its operation. injected: see `phlo.operations.fields.injected`.
    accepted: arguments that pydantic has accepted before.
    node_of: where the container of a service is, see `RunContext.node_of`. reader_of: how a host is looked at.
    before_change: called with what would be changed; raises when it must not be.
    check:  decide only. is_blind: in check mode, an earlier task was not applied.
    notify: called at the end of each item of a loop, with the item's label.
    owner_of: the host whose variables the task sets, "" for `host`.
    keep:   takes the result of an item, so that the next items see its variables.
    explain: called with the arguments, what was observed, and the result, as `Emitter.details`.
    """

    task: Task
    host: Host | ReadHost
    target_of: Callable[[Scope], tuple[Host | ReadHost, Layer]]
    scope: Scope
    module: Any
    templar: Templar
    injected: Mapping[str, Any]
    accepted: Accepted
    node_of: Callable[[str, Host | ReadHost], Host | ReadHost]
    reader_of: Callable[[Host | ReadHost], ReadHost]
    before_change: Callable[[Observation], None]
    check: bool
    is_blind: bool
    shows_diff: bool
    notify: Notify
    owner_of: Callable[[Scope], str]
    keep: Callable[[Result], None]
    explain: Explain

    def run(self) -> Result:
        """Do the task; whatever goes wrong is in the result."""
        try:
            items = self._items()
        except PhloError as error:
            return self._unless_skipped(error)
        if items is None:
            return self._ignored(self._item(self.scope), self.scope)
        control = self.task.loop_control
        results: list[tuple[Any, Result]] = []
        for index, item in enumerate(items):
            if self.host.is_cancelled():
                stopped = OperationError("stopped before all items were done", where=self.task.origin.where())
                results.append((item, failed(stopped)))
                break
            if index and control.pause_seconds is not None and not self.check:
                pause(self.host, float(self.templar.render(control.pause_seconds, self.scope)))
            scope = self.scope.plus(item_layer(self.task, items, index))
            result = self._ignored(self._item(scope), scope)
            results.append((item, result))
            self.notify(result, self._label(item, scope))
            self.keep(result)
            if control.break_when and all(self.templar.condition(raw, scope) for raw in control.break_when):
                break
        if not items:
            whole = skipped("there are no items")
            return replace(whole, data={**whole.data, "results": []})
        return of_loop(results, control.loop_var)

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
            host, names = self.target_of(scope)
            result = replace(self, host=host)._attempts(scope.plus(names))
            return replace(result, owner=self.owner_of(scope)) if result.facts or result.included else result
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
            return self._judged(scope, attempt=1)
        tries = 1 + int(self.templar.render(task.retries, scope)) if task.retries is not None else 1 + RETRIES
        if tries <= 1:
            return self._judged(scope)
        delay = float(self.templar.render(task.delay, scope)) if task.delay is not None else DELAY_SECONDS
        for number in range(1, tries + 1):
            result = self._judged(scope, attempt=number)
            inner = self._with_result(scope, result)
            is_done = all(self.templar.condition(raw, inner) for raw in until) if until else result.status not in BAD
            if is_done:
                return result
            if self.host.is_cancelled():
                break
            if number < tries:
                self.host.progress(f"not yet, {tries - number} more tries")
                pause(self.host, delay)
        what = "is not so yet" if until else "failed"
        error = result.error or OperationError(
            f"`until` {what} after {number} tries", where=self.task.origin.where(), fix="Raise retries or delay."
        )
        # As in Ansible: the last number is that of the retries, and `failed_when` alone decides where it is given.
        data = {**result.data, "failed": True, "attempts": tries - 1 if number == tries else number}
        if task.failed_when is not None and result.status not in BAD:
            return replace(result, data=data)
        return replace(result, status=Status.FAILED, error=error, data={**data, "msg": error.what})

    def _judged(self, scope: Scope, *, attempt: int | None = None) -> Result:
        """The operation's result as `changed_when` and `failed_when` see it. attempt: the number of a repeated task."""
        result = self._operation(scope)
        if attempt is not None:
            result = replace(result, data={**result.data, "attempts": attempt})
        if result.status in (Status.UNREACHABLE, Status.UNKNOWN):
            return result
        if self.check and result.status is Status.PENDING:
            return self._judged_pending(result, scope)
        if result.status is Status.FAILED and isinstance(result.error, ConfigError):
            return result
        task = self.task
        try:
            if task.changed_when is not None:
                result = self._judge_change(result, scope)
            if task.failed_when is not None:
                result = self._judge_failure(result, scope)
        except PhloError as error:  # the operation has ended, and what it did counts
            return replace(failed(error), data={**result.data, "failed": True, "msg": error.what})
        return result

    def _judge_change(self, result: Result, scope: Scope) -> Result:
        inner = self._with_result(scope, result)
        is_changed = all(self.templar.condition(raw, inner) for raw in self.task.changed_when or ())
        data = {**result.data, "changed": is_changed}
        if result.status is Status.FAILED:
            return replace(result, data=data)
        status = Status.CHANGED if is_changed else Status.OK
        return replace(result, status=status, changes=result.changes if is_changed else (), data=data)

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
            host = as_directed(self.host, self.task, self.templar, scope)
            args = self._args(scope, host)
            host = self._host_of(args, host)
            found = observe(self.module, args, self._reader(host))
            diff = difference(self.module, args, found) if self.shows_diff else ()
            if found.changes and not self.check:
                self.before_change(found)
        except PhloError as error:
            return self._bad(error)
        try:
            ended = converge(self.module, args, found, None if self.check or isinstance(host, ReadHost) else host)
        except PhloError as error:
            self.explain(arguments=args, observed=found.seen, result=getattr(error, "facts", None))
            return self._bad(error)
        is_changed = ended.status is not Status.OK
        data, included = with_included(ended.facts, self.templar, scope)
        self.explain(arguments=args, observed=found.seen, result=ended.facts)
        return Result(
            status=Status.SKIPPED if ended.facts.get("skipped") is True else ended.status,
            data={"failed": False, **data, "changed": is_changed and ended.status is not Status.UNKNOWN},
            changes=ended.changes if is_changed else (),
            message=self._message(args, ended.facts),
            facts=ended.facts.get("ansible_facts") or {},
            is_gathered=getattr(self.module, "IS_GATHERING", False),
            included=included,
            is_cacheable=as_boolean(ended.facts.get("ansible_facts_cacheable", False)),
            diff=diff,
        )

    def _message(self, args: Any, data: Mapping[str, Any]) -> str:
        """What the task says to people."""
        say = getattr(self.module, "message", None)
        return str(say(args)) if say else str(data["msg"]) if data.get("msg") else ""

    def _reader(self, host: Host | ReadHost) -> ReadHost:
        return replace(self.reader_of(host), transport=host.transport, user=host.user)

    def _host_of(self, args: Any, host: Host | ReadHost) -> Host | ReadHost:
        """The host to do it on: of what concerns a service's container, or its network, the one where that is.

        Raises ConfigError for a host on which nothing can run, where the operation works on the host itself.
        """
        own = self._own_service(host)
        service = getattr(args, "service", "") or own
        if not service or getattr(args, "container", None) or not injected_names(type(args)) & {"service", "network"}:
            if is_for_hosts(self.module) and not getattr(args, "container", None):
                refuse_without_shell(host, self.task)
            return host
        found = self.node_of(service, self.host)
        if found is self.host:
            return host
        return replace(found, progress=host.progress, is_cancelled=host.is_cancelled, user=host.user)

    def _own_service(self, host: Host | ReadHost) -> str:
        """The service of the task's role; "" for a task that says that it works on the control machine."""
        is_away = is_for_hosts(self.module) and is_on_control_machine(host)
        return "" if is_away else str(self.injected["service"])

    def _args(self, scope: Scope, host: Host | ReadHost) -> Any:
        kind, raw = self.module.Args, self.task.arguments
        values, place = self._values(kind, raw, scope)
        if "environment" in fields_of(kind):
            around: dict[str, Any] = {}
            for one in self.task.directives.environment:
                around.update(self.templar.render(one, scope) or {})
            if around:
                values["environment"] = {**around, **values.get("environment", {})}
        own = {"service": self._own_service(host)}
        injected = {**self.injected, **own, "render": self._render_file(scope), "value_of": self._value_of(scope)}
        return make_args(kind, values, injected=injected, where=place, accepted=self.accepted)

    def _values(self, kind: type[Any], raw: Raw, scope: Scope) -> tuple[dict[str, Any], str]:
        """The arguments, rendered, and where they stand."""
        value, origin = raw
        alone, every = field_with(kind, "positional"), field_with(kind, "passthrough")
        if isinstance(value, str) and value.lstrip().startswith("{{"):
            rendered = self.templar.render(raw, scope)
            if isinstance(rendered, Mapping) and not expressions_in(kind).keys() & rendered.keys():
                return ({every: rendered} if every else dict(rendered)), origin.where()
        if isinstance(value, Mapping):
            given = {alone if name == "__main__" and alone else name: item for name, item in value.items()}
        elif value is None:
            given = {}
        elif alone is not None:
            given = {alone: value}
        else:
            what = f"{self.task.operation} takes its arguments by name"
            raise ConfigError(what, where=origin.where(), fix=f"Write {self.task.operation}: {{NAME: VALUE}}.")
        if every is not None:
            names = {name: self.templar.render(Raw(name, origin), scope) for name in given}
            rendered = self.templar.render(Raw(given, origin), scope)
            return {every: {names[name]: item for name, item in rendered.items()}}, origin.where()
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

    def _value_of(self, scope: Scope) -> Callable[[str], tuple[Any, ...]]:
        def value_of(name: str) -> tuple[Any, ...]:
            """The value of a variable, alone in a tuple; an empty one when it has none."""
            found = scope.lookup(name)
            return () if found is None else (self.templar.render(Raw(f"{{{{ {name} }}}}", self.task.origin), scope),)

        return value_of

    # -- failures ----------------------------------------------------------------------------------

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
