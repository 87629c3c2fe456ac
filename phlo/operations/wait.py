"""Wait until a container works: the gate that a new version of a service has to pass.

With a health check: until the engine calls it healthy, or until phlo's own run of the same check inside the
container succeeds, whichever is first (an engine probes once per interval, so a service can be ready long before).
A one-shot: until it ends with status 0. Anything else: until it has been running for a moment, or has ended with
status 0 where that means that its work is done (see `phlo.operations.container.ending`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from phlo.bounded import MOST_LOG_BYTES, excerpt_of, last_lines
from phlo.errors import EngineError, OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine import CommandTimeoutError, Engine
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.labels import LABEL_MAY_END
from phlo.values import Change

SETTLED_SECONDS = 0.3
FIRST_PAUSE_SECONDS = 0.05
# A look costs the engine next to nothing, a run of the health check a process in the container.
LONGEST_PAUSE_SECONDS = 0.2
LONGEST_PROBE_PAUSE_SECONDS = 1.0
LOG_LINES = 20
_PROBE_LINES = 5
RESTARTS_ALLOWED = 3
_JUST_STARTED = "just started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """container: its name. is_one_shot: wait for its end instead of for health.

    timeout_seconds: how long it may take in all.
    """

    container: str
    service: str
    is_one_shot: bool = False
    timeout_seconds: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """state: `State` of the inspect answer. test: the health check's command, None without one.

    may_end: an end with status 0 means that its work is done.
    """

    state: Mapping[str, Any]
    test: tuple[str, ...] | None
    restarts: int
    running_seconds: float
    restart_policy: str
    may_end: bool = False


def observe(args: Args, host: ReadHost) -> Seen | None:
    """The container's state, None when there is none."""
    found = host.engine.get_or_none(f"/containers/{path_part(args.container)}/json")
    return None if found is None else _seen(found)


def decide(args: Args, seen: Seen | None) -> list[Change]:
    at = f"container:{args.container}"
    if seen is None:
        return [Change(at=at, verb="wait", causes=("not there yet",), is_counted=False)]
    reason = _not_ready(args, seen)
    return [Change(at=at, verb="wait", causes=(reason,), is_counted=False)] if reason else []


def apply(change: Change, args: Args, seen: Seen | None, host: Host) -> None:
    """Wait; raises OperationError with log lines, probe output and exit status when it does not become ready."""
    deadline = time.monotonic() + args.timeout_seconds
    pause = FIRST_PAUSE_SECONDS
    last = ""
    if seen is not None and _not_ready(args, seen) == _JUST_STARTED:
        time.sleep(_rest(args, seen))
    while True:
        found = host.engine.get_or_none(f"/containers/{path_part(args.container)}/json")
        if found is None:
            raise _failed(args, host, None, "was removed while phlo waited for it")
        now = _seen(found)
        reason = _not_ready(args, now)
        if reason is None or _passes_own_probe(args, now, host):
            return
        _raise_if_hopeless(args, now, host, found)
        if host.is_cancelled():
            raise OperationError(f"stopped waiting ({reason})", where=f"{host.name} {args.service}")
        if time.monotonic() > deadline:
            raise _failed(args, host, found, f"was not ready within {args.timeout_seconds:g} s ({reason})")
        if reason != last:
            host.progress(reason)
            last = reason
        time.sleep(_rest(args, now) or pause)
        pause = min(pause * 1.5, LONGEST_PROBE_PAUSE_SECONDS if now.test else LONGEST_PAUSE_SECONDS)


def _seen(found: Mapping[str, Any]) -> Seen:
    check = found["Config"].get("Healthcheck") or {}
    test = tuple(check.get("Test") or ())
    return Seen(
        state=found["State"],
        test=test if test and test[0] != "NONE" else None,
        restarts=found.get("RestartCount", 0),
        running_seconds=_seconds_since(found["State"].get("StartedAt", "")),
        restart_policy=(found["HostConfig"].get("RestartPolicy") or {}).get("Name") or "no",
        may_end=LABEL_MAY_END in (found["Config"].get("Labels") or {}),
    )


def _seconds_since(moment: str) -> float:
    """Seconds since an engine's RFC 3339 time; its nanoseconds are cut to what Python reads."""
    head, _, fraction = moment.rstrip("Z").partition(".")
    try:
        started = datetime.fromisoformat(f"{head}.{fraction[:6] or '0'}").replace(tzinfo=UTC)
    except ValueError:
        return 0.0
    return (datetime.now(UTC) - started).total_seconds()


def _not_ready(args: Args, seen: Seen) -> str | None:
    """Why it is not ready, None when it is."""
    status, code = seen.state["Status"], seen.state["ExitCode"]
    if args.is_one_shot:
        return None if status == "exited" and code == 0 else f"{status}, to end with status 0"
    if seen.may_end and status == "exited" and code == 0:
        return None
    if status != "running":
        return f"{status} (exit status {code})" if status in ("exited", "dead", "restarting") else str(status)
    if seen.test is not None:
        health = (seen.state.get("Health") or {}).get("Status", "starting")
        return None if health == "healthy" else f"health: {health}"
    return _JUST_STARTED if _rest(args, seen) else None


def _rest(args: Args, seen: Seen) -> float:
    """Seconds until one that is only expected to run has run for a moment; 0 when it has, or when that is not asked."""
    if args.is_one_shot or seen.test is not None or seen.state["Status"] != "running":
        return 0.0
    # A clock that differs from the engine's makes this negative; then the state alone must do.
    return SETTLED_SECONDS - seen.running_seconds if 0 <= seen.running_seconds < SETTLED_SECONDS else 0.0


def _passes_own_probe(args: Args, seen: Seen, host: Host) -> bool:
    if args.is_one_shot or seen.test is None or seen.state["Status"] != "running":
        return False
    kind, *command = seen.test
    try:
        code, _ = host.engine.exec(
            args.container, ["/bin/sh", "-c", command[0]] if kind == "CMD-SHELL" else command, timeout_seconds=10
        )
    except (EngineError, CommandTimeoutError):
        return False
    return code == 0


def _raise_if_hopeless(args: Args, seen: Seen, host: Host, found: Mapping[str, Any]) -> None:
    status, code = seen.state["Status"], seen.state["ExitCode"]
    killed = " (killed: out of memory)" if seen.state.get("OOMKilled") else ""
    if args.is_one_shot:
        if status == "exited" and code != 0:
            raise _failed(args, host, found, f"ended with exit status {code}{killed}")
        return
    if seen.may_end and status == "exited":
        raise _failed(args, host, found, f"ended with exit status {code}{killed}")
    if status in ("exited", "dead"):
        error = _failed(args, host, found, f"stopped with exit status {code}{killed} instead of running")
        if code == 0:
            error.fix = f"Write `one_shot: true` if it is to run to its end. {error.fix}"
        raise error
    if seen.restarts >= RESTARTS_ALLOWED and status == "restarting":
        raise _failed(
            args, host, found, f"keeps stopping with exit status {code}{killed}; {seen.restarts} restarts so far"
        )
    if (seen.state.get("Health") or {}).get("Status") == "unhealthy":
        raise _failed(args, host, found, "is unhealthy")


def _failed(args: Args, host: Host, found: Mapping[str, Any] | None, what: str) -> OperationError:
    detail: list[str] = []
    if found is not None:
        detail += _probe_lines(found)
        detail += last_log_lines(host.engine, args.container)
    return OperationError(
        what,
        where=f"{host.name} {args.service}",
        fix=_where_its_output_is(args, host) if found else "",
        detail=detail,
    )


def _where_its_output_is(args: Args, host: Host) -> str:
    """The container's own log; if the container is about to be removed, the copy that is kept of the log."""
    if host.is_put_back():
        kept = _kept_log(args, host)
        return f"{kept} has its whole log." if kept else f"`phlo history show {host.run_id}` has its last lines."
    return f"See all of its output with `phlo run logs {args.service}`."


def _kept_log(args: Args, host: Host) -> str:
    try:
        return host.keep_log(args.container, excerpt_of(host.engine.logs(args.container), MOST_LOG_BYTES).text())
    except EngineError:
        return ""


def _probe_lines(found: Mapping[str, Any]) -> list[str]:
    log = (found["State"].get("Health") or {}).get("Log") or []
    if not log:
        return []
    lines = [line for line in last_lines(log[-1]["Output"], _PROBE_LINES) if line.strip()]
    return [f"last health probe: exit status {log[-1]['ExitCode']}", *(f"  {line}" for line in lines)]


def last_log_lines(engine: Engine, container: str) -> list[str]:
    """The last lines a container wrote, for an error."""
    try:
        output = excerpt_of(engine.logs(container, tail=LOG_LINES), MOST_LOG_BYTES).text()
    except EngineError as error:
        return [f"(no log lines: {error.message})"]
    lines = last_lines(output, LOG_LINES)
    return [f"last log lines of {container}:", *(f"  {line}" for line in lines)] if lines else ["it wrote no log lines"]
