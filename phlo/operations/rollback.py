"""A service's container exchanged for the one that it replaced, which was kept for that.

The two change places: what ran is kept in turn, so that going back can be taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import EngineError, OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.labels import LABEL_RESTART, SET_ASIDE
from phlo.operations.container.apply import rename
from phlo.operations.container.args import REPLACED
from phlo.operations.hook import AroundStop, stop
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the container's. kept: the name of the one to put in its place. cause: why, for the plan.

    around_stop: the service's hooks, run when the container that runs now stops.
    """

    service: str
    name: str
    kept: str
    cause: str
    around_stop: AroundStop = AroundStop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Inspect answers; None for one that is not there."""

    current: Mapping[str, Any] | None
    kept: Mapping[str, Any] | None


def observe(args: Args, host: ReadHost) -> Seen:
    """The container that runs and the one that was kept."""
    return Seen(
        current=host.engine.get_or_none(f"/containers/{path_part(args.name)}/json"),
        kept=host.engine.get_or_none(f"/containers/{path_part(args.kept)}/json"),
    )


def decide(args: Args, seen: Seen) -> list[Change]:
    """One change, or none when the kept container is in its place already (nothing is kept under that name)."""
    if seen.kept is None:
        return []
    image = seen.kept["Config"]["Image"]
    there = seen.current["Config"]["Image"] if seen.current else "nothing"
    causes = (args.cause, *([f"image: {there} -> {image}"] if there != image else []))
    hooks = args.around_stop.changes() if seen.current and seen.current["State"]["Running"] else []
    return [*hooks, Change(at=f"container:{args.name}", verb="restore", causes=causes)]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """Exchange the two; the one that ran is restored when the other does not become ready."""
    if change.verb == "run":  # a hook is run by the change that stops the container
        return
    engine, replaced = host.engine, args.name + REPLACED
    assert seen.kept is not None
    if seen.current is not None:
        was_running = bool(seen.current["State"]["Running"])
        host.on_undo(lambda: _undo(args, engine, was_running))
        args.around_stop.stop(args.name, host)
        rename(engine, args.name, replaced)
        host.on_finish(lambda: rename(engine, replaced, f"{args.name}{SET_ASIDE}{host.run_id}"))
    rename(engine, args.kept, args.name)
    restart = (seen.kept["Config"].get("Labels") or {}).get(LABEL_RESTART)
    if restart:
        engine.post(f"/containers/{seen.kept['Id']}/update", {"RestartPolicy": {"Name": restart}})
    try:
        engine.post(f"/containers/{seen.kept['Id']}/start")
    except EngineError as error:
        raise OperationError(
            f"the container that ran before cannot be started: {error.message}",
            where=f"{host.name} {args.service}",
            fix="Go back in phlo.yaml (or in your repository) instead, and run `phlo up`.",
        ) from error


def _undo(args: Args, engine: Engine, was_running: bool) -> None:
    """Exchange them back, from wherever it stopped."""
    replaced = args.name + REPLACED
    if engine.get_or_none(f"/containers/{path_part(replaced)}/json") is not None:
        if engine.get_or_none(f"/containers/{path_part(args.name)}/json") is not None:
            stop(engine, args.name)
            rename(engine, args.name, args.kept)
        rename(engine, replaced, args.name)
    if was_running:
        engine.post(f"/containers/{path_part(args.name)}/start")
