"""Make, replace, start and repair a container."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

import phlo
from phlo.errors import EngineError, OperationError
from phlo.frozen import replace
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host
from phlo.images import ImageSeen
from phlo.labels import (
    ENDED_BY_STOP,
    LABEL_ATTRIBUTES,
    LABEL_CAUSES,
    LABEL_CONFIG_HASH,
    LABEL_FILES,
    LABEL_INSTANCE,
    LABEL_MAY_END,
    LABEL_ONE_SHOT,
    LABEL_PROJECT,
    LABEL_REQUESTED,
    LABEL_RESTART,
    LABEL_RUN,
    LABEL_SERVICE,
    LABEL_VERSION,
    SET_ASIDE,
)
from phlo.operations import wait
from phlo.operations.archive import put_files
from phlo.operations.container.adopted import is_by_hand, remove_mark
from phlo.operations.container.anonymous import holds_only_files, with_anonymous_volumes
from phlo.operations.container.args import (
    REPLACED,
    STAGED,
    Args,
    NetworkAttachment,
    Seen,
    attribute_digests,
    config_hash,
    file_digests,
)
from phlo.operations.container.ending import may_end
from phlo.operations.container.explain import explained
from phlo.operations.container.file_folders import mount_targets, with_file_folders
from phlo.operations.drift import unsupported
from phlo.operations.hook import stop
from phlo.values import Change, reveal_all

SEVERAL_NETWORKS = (1, 44)
MOST_CAUSES = 20  # in a label
# How long to wait for a port that another service of the same run gives away.
PORT_GIVEN_AWAY_SECONDS = 10.0
PAUSE_SECONDS = 0.2

Causes = tuple[str, ...]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """Make one change that `decide` found. What it replaces is restored if this fails half-way."""
    engine = host.engine
    path = f"/containers/{path_part(args.name)}"
    match change.verb:
        case "remove" if change.data is None:  # one that was kept for a roll-back: goes once the new version works
            return
        case "remove":
            remove(engine, change.data)
        case "restore":
            rename(engine, args.name + REPLACED, args.name)
        case "complete":
            _keep_for_rollback(args, host, seen)
        case "keep" | "run" | "adopt":  # a hook is run by the change that stops the container
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
        case "restart":
            args.around_stop.restart(change.data, host)
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
    """Remove a container, running or not; one that is gone is fine. Its volumes stay, except for those of phlo's own
    files and its mark as adopted."""
    found = engine.get_or_none(f"/containers/{path_part(name)}/json")
    if found is not None:
        remove_seen(engine, found["Id"], found["Config"].get("Labels") or {}, found.get("Mounts"))


def remove_seen(engine: Engine, identity: str, labels: Mapping[str, str], mounts: Any) -> None:
    """Remove a container of which the labels and mounts are known, as `remove` does."""
    try:
        engine.delete(f"/containers/{path_part(identity)}", force=True, v=holds_only_files(labels, mounts))
    except EngineError as error:
        # 409: its removal is already under way.
        if error.status not in (404, 409):
            raise
    if is_by_hand(labels):
        remove_mark(engine, identity)


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
        host.on_finish(lambda: set_aside(args, host, old, seen.kept))
    with explained(args, host):
        rename(engine, new, args.name)
    # As late as possible: from here on until the new container listens, nothing answers.
    args.around_stop.stop(old["Id"], host)
    if proven is None:
        host.progress("starting the new container")
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
    """Put a new container in the place of a one-shot's. It has run: there is nothing that could be restored."""
    old = seen.started or seen.replaced
    assert old is not None
    new = _create(args, host, seen, args.name + STAGED, old, causes)
    remove(host.engine, old["Id"])
    with explained(args, host):
        rename(host.engine, new, args.name)
    _start(new, args, host)


def _start(container: str, args: Args, host: Host) -> None:
    """Start a container; a port that another container of the project still holds may be about to be given away."""
    deadline = time.monotonic() + PORT_GIVEN_AWAY_SECONDS
    while True:
        try:
            with explained(args, host):
                host.engine.post(f"/containers/{container}/start")
            return
        except OperationError:
            if time.monotonic() > deadline or host.is_cancelled() or not _is_port_held_here(args, host):
                raise
        time.sleep(PAUSE_SECONDS)


def _is_port_held_here(args: Args, host: Host) -> bool:
    """Whether another running container of the project publishes a port that this one wants."""
    wanted = {
        (int(binding["HostPort"]), target.partition("/")[2] or "tcp")
        for target, bindings in ((args.body.get("HostConfig") or {}).get("PortBindings") or {}).items()
        for binding in bindings
        if str(binding.get("HostPort") or "").isdigit()
    }
    listed = (
        host.engine.get("/containers/json", filters={"label": [f"{LABEL_PROJECT}={args.project}"]}) if wanted else ()
    )
    held = {(port.get("PublicPort"), port["Type"]) for entry in listed for port in entry.get("Ports") or ()}
    return bool(wanted & held)


def _keep_for_rollback(args: Args, host: Host, seen: Seen) -> None:
    assert seen.started is not None
    assert seen.replaced is not None
    new, replaced = seen.started["Id"], seen.replaced
    old = replaced["Id"]
    host.on_undo(lambda: _put_back(args, host, old, new, was_running=True))
    stop(host.engine, old)  # where the new one is started first, the two may have been left side by side
    host.on_finish(lambda: set_aside(args, host, replaced, seen.kept))


def _put_back(args: Args, host: Host, old: str, new: str, *, was_running: bool, trouble: str | None = None) -> None:
    """Give the replaced container its name back and start it; the new one is removed only if the old one is there.

    trouble: why the old one did not work before. It may still serve something, so it is restored all the same, but
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
    finally:  # anyone who took the name meanwhile: it goes on serving
        if was_running:
            engine.post(f"/containers/{old}/start")
            _restart_sharers(args.project, old, engine)
    if trouble is not None:
        what = f"the previous version is restored, but does not work either ({trouble})"
        raise OperationError(
            what, where=f"{host.name} {args.service}", fix="Fix the service, then run `phlo up` again."
        )


def _restart_sharers(project: str, owner: str, engine: Engine) -> None:
    """Restart the containers of the project that share the network of one that was just started: theirs is gone."""
    listed = engine.get("/containers/json", filters={"label": [f"{LABEL_PROJECT}={project}"]})
    for entry in listed:
        if (entry.get("HostConfig") or {}).get("NetworkMode") == f"container:{owner}":
            stop(engine, entry["Id"])
            engine.post(f"/containers/{entry['Id']}/start")


def _trouble(found: Mapping[str, Any]) -> str | None:
    """Why a container does not work, None when it does, when it was only stopped, or when that is unknown."""
    state = found["State"]
    if state["Status"] in ("restarting", "dead"):
        return f"{state['Status']}, exit status {state['ExitCode']}"
    if state["Status"] == "exited" and state["ExitCode"] not in ENDED_BY_STOP:
        return f"exit status {state['ExitCode']}"
    is_unhealthy = (state.get("Health") or {}).get("Status") == "unhealthy"
    return "unhealthy" if state["Running"] and is_unhealthy else None


def set_aside(args: Args, host: Host, replaced: Mapping[str, Any], kept: Iterable[str]) -> None:
    """Keep a replaced container as what `phlo rollback` goes back to; what was kept before it goes.

    replaced: its inspect answer from before. kept: the names of containers that were kept before. One that somebody has
    removed meanwhile is fine. What was kept before goes first: a run that is killed in between leaves the replaced
    container under a name that the next run completes, and never two kept ones.
    """
    engine, container = host.engine, replaced["Id"]
    outdated = [name for name in kept if name.startswith(args.name + SET_ASIDE)]
    if outdated and engine.get_or_none(f"/containers/{container}/json") is None:
        return
    for name in outdated:
        remove(engine, name)
    try:
        if (replaced["HostConfig"].get("RestartPolicy") or {}).get("Name") == "always":
            # An engine that starts anew starts what has `always`, even what was stopped.
            engine.post(f"/containers/{container}/update", {"RestartPolicy": {"Name": "unless-stopped"}})
        rename(engine, container, f"{args.name}{SET_ASIDE}{host.run_id}")
    except EngineError as error:
        if error.status != 404:
            raise


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
    """Create the container as `make` does, with phlo's labels and the volumes of the one that it replaces.

    is_on_trial: leave out what the one that serves holds: names on the networks, and ports of the host.
    """
    image = seen.image
    if image is None:
        raise OperationError("its image is not on the host", where=args.name, fix="Run `phlo run up` again.")
    networks = args.networks
    body = with_file_folders(reveal_all(args.body), args.files, image.config)
    body = with_anonymous_volumes(args, body, image.config, old)
    body["Image"] = image.reference
    body["Labels"] = {**(body.get("Labels") or {}), **_labels(args, image, host.run_id, causes)}
    if is_on_trial:
        body["HostConfig"] = {key: value for key, value in body["HostConfig"].items() if key != "PortBindings"}
        networks = tuple(replace(network, endpoint=_without_names(network.endpoint)) for network in networks)
    made = make(args, host, body, networks, name)
    if args.needs is not None:
        from phlo.operations.container.needs import check_needs

        try:
            engine = host.engine.reader()
            check_needs(args.needs, service=args.service, image=image.reference, container=made, engine=engine)
        except BaseException:
            remove(host.engine, made)
            raise
    return made


def make(args: Args, host: Host, body: dict[str, Any], networks: tuple[NetworkAttachment, ...], name: str) -> str:
    """Create a container with its networks and the files of `args`, giving its id; on failure nothing of it stays."""
    engine = host.engine
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
        LABEL_ATTRIBUTES: json.dumps(attribute_digests(args), separators=(",", ":")),
        LABEL_FILES: json.dumps(file_digests(args.files), sort_keys=True),
        LABEL_VERSION: phlo.__version__,
        LABEL_RUN: run_id,
        LABEL_CAUSES: json.dumps(causes[:MOST_CAUSES]),
        LABEL_REQUESTED: "true" if args.is_requested else "false",
    }
    restart = _restart_text(args)
    return {
        **labels,
        **({LABEL_ONE_SHOT: "true"} if args.is_one_shot else {}),
        **({LABEL_MAY_END: _restart_text(args)} if may_end(args, image.config) else {}),
        **({LABEL_RESTART: restart} if restart == "always" else {}),
    }


def _restart_text(args: Args) -> str:
    """The restart policy as Compose writes it: `no`, `on-failure:3`."""
    policy = (args.body.get("HostConfig") or {}).get("RestartPolicy") or {}
    retries = policy.get("MaximumRetryCount")
    return (policy.get("Name") or "no") + (f":{retries}" if retries else "")
