"""The live picture of a run: what each service is at, in as many lines as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from phlo.orchestrators import load, operation_parts
from phlo.report.run_state import BAD, RunState, ServiceState
from phlo.report.style import SIGN_COLOURS, seconds_text
from phlo.values import Status
from phlo.visible import one_line

if TYPE_CHECKING:
    from rich.console import RenderableType

SPINNER = "dots"
_WIDEST_NAME = 28

_DOING = {
    "image": "getting the image",
    "network": "creating the network",
    "volume": "creating the volume",
    "container": "preparing the container",
    "file": "writing files",
    "wait": "waiting until it is ready",
    "hook": "running a hook",
    "orphans": "looking for orphans",
    "preflight": "checking that everything can start",
}


class Row(NamedTuple):
    """A line of the picture. sign: empty for the spinner."""

    sign: str
    name: str
    text: str = ""
    took: str = ""
    colour: str = ""
    is_heading: bool = False


def picture(title: str, rows: Sequence[Row], now: float) -> RenderableType:
    """A heading with a spinner, and the rows below it, each on one line of the terminal."""
    from rich.console import Group
    from rich.spinner import Spinner
    from rich.table import Table
    from rich.text import Text

    spinner = Spinner(SPINNER)
    spinner.start_time = 0.0
    glyph = str(spinner.render(now))
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, overflow="ellipsis", max_width=_WIDEST_NAME)
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    grid.add_column(no_wrap=True, justify="right")
    for row in rows:
        sign = Text(f"  {row.sign or glyph}", SIGN_COLOURS.get(row.sign, ""))
        name = Text(one_line(row.name), "bold" if row.is_heading else "")
        grid.add_row(sign, name, Text(one_line(row.text), row.colour), Text(row.took, "dim"))
    head = Text(f"{glyph} {one_line(title)}", "bold", no_wrap=True, overflow="ellipsis")
    return Group(head, grid) if rows else head


def run_picture(state: RunState, now: float, height: int) -> RenderableType:
    """The picture of a run of a plan, at most `height` lines high.

    When there are too many services, those that are under way come first and the rest is counted.
    """
    shown = [one for one in state.services.values() if one.service or one.running]
    named = [one for one in shown if one.service]
    done = sum(one.is_done for one in named)
    head = f"{done}/{len(named)} services  {seconds_text(max(now - state.began, 0.0))}"
    hosts = state.hosts if len(state.hosts) > 1 else ()
    room = max(height - 1, 1)
    if len(shown) + len(hosts) > room:
        active = [one for one in shown if one.running or one.undoing or one.status in BAD]
        kept = active[: max(room - 1, 0)]
        rows = [_row(one, state, now, shows_host=bool(hosts)) for one in kept]
        return picture(head, [*rows, Row(" ", f"… {len(shown) - len(kept)} more")], now)
    rows = []
    for host in hosts or ("",):
        rows += [Row(" ", host, is_heading=True)] if host else []
        rows += [_row(one, state, now) for one in shown if not host or one.host == host]
    return picture(head, rows, now)


def _row(one: ServiceState, state: RunState, now: float, *, shows_host: bool = False) -> Row:
    name = one.service or "(project)"
    sign, colour, text = _doing(one, state, now)
    took = ""
    if one.began is not None and (one.is_done or one.running):
        took = seconds_text(one.seconds if one.is_done else max(now - one.began, 0.0))
    return Row(sign, f"{one.host} {name}" if shows_host else name, text, took, colour)


def _doing(one: ServiceState, state: RunState, now: float) -> tuple[str, str, str]:
    """Sign, colour and text for what a service is at."""
    if one.undoing:
        return "!", "yellow", one.undoing
    status = one.status
    if status in BAD:
        bad = {Status.BLOCKED: "left as it was", Status.ROLLED_BACK: "rolled back"}
        messages = [event.message for event in one.ends(Status.FAILED) if event.message]
        return "✗", "red", bad.get(status, messages[0] if messages else "failed")
    running = one.running
    if running:
        step = running[-1]
        what = _words_of_operation(step.operation)
        if step.operation == "container" and step.progress:
            return "", "", step.progress
        if step.operation == "wait" and step.began is not None:
            what = f"{what} ({seconds_text(max(now - step.began, 0.0))})"
        return "", "", f"{what}: {step.progress}" if step.progress else what
    if not one.is_done:
        needs = state.waits_for(one)
        return " ", "dim", f"waiting for {', '.join(needs)}" if needs else "waiting"
    return "✓", "dim", "done" if one.changes else "unchanged"


def _words_of_operation(operation: str) -> str:
    """What an operation is doing, in words."""
    orchestrator, own = operation_parts(operation)
    words = load(orchestrator, "words").DOING if orchestrator else _DOING
    return str(words.get(own, operation))
