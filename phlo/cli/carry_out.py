"""Carrying out a plan: shown as it goes, written into the history, its end an exit code."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.locked import locked, nothing_to_do
from phlo.cli.out_file import check_writable, unwritable
from phlo.cli.reporter import reporter
from phlo.cli.shell import Shell
from phlo.cli.traced import traced
from phlo.errors import LockError
from phlo.plan import Plan
from phlo.values import Emit, Event

if TYPE_CHECKING:
    from phlo.execute import Outcome
    from phlo.execute.scheduler import Approve
    from phlo.hosts.host import Host


def carry_out(
    root: Path,
    plan: Plan,
    hosts: Mapping[str, Host],
    options: Any,
    shell: Shell,
    *,
    check: bool = False,
    approve: Approve | None = None,
) -> Outcome:
    """Run a plan as the options say. approve: see `phlo.execute.run`."""
    from phlo.execute import Rollback, run
    from phlo.execute.history import recorded

    run_id = new_run_id()
    with (
        reporter(options, shell, plan.steps, is_check=check) as shown,
        traced(shown, plan.project, options, shell) as told,
        _extras(plan, options, shell, told) as emit,
    ):
        if check:
            return run(plan, hosts, emit=emit, run_id=run_id, check=True, forks=options.forks)
        rollback = Rollback(getattr(options, "rollback", Rollback.SERVICE))
        with recorded(root, run_id, emit) as noted:
            if approve is None:
                outcome = nothing_to_do(plan, hosts, noted, run_id=run_id, forks=options.forks)
                if outcome is not None:
                    return outcome
            with locked(plan, hosts, options, noted, run_id=run_id) as ours:
                return run(
                    plan, ours, emit=noted, run_id=run_id, forks=options.forks, rollback=rollback, approve=approve
                )


@contextmanager
def _extras(plan: Plan, options: Any, shell: Shell, shown: Emit) -> Iterator[Emit]:
    """Pass events on, and keep them for what `--junit` and `--profile-tasks` make of them once the run has ended."""
    junit, is_profiled = getattr(options, "junit", None), getattr(options, "profile_tasks", False)
    if junit:
        check_writable(shell.cwd / junit)
    if not junit and not is_profiled:
        yield shown
        return
    events: list[Event] = []

    def take(event: Event) -> None:
        events.append(event)
        shown(event)

    with ExitStack() as at_end:
        if is_profiled:
            at_end.callback(_tell_timing, plan, events, options, shell)
        if junit:
            at_end.callback(_write_junit, shell.cwd / junit, plan, events)
        yield take


def _write_junit(path: Path, plan: Plan, events: list[Event]) -> None:
    from phlo.config.atomic import replace_file
    from phlo.report.junit import junit_xml

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, junit_xml(plan.project, events))
    except OSError as reason:
        raise unwritable(path, reason) from None


def _tell_timing(plan: Plan, events: list[Event], options: Any, shell: Shell) -> None:
    from phlo.report.timing import timing_text

    shell.tell(timing_text(plan.steps, events, shell.style(options, err=True)))


def new_run_id() -> str:
    """A name for a run that sorts by time: `20260131-120000-123456`."""
    now = time.time()
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{int(now % 1 * 1e6):06d}"


def exit_code(outcome: Outcome, shell: Shell) -> int:
    """What the process ends with after a run."""
    if outcome.is_interrupted:
        shell.tell("Interrupted. What was under way has ended; run the same command again to go on.")
    if any(isinstance(error, LockError) for error in outcome.failures):
        return exits.LOCKED
    return exits.BY_OUTCOME[outcome.status]
