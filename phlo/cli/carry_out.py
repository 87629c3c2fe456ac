"""Carrying out a plan: shown as it goes, written into the history, its end an exit code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.locked import LockAtFirstChange
from phlo.cli.out_file import check_writable, unwritable
from phlo.cli.reporter import SHOWS_DETAILS, reporter, show_requests
from phlo.cli.run_id import new_run_id
from phlo.cli.shell import Shell
from phlo.cli.traced import traced
from phlo.errors import LockError
from phlo.events import Emit, Event
from phlo.frozen import replace
from phlo.plan import Plan

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
    show_requests(hosts.values(), options, shell)
    from phlo.execute import Rollback, run
    from phlo.execute.history import recorded, run_ids
    from phlo.execute.kept_logs import log_keeper

    with (
        reporter(options, shell, plan.steps, is_check=check) as shown,
        traced(shown, plan.project, options, shell) as told,
        _extras(plan, options, shell, told) as emit,
    ):
        has_details = options.verbose >= SHOWS_DETAILS
        if check:
            return run(
                plan,
                hosts,
                emit=emit,
                run_id=new_run_id(),
                check=True,
                forks=options.forks,
                has_details=has_details,
            )
        rollback = Rollback(getattr(options, "rollback", Rollback.SERVICE))
        with LockAtFirstChange(plan, hosts, options) as lock:
            while True:
                run_id = lock.next_run_id(run_ids(root))
                with recorded(root, run_id, emit) as noted:
                    keep = log_keeper(root, run_id, plan.secrets)
                    outcome = run(
                        plan,
                        {name: replace(host, keep_log=keep) for name, host in lock.hosts.items()},
                        emit=lock.begin(noted),
                        run_id=run_id,
                        forks=options.forks,
                        rollback=rollback,
                        approve=approve,
                        take_lock=None if lock.is_taken else lock.take,
                        has_details=has_details,
                    )
                    if not outcome.is_stale:
                        lock.end()
                        return outcome


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


def exit_code(outcome: Outcome, shell: Shell) -> int:
    """What the process ends with after a run."""
    if outcome.signal is not None:
        shell.tell("Interrupted. What was under way has ended; run the same command again to go on.")
    elif any(isinstance(error, LockError) for error in outcome.failures):
        return exits.LOCKED
    return exits.of_outcome(outcome)
