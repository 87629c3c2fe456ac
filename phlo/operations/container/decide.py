"""What to do so that a container is there, as asked, and running."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import replace
from phlo.operations.container.args import Args, Seen, config_hash, file_digests
from phlo.operations.container.file_folders import with_file_folders
from phlo.operations.drift import differences
from phlo.values import LABEL_CAUSES, LABEL_CONFIG_HASH, LABEL_FILES, Change, reveal_all

# Settings that an engine can change on a container without making it anew (Engine API, ContainerUpdate).
UPDATABLE = (
    "RestartPolicy",
    "Memory",
    "MemorySwap",
    "MemoryReservation",
    "NanoCpus",
    "CpuShares",
    "CpuQuota",
    "CpuPeriod",
    "CpusetCpus",
    "CpusetMems",
    "BlkioWeight",
    "PidsLimit",
)


def decide(args: Args, seen: Seen) -> list[Change]:
    """The changes, in the order they are to be made. Data of a change: what `apply` needs besides `seen`."""
    at = f"container:{args.name}"
    if seen.foreign is not None:
        raise OperationError(
            f'the container name "{args.name}" is taken by a container that phlo did not make '
            f"(image {seen.foreign['Config']['Image']})",
            where=at,
            fix="Rename or remove that container, or give the service another `container_name` in phlo.yaml.",
        )
    changes = [_tidy(at, name, "left over from an interrupted run") for name in seen.stray]
    if seen.staged is not None:
        changes.append(_tidy(at, seen.staged["Name"], "left over from an interrupted run"))
    current = seen.started
    if seen.current is not None and current is None:
        changes.append(_tidy(at, seen.current["Name"], "made before, but never started"))
    if current is None and seen.replaced is not None:
        causes = ("an interrupted run left it renamed",)
        changes.append(Change(at=at, verb="restore", causes=causes, data=seen.replaced["Name"]))
        current = seen.replaced
    elif seen.replaced is not None:
        causes = ("an interrupted run had not yet removed the container this one replaced",)
        changes.append(Change(at=at, verb="adopt", causes=causes, is_counted=False, data=seen.replaced["Name"]))
    if current is None:
        return [*changes, Change(at=at, verb="create", causes=("not found",))]
    found = _converge(at, args, seen, current)
    if not args.is_one_shot and any(change.verb == "recreate" for change in found):
        changes += args.around_stop.changes()
    return [*changes, *found]


def _tidy(at: str, name: str, cause: str) -> Change:
    return Change(at=at, verb="remove", causes=(cause,), is_counted=False, data=name.lstrip("/"))


def _converge(at: str, args: Args, seen: Seen, current: Mapping[str, Any]) -> list[Change]:
    body = with_file_folders(reveal_all(args.body), args.files)
    if args.is_forced:
        return [Change(at=at, verb="recreate", causes=("asked for with --recreate",))]
    if seen.image is None:
        return [Change(at=at, verb="recreate", causes=("its image is not on the host yet",))]
    causes: list[str] = []
    if current["Image"] != seen.image.id:
        before = _short(current["Config"]["Image"], current["Image"])
        causes.append(f"image: {before} -> {_short(seen.image.reference, seen.image.id)}")
    labels = current["Config"].get("Labels") or {}
    by_hand = labels.get(LABEL_CONFIG_HASH) == config_hash(args, seen.image.id)
    found = _differences(args, body, seen, current, is_reconfigured=not by_hand)
    edited, kept = _edited(args, seen, labels)
    if by_hand and found and not causes and not edited:
        in_place = _in_place(at, args, seen, current, body)
        if in_place is not None:
            return [*in_place, *kept, *_state(at, args, current)]
        found = tuple(f"changed by hand: {cause}" for cause in found)
    causes += found
    causes += _file_differences(json.loads(labels.get(LABEL_FILES) or "{}"), file_digests(args.files))
    causes += edited
    causes += _lost_networks(seen, current)
    if not causes and not by_hand:
        causes.append("its configuration changed")
    if causes:
        return [Change(at=at, verb="recreate", causes=tuple(causes))]
    return [*kept, *_state(at, args, current)]


def _differences(
    args: Args, body: Mapping[str, Any], seen: Seen, current: Mapping[str, Any], *, is_reconfigured: bool = False
) -> tuple[str, ...]:
    return differences(
        body,
        args.networks,
        seen.image_config,
        current,
        is_reconfigured=is_reconfigured,
        api=seen.api,
        container_ids=seen.container_ids,
    )


def _in_place(
    at: str, args: Args, seen: Seen, current: Mapping[str, Any], body: Mapping[str, Any]
) -> list[Change] | None:
    """Repairs of what was changed by hand that need no new container; None when one is needed."""
    live = current["HostConfig"]
    wanted = body.get("HostConfig") or {}
    as_live = {**wanted, **{key: live[key] for key in UPDATABLE if key in live}}
    attached = current["NetworkSettings"]["Networks"]
    missing = tuple(network for network in args.networks if network.name not in attached)
    kept = replace(args, networks=tuple(network for network in args.networks if network.name in attached))
    if _differences(kept, {**body, "HostConfig": as_live}, seen, current):
        return None
    changes = []
    settings = _differences(kept, body, seen, current)
    if settings:
        data = _update_body(live, wanted)
        if data is None:
            return None
        causes = tuple(f"changed by hand: {cause}" for cause in settings)
        changes.append(Change(at=at, verb="update", causes=causes, data=data))
    for network in missing:
        cause = f"changed by hand: network {network.name} disconnected"
        changes.append(Change(at=at, verb="connect", causes=(cause,), data=network))
    return changes


def _update_body(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    """ContainerUpdate's body that makes `live` as wanted; None when only a new container can.

    The engine takes 0 for "leave it as it is", so most limits can be changed but not taken away.
    """
    defaults: dict[str, Any] = {"RestartPolicy": {"Name": "no"}, "PidsLimit": -1}
    if wanted.get("Memory"):
        defaults["MemorySwap"] = 2 * wanted["Memory"]  # what the engine takes when only memory is given
    body = {}
    for key in UPDATABLE:
        asked = wanted.get(key) or defaults.get(key)
        if (live.get(key) or None) == (wanted.get(key) or None):
            continue
        if asked is None:
            return None
        body[key] = asked
    if "MemorySwap" in body and wanted.get("Memory"):
        body.setdefault("Memory", wanted["Memory"])
    return body


def _edited(args: Args, seen: Seen, labels: Mapping[str, str]) -> tuple[list[str], list[Change]]:
    """Causes for injected files that were changed in the container, and those that are left as they are.

    A container that was made anew for this very cause, and has it again, may well change the file by itself; making
    it anew each time would not help.
    """
    before = json.loads(labels.get(LABEL_CAUSES) or "[]")
    causes = [f"changed by hand: {phrase}" for phrase in seen.edited]
    own = [cause.removeprefix("changed by hand: ") for cause in causes if cause in before]
    reason = "again after phlo put it back: left, as the service may do so itself"
    fix = f"`phlo up {args.service} --recreate` puts it back once more"
    kept = [
        Change(at=f"container:{args.name}", verb="keep", causes=(f"{phrase} {reason}", fix), is_counted=False)
        for phrase in own
    ]
    return [cause for cause in causes if cause not in before], kept


def _file_differences(there: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    causes = [f"file {path} added" for path in wanted if path not in there]
    causes += [f"file {path} changed" for path in wanted if path in there and there[path] != wanted[path]]
    return causes + [f"file {path} removed" for path in there if path not in wanted]


def _lost_networks(seen: Seen, current: Mapping[str, Any]) -> list[str]:
    """Networks that were removed and made again: a container keeps the id of the old one."""
    attached = current["NetworkSettings"]["Networks"]
    return [
        f"network {name} was made anew"
        for name, identity in seen.network_ids.items()
        if name in attached and attached[name].get("NetworkID") not in ("", None, identity)
    ]


def _state(at: str, args: Args, current: Mapping[str, Any]) -> list[Change]:
    state = current["State"]
    status, code = state["Status"], state["ExitCode"]
    if status == "paused":
        return [Change(at=at, verb="unpause", causes=("paused",))]
    if status in ("running", "restarting"):
        return []
    if args.is_one_shot:
        if code == 0:
            return []
        return [Change(at=at, verb="recreate", causes=(f"exit status {code} the last time",))]
    if status == "exited":
        return [Change(at=at, verb="start", causes=(f"stopped (exit status {code})",))]
    return [Change(at=at, verb="recreate", causes=(f"state: {status}",))]


def _short(reference: str, identity: str) -> str:
    return f"{reference} ({identity.removeprefix('sha256:')[:12]})"
