"""Make, replace, start and repair a container."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import phlo
from phlo.errors import EngineError, OperationError
from phlo.frozen import replace
from phlo.hosts.engine import Engine, EngineReader, path_part
from phlo.hosts.host import Host
from phlo.images import ImageSeen
from phlo.operations import wait
from phlo.operations.archive import put_files
from phlo.operations.container.args import REPLACED, STAGED, Args, Seen, config_hash, file_digests
from phlo.operations.container.explain import explained
from phlo.operations.container.file_folders import mount_targets, with_file_folders
from phlo.operations.drift import unsupported
from phlo.operations.hook import stop
from phlo.values import (
    LABEL_CAUSES,
    LABEL_CONFIG_HASH,
    LABEL_FILE_FOLDERS,
    LABEL_FILES,
    LABEL_INSTANCE,
    LABEL_ONE_SHOT,
    LABEL_PROJECT,
    LABEL_RESTART,
    LABEL_RUN,
    LABEL_SERVICE,
    LABEL_VERSION,
    SET_ASIDE,
    Change,
    reveal_all,
)

SEVERAL_NETWORKS = (1, 44)
ENDED_BY_STOP = (0, 137, 143)  # by itself, by SIGKILL, by SIGTERM
MOST_CAUSES = 20  # in a label

Causes = tuple[str, ...]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """Make one change that `decide` found. What it replaces is put back if this fails half-way."""
    engine = host.engine
    path = f"/containers/{path_part(args.name)}"
    match change.verb:
        case "remove":
            remove(engine, change.data)
        case "restore":
            rename(engine, args.name + REPLACED, args.name)
        case "adopt":
            _keep_for_rollback(args, host, seen)
        case "keep" | "run":  # a hook is run by the change that stops the container
            return
        case "create":
            _create_and_start(args, host, seen, change.causes)
        case "recreate" if args.is_one_shot:
            _run_again(args, host, seen, change.causes)
        case "recreate":
            _replace(args, host, seen, change.causes)
        case "start":
            with explained(args, host):
                engine.post(f"{path}/start")
        case "unpause":
            engine.post(f"{path}/unpause")
        case "update":
            engine.post(f"{path}/update", dict(change.data))
        case "connect":
            _connect(engine, args.name, change.data.name, change.data.endpoint)
        case _:
            raise OperationError(f"a container cannot be changed by {change.verb!r}", where=change.at)


def rename(engine: Engine, old: str, new: str) -> None:
    engine.post(f"/containers/{path_part(old)}/rename", name=new)


def remove(engine: Engine, name: str) -> None:
    """Remove a container with its anonymous volumes, running or not; one that is gone is fine."""
    try:
        engine.delete(f"/containers/{path_part(name)}", force=True, v=True)
    except EngineError as error:
        # 409: its removal is already under way.
        if error.status not in (404, 409):
            raise


def _create_and_start(args: Args, host: Host, seen: Seen, causes: Causes) -> None:
    # When it fails it stays, for its log to be read; there is nothing to put back.
    _start(_create(args, host, seen, args.name, None, causes), args, host)


def _replace(args: Args, host: Host, seen: Seen, causes: Causes) -> None:
    """Put a new container in the place of the old, which stays, stopped and renamed, until the service works.

    From here on containers are known by their ids: under a name there may be somebody else's any moment.
    """
    engine = host.engine
    old = seen.started or seen.replaced
    assert old is not None
    is_beside = args.starts_first and seen.replaced is None and old["State"]["Status"] == "running"
    proven = _proven(args, host, seen, old, causes) if is_beside else None
    new = proven or _create(args, host, seen, args.name + STAGED, old, causes)
    host.on_undo(lambda: remove(engine, new))
    if seen.started is not None and seen.replaced is not None:
        # An interrupted run left the version before this one: that one worked, the current one was never proven.
        remove(engine, seen.started["Id"])
    else:
        # One that an interrupted run had stopped and renamed ran before that.
        was_running = seen.replaced is not None or bool(old["State"]["Running"])
        trouble = _trouble(old)
        host.on_undo(lambda: _put_back(args, host, old["Id"], new, was_running=was_running, trouble=trouble))
        rename(engine, old["Id"], args.name + REPLACED)
        host.on_finish(lambda: set_aside(args, host, old["Id"]))
    with explained(args, host):
        rename(engine, new, args.name)
    args.around_stop.stop(
        old["Id"], host
    )  # as late as can be: from here on until the new one listens there is nobody to ask
    if proven is None:
        _start(new, args, host)


def _proven(args: Args, host: Host, seen: Seen, old: Mapping[str, Any], causes: Causes) -> str | None:
    """Start a new version that nobody finds, without the service's names and host ports, and wait until it works.

    Gives its id, once it has the names beside the old one; None for a service with host ports, which two cannot have:
    then it has only shown that it works. Raises OperationError, as the service's gate does, when it does not; the old
    one serves all the while.
    """
    engine, name = host.engine, args.name + STAGED
    new = _create(args, host, seen, name, old, causes, is_on_trial=True)
    host.on_undo(lambda: remove(engine, new))
    _start(new, args, host)
    gate = wait.Args(container=name, service=args.service, timeout_seconds=args.gate_timeout_seconds)
    state = wait.observe(gate, host.reader())
    for change in wait.decide(gate, state):
        wait.apply(change, gate, state, host)
    if (args.body.get("HostConfig") or {}).get("PortBindings"):
        remove(engine, new)
        return None
    for network in args.networks:
        engine.post(f"/networks/{path_part(network.name)}/disconnect", {"Container": new})
        _connect(engine, new, network.name, network.endpoint)
    return new


def _run_again(args: Args, host: Host, seen: Seen, causes: Causes) -> None:
    """Put a new container in the place of a one-shot's. It has run: there is nothing that could be put back."""
    old = seen.started or seen.replaced
    assert old is not None
    new = _create(args, host, seen, args.name + STAGED, None, causes)
    remove(host.engine, old["Id"])
    with explained(args, host):
        rename(host.engine, new, args.name)
    _start(new, args, host)


def _start(container: str, args: Args, host: Host) -> None:
    with explained(args, host):
        host.engine.post(f"/containers/{container}/start")


def _keep_for_rollback(args: Args, host: Host, seen: Seen) -> None:
    assert seen.started is not None
    assert seen.replaced is not None
    new, old = seen.started["Id"], seen.replaced["Id"]
    host.on_undo(lambda: _put_back(args, host, old, new, was_running=True))
    stop(host.engine, old)  # where the new one is started first, the two may have been left side by side
    host.on_finish(lambda: set_aside(args, host, old))


def _put_back(args: Args, host: Host, old: str, new: str, *, was_running: bool, trouble: str | None = None) -> None:
    """Give the replaced container its name back and start it; the new one is removed only if the old one is there.

    trouble: why the old one did not work before. It may still serve something, so it is put back all the same, but
    raises OperationError: there is no version that works.
    """
    engine = host.engine
    found = engine.get_or_none(f"/containers/{old}/json")
    if found is None:
        return
    remove(engine, new)
    try:
        if found["Name"] != f"/{args.name}":
            rename(engine, old, args.name)
    finally:  # whoever took the name meanwhile: it goes on serving
        if was_running:
            engine.post(f"/containers/{old}/start")
    if trouble is not None:
        what = f"what was there before is back, but did not work either ({trouble})"
        raise OperationError(
            what, where=f"{host.name} {args.service}", fix="Mend the service, then run `phlo up` again."
        )


def _trouble(found: Mapping[str, Any]) -> str | None:
    """Why a container does not work, None when it does, when it was only stopped, or when that cannot be told."""
    state = found["State"]
    if state["Status"] in ("restarting", "dead"):
        return f"{state['Status']}, exit status {state['ExitCode']}"
    if state["Status"] == "exited" and state["ExitCode"] not in ENDED_BY_STOP:
        return f"exit status {state['ExitCode']}"
    is_unhealthy = (state.get("Health") or {}).get("Status") == "unhealthy"
    return "unhealthy" if state["Running"] and is_unhealthy else None


def set_aside(args: Args, host: Host, container: str) -> None:
    """Keep a replaced container as what `phlo rollback` goes back to; what was kept before it goes."""
    engine = host.engine
    replaced = engine.get_or_none(f"/containers/{container}/json")
    if replaced is None:
        return
    for name in names_set_aside(args, engine):
        remove(engine, name)
    if (replaced["HostConfig"].get("RestartPolicy") or {}).get("Name") == "always":
        # An engine that starts anew starts what has `always`, even what was stopped.
        engine.post(f"/containers/{container}/update", {"RestartPolicy": {"Name": "unless-stopped"}})
    rename(engine, container, f"{args.name}{SET_ASIDE}{host.run_id}")


def names_set_aside(args: Args, engine: EngineReader) -> list[str]:
    """The containers that this one has replaced and that are still there."""
    listed = engine.get("/containers/json", all=True, filters={"label": list(args.labels())})
    names = [entry["Names"][0].lstrip("/") for entry in listed]
    return [name for name in names if name.startswith(args.name + SET_ASIDE)]


def _create(
    args: Args,
    host: Host,
    seen: Seen,
    name: str,
    old: Mapping[str, Any] | None,
    causes: Causes,
    *,
    is_on_trial: bool = False,
) -> str:
    """Create the container with its networks and files, giving its id; on failure nothing of it stays.

    is_on_trial: leave out what the one that serves holds: names on the networks, and ports of the host.
    """
    engine, image = host.engine, seen.image
    if image is None:
        raise OperationError("its image is not on the host", where=args.name, fix="Run `phlo run up` again.")
    networks = args.networks
    body = _with_anonymous_volumes(with_file_folders(reveal_all(args.body), args.files), old)
    body["Image"] = image.reference
    body["Labels"] = {**(body.get("Labels") or {}), **_labels(args, image, host.run_id, causes)}
    if is_on_trial:
        body["HostConfig"] = {key: value for key, value in body["HostConfig"].items() if key != "PortBindings"}
        networks = tuple(replace(network, endpoint=_without_names(network.endpoint)) for network in networks)
    # Older engines take one network at creation; newer ones honour a further network's MAC address only there.
    at_once = networks if engine.api >= SEVERAL_NETWORKS else networks[:1]
    if at_once:
        body["NetworkingConfig"] = {"EndpointsConfig": {network.name: dict(network.endpoint) for network in at_once}}
    for missing in unsupported(body, networks, engine.api):
        host.progress(f"{args.name}: {missing}")
    with explained(args, host):
        created = engine.post("/containers/create", body, name=name, platform=args.image.platform)
        for warning in created.get("Warnings") or ():
            host.progress(f"{args.name}: {warning}")
    try:
        for network in networks[len(at_once) :]:
            _connect(engine, created["Id"], network.name, network.endpoint)
        put_files(engine, created["Id"], args.files, mount_targets(body))
    except BaseException:
        remove(engine, created["Id"])
        raise
    return str(created["Id"])


def _without_names(endpoint: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in endpoint.items() if key != "Aliases"}


def _connect(engine: Engine, container: str, network: str, endpoint: Mapping[str, Any]) -> None:
    body = {"Container": container, "EndpointConfig": dict(endpoint)}
    engine.post(f"/networks/{path_part(network)}/connect", body)


def _labels(args: Args, image: ImageSeen, run_id: str, causes: Causes) -> dict[str, str]:
    labels = {
        LABEL_PROJECT: args.project,
        LABEL_SERVICE: args.service,
        LABEL_INSTANCE: str(args.instance),
        LABEL_CONFIG_HASH: config_hash(args, image.id),
        LABEL_FILES: json.dumps(file_digests(args.files), sort_keys=True),
        LABEL_VERSION: phlo.__version__,
        LABEL_RUN: run_id,
        LABEL_CAUSES: json.dumps(causes[:MOST_CAUSES]),
    }
    restart = ((args.body.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name")
    return {
        **labels,
        **({LABEL_ONE_SHOT: "true"} if args.is_one_shot else {}),
        **({LABEL_RESTART: restart} if restart == "always" else {}),
    }


def _with_anonymous_volumes(body: dict[str, Any], old: Mapping[str, Any] | None) -> dict[str, Any]:
    """The body, with the anonymous volumes of the container it replaces where it asks for anonymous ones."""
    if old is None:
        return body
    host_config = dict(body.get("HostConfig") or {})
    mounts = [dict(mount) for mount in host_config.get("Mounts") or ()]
    binds = {bind.split(":")[1] for bind in host_config.get("Binds") or () if ":" in bind}
    named = {mount["Target"] for mount in mounts if mount.get("Source") or mount["Type"] != "volume"} | binds
    named |= set(host_config.get("Tmpfs") or {})
    renewed = json.loads((old["Config"].get("Labels") or {}).get(LABEL_FILE_FOLDERS) or "[]")
    for mount in old.get("Mounts") or ():
        target = mount["Destination"]
        if mount["Type"] != "volume" or not _is_anonymous(mount.get("Name", "")) or target in (*named, *renewed):
            continue
        asked = next((item for item in mounts if item["Target"] == target), None)
        if asked is not None:
            asked["Source"] = mount["Name"]
        elif target not in (body.get("Volumes") or {}):
            mounts.append({"Type": "volume", "Source": mount["Name"], "Target": target})
        else:
            mounts.append({"Type": "volume", "Source": mount["Name"], "Target": target})
            body["Volumes"] = {key: value for key, value in body["Volumes"].items() if key != target}
    return {**body, "HostConfig": {**host_config, "Mounts": mounts}} if mounts else body


def _is_anonymous(name: str) -> bool:
    return len(name) == 64 and all(digit in "0123456789abcdef" for digit in name)
