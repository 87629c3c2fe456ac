"""The live picture of a run: which services are at what, in as many lines as there is room for."""

from __future__ import annotations

from phlo.report.run_state import BAD, RunState, ServiceState
from phlo.report.style import Style, seconds_text, shortened
from phlo.values import Status

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SPINS_PER_SECOND = 10

_DOING = {
    "image": "getting the image",
    "network": "network",
    "volume": "volume",
    "container": "starting the container",
    "file": "files",
    "wait": "waiting until it is ready",
    "hook": "running a hook",
    "orphans": "looking for orphans",
    "swarm_service": "letting the Swarm have it",
    "swarm_ready": "waiting until its tasks run",
    "swarm_absent": "taking it off the Swarm",
}


def frame(state: RunState, now: float, style: Style, height: int) -> list[str]:
    """The lines to show now, none wider than the terminal, at most `height` of them.

    When there are too many services, those that are under way come first and the rest is counted.
    """
    shown = [one for one in state.services.values() if one.service or one.running]
    named = [one for one in state.services.values() if one.service]
    done = sum(one.is_done for one in named)
    spinner = SPINNER[int(now * SPINS_PER_SECOND) % len(SPINNER)]
    head = f"{spinner} {done}/{len(named)} services  {seconds_text(max(now - state.began, 0.0))}"
    room = max(height - 2, 1)
    several = len(state.hosts) > 1
    if len(shown) + (len(state.hosts) if several else 0) > room:
        active = [one for one in shown if one.running or one.undoing or one.status in BAD]
        kept = active[: max(room - 1, 1)]
        lines = _tree(kept, state, now, spinner, style, several=False)
        return [style(head, "bold"), *lines, style(f"  … {len(shown) - len(kept)} more", "dim")]
    return [style(head, "bold"), *_tree(shown, state, now, spinner, style, several=several)]


def _tree(
    shown: list[ServiceState], state: RunState, now: float, spinner: str, style: Style, *, several: bool
) -> list[str]:
    lines: list[str] = []
    width = max((len(one.service or "(project)") for one in shown), default=0)
    last_host = None
    for one in shown:
        if several and one.host != last_host:
            lines.append(style(f"  {shortened(one.host, style.width - 3)}", "bold"))
            last_host = one.host
        lines.append(_line(one, now, spinner, style, width, indent="    " if several else "  "))
    return lines


def _line(one: ServiceState, now: float, spinner: str, style: Style, width: int, *, indent: str) -> str:
    sign, colour, text = _doing(one, spinner)
    name = shortened(one.service or "(project)", width)
    took = ""
    if one.began is not None and (one.is_done or one.running):
        took = seconds_text(one.seconds if one.is_done else max(now - one.began, 0.0))
    room = style.width - 1 - len(indent) - 2 - width - 2 - 8
    if room < 8:
        return shortened(f"{indent}{sign} {name}", style.width - 1)
    text = shortened(text, room)
    painted = style(f"{text:<{room}}", colour) if colour else f"{text:<{room}}"
    return f"{indent}{style.sign(sign)} {name:<{width}}  {painted}{style(f'{took:>8}', 'dim')}".rstrip()


def _doing(one: ServiceState, spinner: str) -> tuple[str, str, str]:
    """Sign, colour and text for what a service is at."""
    if one.undoing:
        return "!", "yellow", one.undoing
    status = one.status
    if status in BAD:
        bad = {Status.BLOCKED: "left as they were", Status.ROLLED_BACK: "rolled back"}
        messages = [event.message for event in one.ends(Status.FAILED) if event.message]
        return "✗", "red", bad.get(status, messages[0] if messages else "failed")
    running = one.running
    if running:
        step = running[-1]
        what = _DOING.get(step.operation, step.operation)
        return spinner, "", f"{what}: {step.progress}" if step.progress else what
    if not one.is_done:
        return " ", "dim", "waiting"
    return "✓", "dim", "done" if one.changes else "unchanged"
