"""Choosing how a run is shown: live on a terminal, else lines, or JSON."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TextIO

from phlo.cli.shell import Shell
from phlo.events import Emit, Event
from phlo.values import Step

if TYPE_CHECKING:
    from phlo.hosts.host import Host

# The verbosity at which events have the details of steps and tasks, and at which the requests to engines are shown.
SHOWS_DETAILS, SHOWS_REQUESTS = 1, 3


@contextmanager
def reporter(options: Any, shell: Shell, steps: tuple[Step, ...], *, is_check: bool = False) -> Iterator[Emit]:
    """Somebody to tell events to.

    Text is progress and goes to stderr; JSON lines are a result and go to stdout.
    """
    if options.output == "json":
        yield json_lines(shell)
        return
    from phlo.report.lines import Lines

    style = shell.style(options, err=True)
    form: dict[str, Any] = {
        "verbosity": options.verbose,
        "is_quiet": options.quiet,
        "is_full": getattr(options, "diff", False),
        "is_check": is_check,
    }
    if options.quiet or not can_draw(options, shell):
        yield Lines(shell.tell, style, steps, **form)
        return
    from phlo.report.frame import run_picture
    from phlo.report.live import Live

    with Live(shell.err, style, lambda now, height: run_picture(lines.state, now, height)) as live:
        lines = Lines(live.write, style, steps, **form, shows_progress=options.verbose > 0)

        def take(event: Event) -> None:
            with live.held():
                lines(event)

        yield take


# Keeps the picture away while something else uses the terminal.
Hold = Callable[[], AbstractContextManager[None]]


@contextmanager
def play_reporter(options: Any, shell: Shell, *, is_result: bool) -> Iterator[tuple[Emit, Hold]]:
    """Takes the events of a run of playbooks, whose report is a result: what happened, task by task.

    It goes to stdout, and a picture of what is under way to stderr. There is no picture where stdout is a pipe: what
    reads it (`tee`) may write on the same terminal.
    """
    if options.output == "json":
        yield json_lines(shell), nullcontext
        return
    from phlo.report.plays import PlayLines

    write = shell.report if is_result else shell.tell
    style = shell.style(options, err=not is_result)
    form: dict[str, Any] = {"verbosity": options.verbose, "is_quiet": options.quiet, "is_full": options.diff}
    if options.quiet or not can_draw(options, shell) or (is_result and _is_pipe(shell.out)):
        yield PlayLines(write, style, **form), nullcontext
        return
    from phlo.report.live import Live
    from phlo.report.play_picture import PlayState

    state = PlayState()
    with Live(shell.err, shell.style(options, err=True), state.picture) as live:
        is_shared = shell.out.isatty() or not is_result
        shows_progress = options.verbose > 0
        lines = PlayLines(live.write if is_shared else write, style, **form, shows_progress=shows_progress)

        def take(event: Event) -> None:
            with live.held():
                state.take(event)
                lines(event)

        yield take, live.paused


def _is_pipe(stream: TextIO) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def can_draw(options: Any, shell: Shell) -> bool:
    """Whether progress can be a picture: stderr is a terminal that can move its cursor, and shows no requests."""
    is_able = shell.err.isatty() and shell.environ.get("TERM", "dumb") != "dumb"
    return is_able and options.verbose < SHOWS_REQUESTS


def show_requests(hosts: Iterable[Host], options: Any, shell: Shell) -> None:
    """With -vvv, print every request to the engines of the hosts."""
    if options.verbose < SHOWS_REQUESTS:
        return
    for host in hosts:
        host.engine.show_requests(lambda line, name=host.name: shell.tell(f"    {name}  {line}"))  # type: ignore[misc]


def json_lines(shell: Shell) -> Emit:
    """Events as JSON lines on stdout. A reader that goes away, or a full disk, does not stop the run half-way."""
    from phlo.report.jsonl import JsonLines

    return JsonLines(shell.stream)
