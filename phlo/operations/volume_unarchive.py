"""Make a volume out of an archive that volume_archive wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.labels import LABEL_PROJECT
from phlo.operations.fields import injected
from phlo.operations.volume_container import holding
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """src: the archive on the control machine; relative to the task file's folder.
    volume: the volume's name, as Docker knows it; it gets the options of the one whose place it takes.
    replace: remove a volume of that name WITH ITS DATA, and stopped containers that use it; `up` recreates those.
    """

    src: Path
    volume: str
    replace: bool = False
    project: str = injected("project")
    folder: Path = injected("folder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """volume: its inspect answer, None when it is not there. users: name -> id of the containers that use it."""

    volume: Mapping[str, Any] | None
    users: Mapping[str, str] = field(default_factory=dict)


def observe(args: Args, host: ReadHost) -> Seen:
    """Look at the volume and who uses it; raises OperationError when one that is to go is in use."""
    found = host.engine.get_or_none(f"/volumes/{path_part(args.volume)}")
    if found is None or not args.replace:
        return Seen(volume=found)
    using = host.engine.get("/containers/json", all=True, filters={"volume": [args.volume]})
    using = [entry for entry in using if any(mount.get("Name") == args.volume for mount in entry["Mounts"])]
    running = [
        entry["Names"][0].lstrip("/") for entry in using if entry["State"] in ("running", "paused", "restarting")
    ]
    if running:
        what = f'the volume "{args.volume}" is in use by {" and ".join(sorted(running))}'
        raise OperationError(what, where=f"{host.name} volume_unarchive", fix="Stop it first: `phlo run stop SERVICE`.")
    return Seen(volume=found, users={entry["Names"][0].lstrip("/"): entry["Id"] for entry in using})


def decide(args: Args, seen: Seen) -> list[Change]:
    at = f"volume:{args.volume}"
    if seen.volume is None:
        return [Change(at=at, verb="create", causes=("not found",))]
    if not args.replace:
        return []
    causes = (f"it uses the volume {args.volume}; `up` makes the service's container again",)
    users = [Change(at=f"container:{name}", verb="remove", causes=causes) for name in sorted(seen.users)]
    return [*users, Change(at=at, verb="recreate", causes=("asked for: ITS DATA IS REPLACED",))]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """Remove the old one, make a new one and fill it. The archive is opened before anything is removed."""
    if change.verb == "remove":  # only once the archive could be opened
        return
    engine, path = host.engine, args.folder / args.src
    body = _body(args, seen.volume)
    try:
        with path.open("rb") as archive:
            for container in seen.users.values():
                engine.delete(f"/containers/{container}", force=True)
            if seen.volume is not None:
                engine.delete(f"/volumes/{path_part(args.volume)}")
            engine.post("/volumes/create", body)
            with holding(engine, args.volume) as container:
                engine.put_archive(container, "/", archive)
    except OSError as reason:
        raise OperationError(f"cannot be read: {reason.strerror}", where=path) from None


def _body(args: Args, old: Mapping[str, Any] | None) -> dict[str, Any]:
    if old is None:
        return {"Name": args.volume, "Labels": {LABEL_PROJECT: args.project}}
    given = {"Driver": old.get("Driver"), "DriverOpts": old.get("Options"), "Labels": old.get("Labels")}
    return {"Name": args.volume, **{key: value for key, value in given.items() if value}}
