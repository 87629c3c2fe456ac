"""Create a Docker volume. A volume is never removed or recreated to change it: it holds data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.labels import LABEL_FAMILY, LABEL_PROJECT
from phlo.operations.fields import injected, internal
from phlo.operations.resource_drift import label_differences
from phlo.operations.volume_seed import is_half_seeded, seed
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: as Docker knows it. options: the Engine API's body of VolumeCreate without Name.

    is_external: True when somebody else looks after it; then it must be there already.
    """

    name: str
    project: str = injected("project")
    options: Mapping[str, Any] = field(default_factory=dict)
    is_external: bool = False
    # The images of the services that mount it, without their versions. A new volume is labelled with the first.
    families: tuple[str, ...] = internal(())
    seed: Path | None = internal(None)  # the folder here whose files go into it when it is made, and never again


def observe(args: Args, host: ReadHost) -> Mapping[str, Any] | None:
    """The volume's inspect answer, None when there is none of this name, or one whose files are not all there yet."""
    if args.seed is not None and is_half_seeded(args.name, host.engine):
        return None
    return host.engine.get_or_none(f"/volumes/{path_part(args.name)}")


def decide(args: Args, seen: Mapping[str, Any] | None) -> list[Change]:
    at = f"volume:{args.name}"
    if seen is None:
        if args.is_external:
            raise OperationError(
                f'the external volume "{args.name}" is not there',
                where=at,
                fix=f"Create it (`docker volume create {args.name}`), or take `external` out of phlo.yaml.",
            )
        seeds = (f"what {args.seed.name} holds now goes into it, once",) if args.seed else ()
        return [Change(at=at, verb="create", causes=("not found", *seeds))]
    if args.is_external:
        return []
    causes = _differences(args.options, seen)
    if causes:
        raise OperationError(
            f'the volume "{args.name}" holds data and is there with other options ({"; ".join(causes)})',
            where=at,
            fix="Give the new volume another name, or back up and remove the old one (`docker volume rm`).",
        )
    labels = seen.get("Labels") or {}
    changed = label_differences(args.options.get("Labels") or {}, labels) if LABEL_PROJECT in labels else []
    if changed:
        raise OperationError(
            f'the volume "{args.name}" holds data and has other labels ({"; ".join(changed)}), '
            "which Docker cannot change",
            where=at,
            fix="Undo the change, or give the new volume another name, "
            "or back up and remove the old one (`docker volume rm`).",
        )
    family = labels.get(LABEL_FAMILY)
    if family and args.families and family not in args.families:
        now = ", ".join(args.families)
        cause = f"an image {family} filled it, and {now} will use it now: see that both keep data alike"
        return [Change(at=at, verb="keep", causes=(cause,), is_counted=False)]
    return []


def apply(change: Change, args: Args, seen: Mapping[str, Any] | None, host: Host) -> None:
    if change.verb == "keep":
        return
    family = {LABEL_FAMILY: args.families[0]} if args.families else {}
    labels = {**(args.options.get("Labels") or {}), LABEL_PROJECT: args.project, **family}
    if args.seed is not None:
        seed(args.name, args.seed, labels, host)
        return
    host.engine.post("/volumes/create", {**args.options, "Name": args.name, "Labels": labels})


def _differences(options: Mapping[str, Any], seen: Mapping[str, Any]) -> tuple[str, ...]:
    causes = []
    if "Driver" in options and options["Driver"] != seen.get("Driver"):
        causes.append(f"driver: {seen.get('Driver')} -> {options['Driver']}")
    wanted, there = options.get("DriverOpts") or {}, seen.get("Options") or {}
    for key in sorted({*wanted, *there}):
        if wanted.get(key) != there.get(key):
            causes.append(f"driver_opts.{key}: {there.get(key, 'none')} -> {wanted.get(key, 'none')}")
    return tuple(causes)
