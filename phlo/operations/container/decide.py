"""What to do so that a container is there, as asked, and running."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from phlo.compose.attributes import UPDATABLE
from phlo.errors import OperationError
from phlo.frozen import replace
from phlo.label_values import label_mapping, label_texts
from phlo.labels import ENDED_BY_STOP, LABEL_ATTRIBUTES, LABEL_CAUSES, LABEL_CONFIG_HASH, LABEL_FILES
from phlo.operations.container.adopted import adopted_view, adoption, is_adopted, is_rebuilt, misnamed, rebuilt
from phlo.operations.container.args import Args, Seen, attribute_digests, config_hash, file_digests
from phlo.operations.container.ending import is_done, was_stopped
from phlo.operations.container.file_folders import with_file_folders
from phlo.operations.container.owners import causes_to_make_anew, causes_to_restart
from phlo.operations.drift import differences
from phlo.operations.protection import refusal
from phlo.values import Change, reveal_all

_BY_HAND = "changed by hand: "


def decide(args: Args, seen: Seen) -> list[Change]:
    """The changes, in the order they are to be made. Data of a change: what `apply` needs besides `seen`."""
    at = f"container:{args.name}"
    if seen.foreign is not None:
        raise OperationError(
            f'the container name "{args.name}" is taken by a container that phlo did not make '
            f"(image {seen.foreign['Config']['Image']})",
            where=at,
            fix=f"Take it over with `phlo adopt {args.name} --as {args.service}`, rename or remove it, or give the "
            "service another `container_name` in phlo.yaml.",
        )
    _check_health_test(args, seen)
    if seen.misnamed:
        raise misnamed(args, seen)
    changes = [_tidy(at, name, "left over from an interrupted run") for name in seen.stray]
    if seen.staged is not None:
        changes.append(_tidy(at, seen.staged["Name"], "left over from an interrupted run"))
    current = adopted_view(seen.started, seen)
    if seen.current is not None and current is None:
        changes.append(_tidy(at, seen.current["Name"], "made before, but never started"))
    if current is None and seen.replaced is not None:
        causes = ("an interrupted run left it renamed",)
        changes.append(Change(at=at, verb="restore", causes=causes, data=seen.replaced["Name"]))
        current = adopted_view(seen.replaced, seen)
    elif seen.replaced is not None:
        causes = ("an interrupted run had not yet removed the container this one replaced",)
        changes.append(Change(at=at, verb="complete", causes=causes, is_counted=False, data=seen.replaced["Name"]))
    if current is None:
        return [*changes, Change(at=at, verb="create", causes=("not found",))]
    found = _converge(at, args, seen, current)
    is_replaced = any(change.verb == "recreate" for change in found)
    if is_replaced and seen.cut_off:
        what = "would no longer be mounted: the container is left as it is"
        raise refusal(seen.cut_off, args.protection, what=what, where=f"{at} {args.service}")
    is_stopped = is_replaced or any(change.verb == "restart" for change in found)
    if is_stopped and not args.is_one_shot:
        changes += args.around_stop.changes()
    if is_replaced and not args.is_one_shot:
        changes += [_no_longer_kept(name) for name in seen.kept]
    return [*changes, *found]


def _no_longer_kept(name: str) -> Change:
    causes = ("only the version before the current one is kept for `phlo rollback`; its volumes stay",)
    return Change(at=f"container:{name}", verb="remove", causes=causes, is_counted=False)


def _check_health_test(args: Args, seen: Seen) -> None:
    """Raise OperationError when somebody waits for the health of a container that neither the service nor its image
    has a check for."""
    if not args.healthy_wanted_at or seen.image is None:
        return
    check = (seen.image.config.get("Healthcheck") or {}).get("Test") or ["NONE"]
    if check[0] == "NONE":
        raise OperationError(
            f'condition: service_healthy cannot be met: neither "{args.service}" nor its image '
            f"{seen.image.reference} has a health check",
            where=args.healthy_wanted_at,
            fix=f"Give {args.service} a `healthcheck`, or write condition: service_started.",
        )


def _tidy(at: str, name: str, cause: str) -> Change:
    return Change(at=at, verb="remove", causes=(cause,), is_counted=False, data=name.lstrip("/"))


def _converge(at: str, args: Args, seen: Seen, current: Mapping[str, Any]) -> list[Change]:
    if args.is_forced:
        return [Change(at=at, verb="recreate", causes=("asked for with --recreate",))]
    if seen.image is None and is_rebuilt(args, current):
        return [Change(at=at, verb="recreate", causes=(rebuilt(current),))]
    if seen.image is None:
        return [Change(at=at, verb="recreate", causes=("its image is not on the host yet",))]
    body = with_file_folders(reveal_all(args.body), args.files, seen.image.config)
    causes: list[str] = []
    if current["Image"] != seen.image.id:
        before = _short(current["Config"]["Image"], current["Image"])
        change = f"image: {before} -> {_short(seen.image.reference, seen.image.id)}"
        causes.append(rebuilt(current) if is_rebuilt(args, current) else change)
    state = _state(at, args, current)
    if args.may_end and was_stopped(current):
        state += _unmarked(at, body)
        current = _without_mark(current, body)
    labels = current["Config"].get("Labels") or {}
    by_hand = labels.get(LABEL_CONFIG_HASH) == config_hash(args, seen.image.id)
    changed = None if by_hand else _changed_attributes(label_mapping(labels, LABEL_ATTRIBUTES), attribute_digests(args))
    found = _differences(args, body, seen, current, is_reconfigured=not by_hand, changed=changed)
    edited, kept = _edited(args, seen, labels)
    if by_hand and not args.is_one_shot:
        causes += causes_to_make_anew(body, current, seen.owners)
    if by_hand and found and not causes and not edited:
        in_place = _in_place(at, args, seen, current, body)
        if in_place is not None:
            return [*in_place, *kept, *state, *_restart(at, body, seen, current)]
        found = tuple(f"{_BY_HAND}{cause}" for cause in found)
    causes += found
    digests = file_digests(args.files)
    there = {path: digest for path, digest in digests.items() if path in seen.provided}
    causes += _file_differences({**label_mapping(labels, LABEL_FILES), **there}, digests)
    causes += edited
    causes += _lost_networks(seen, current)
    if not causes and is_adopted(current):
        return [adoption(at, current), *kept, *state, *_restart(at, body, seen, current)]
    if not causes and not by_hand:
        causes += [f"{name} {verb}" for name, verb in (changed or {}).items()] or ["its configuration changed"]
    if causes:
        return [Change(at=at, verb="recreate", causes=tuple(causes))]
    return [*kept, *state, *_restart(at, body, seen, current)]


def _restart(at: str, body: Mapping[str, Any], seen: Seen, current: Mapping[str, Any]) -> list[Change]:
    causes = tuple(causes_to_restart(body, current, seen.owners))
    return [Change(at=at, verb="restart", causes=causes, data=current["Id"])] if causes else []


def _without_mark(current: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """A container that `phlo stop` stopped, as it was before: with its own restart policy."""
    return {**current, "HostConfig": {**current["HostConfig"], "RestartPolicy": _restart_policy(body)}}


def _unmarked(at: str, body: Mapping[str, Any]) -> list[Change]:
    """Take the mark off a container, after its start: until then it still shows that the container was stopped."""
    data = {"RestartPolicy": _restart_policy(body)}
    return [Change(at=at, verb="update", causes=("stopped by `phlo stop`",), is_counted=False, data=data)]


def _restart_policy(body: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (body.get("HostConfig") or {}).get("RestartPolicy") or {"Name": "no"}
    return found


def _differences(
    args: Args,
    body: Mapping[str, Any],
    seen: Seen,
    current: Mapping[str, Any],
    *,
    is_reconfigured: bool = False,
    changed: Collection[str] | None = None,
) -> tuple[str, ...]:
    return differences(
        body,
        args.networks,
        seen.image_config,
        current,
        is_reconfigured=is_reconfigured,
        changed=changed,
        api=seen.api,
        container_ids={name: owner.id for name, owner in seen.owners.items()} if is_reconfigured else {},
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
        causes = tuple(f"{_BY_HAND}{cause}" for cause in settings)
        changes.append(Change(at=at, verb="update", causes=causes, data=data))
    for network in missing:
        is_renewed = network.name in seen.renewed  # which took it off the network
        by_hand = f"{_BY_HAND}network {network.name} disconnected"
        cause = f"network {network.name} was recreated" if is_renewed else by_hand
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

    A container that was recreated for this very cause, and has it again, probably changes the file itself; it would
    not help to recreate it each time.
    """
    before = label_texts(labels, LABEL_CAUSES)
    causes = [f"{_BY_HAND}{phrase}" for phrase in seen.edited]
    own = [cause.removeprefix(_BY_HAND) for cause in causes if cause in before]
    reason = "again after phlo put it back: left, as the service may do so itself"
    fix = f"`phlo up {args.service} --recreate` restores it again"
    kept = [
        Change(at=f"container:{args.name}", verb="keep", causes=(f"{phrase} {reason}", fix), is_counted=False)
        for phrase in own
    ]
    return [cause for cause in causes if cause not in before], kept


def _file_differences(there: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    causes = [f"file {path} added" for path in wanted if path not in there]
    causes += [f"file {path} changed" for path in wanted if path in there and there[path] != wanted[path]]
    return causes + [f"file {path} removed" for path in there if path not in wanted]


def _changed_attributes(there: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str] | None:
    """The attributes that changed since the container was made, with what happened to each.

    Also those that an engine's answer shows no trace of, and those whose new value is the engine's own default.
    None when a container of an earlier phlo has no record of them.
    """
    if not there:
        return None
    changed = {name: "changed" for name in wanted if name in there and there[name] != wanted[name]}
    changed |= {name: "added" for name in wanted if name not in there}
    return changed | {name: "removed" for name in there if name not in wanted}


def _lost_networks(seen: Seen, current: Mapping[str, Any]) -> list[str]:
    """Networks that were removed and made again: a container keeps the id of the old one."""
    attached = current["NetworkSettings"]["Networks"]
    return [
        f"network {name} was recreated"
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
    if is_done(current) and args.may_end:
        return []
    if status == "exited":
        killed = " (killed: out of memory)" if state.get("OOMKilled") else ""
        how = "stopped (exit status" if code in ENDED_BY_STOP else "failed (exit status"
        return [Change(at=at, verb="start", causes=(f"{how} {code}){killed}",))]
    return [Change(at=at, verb="recreate", causes=(f"state: {status}",))]


def _short(reference: str, identity: str) -> str:
    return f"{reference} ({identity.removeprefix('sha256:')[:12]})"
