"""Choosing how a run is shown: live on a terminal, else lines, or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from phlo.cli.shell import Shell, lead_nowhere
from phlo.values import Emit, Event, Step


@contextmanager
def reporter(options: Any, shell: Shell, steps: tuple[Step, ...], *, is_check: bool = False) -> Iterator[Emit]:
    """Somebody to tell events to.

    Text is progress and goes to stderr; JSON lines are a result and go to stdout.
    """
    if options.output == "json":
        from phlo.report.jsonl import JsonLines

        yield _to_whoever_is_there(JsonLines(lambda line: shell.say(line) or shell.out.flush()), shell.out)
        return
    style = shell.style(options, err=True)
    full, verbosity = getattr(options, "diff", False), options.verbose
    is_drawable = shell.err.isatty() and shell.environ.get("TERM", "dumb") != "dumb"
    if is_drawable and not options.quiet:
        from phlo.report.live import Live

        with Live(shell.err, style, steps, verbosity=verbosity, is_full=full, is_check=is_check) as live:
            yield live
        return
    from phlo.report.lines import Lines

    lines = Lines(
        shell.tell, style, steps, verbosity=verbosity, is_quiet=options.quiet, is_full=full, is_check=is_check
    )
    yield _to_whoever_is_there(lines, shell.err)


def _to_whoever_is_there(tell: Emit, stream: TextIO) -> Emit:
    """Tell events until whoever reads has gone; the run goes on to its end all the same."""

    def attempt(event: Event) -> None:
        try:
            tell(event)
        except BrokenPipeError:
            lead_nowhere(stream)

    return attempt
