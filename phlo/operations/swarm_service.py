"""A service of a Docker Swarm that is there, as asked, with its files as configs and secrets.

The Swarm replaces one version by the next, task by task, and goes back by itself when the new one fails: this
operation waits for the end of that and tells it as it was.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Mapping
from typing import Any

from phlo.errors import EngineError, OperationError, PhloError
from phlo.frozen import dataclass, field
from phlo.hosts.engine import Engine, path_part
from phlo.hosts.host import Host, ReadHost
from phlo.images.present import ImageSeen, name_of, present
from phlo.operations.fields import given
from phlo.operations.swarm_facts import differences
from phlo.operations.swarm_tasks import failures, has_failed_job, tasks_of, told
from phlo.values import (
    LABEL_PROJECT,
    LABEL_REFERENCE,
    LABEL_RUN,
    LABEL_SERVICE,
    Change,
    FileSpec,
    ImageSource,
    Secret,
    reveal_all,
)

CONFIGS, SECRETS = "configs", "secrets"
_KINDS = {CONFIGS: "Config", SECRETS: "Secret"}
_DIGITS = 16
_LONGEST_PART = 22  # of the project's and the service's name in that of a config, which has 64 characters at most
# The Swarm looks at a new specification a moment after it has taken it; one that asks for no new task it never tells.
NOTICED_WITHIN_SECONDS = 5.0
PAUSE_SECONDS = 0.25
_ROLLED_BACK, _ROLLBACK_PAUSED = "rollback_completed", "rollback_paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """One service.

    body:   the Engine API's body of ServiceCreate without image, files and the run's label; Secrets inside.
    files:  put into its containers. is_job: runs to completion. is_forced: new tasks even if nothing differs.
    timeout_seconds: how long a new version may take on all nodes.
    """

    project: str = given("project")
    service: str
    name: str
    image: ImageSource
    body: Mapping[str, Any]
    files: tuple[FileSpec, ...] = ()
    is_job: bool = False
    is_forced: bool = False
    timeout_seconds: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """image: what the manager has. current: the inspect answer. networks: id -> name. ids: of configs and secrets."""

    image: ImageSeen | None
    current: Mapping[str, Any] | None
    networks: Mapping[str, str] = field(default_factory=dict)
    has_failed: bool = False


def observe(args: Args, host: ReadHost) -> Seen:
    current = host.engine.get_or_none(f"/services/{path_part(args.name)}")
    networks = {network["Id"]: network["Name"] for network in host.engine.get("/networks")} if current else {}
    return Seen(
        image=present(args.image, host),
        current=current,
        networks=networks,
        has_failed=bool(current and args.is_job and has_failed_job(current, tasks_of(host.engine, current["ID"]))),
    )


def decide(args: Args, seen: Seen) -> list[Change]:
    at = f"service:{args.name}"
    if seen.current is None:
        return [Change(at=at, verb="create", causes=("not found",))]
    there = seen.current["Spec"]
    if (there.get("Labels") or {}).get(LABEL_PROJECT) != args.project:
        raise OperationError(
            f'the name "{args.name}" is taken by a service that phlo did not make',
            where=at,
            fix="Remove that service, or give the project another name.",
        )
    if seen.image is None:  # it will be sent, pulled or built first
        causes: tuple[str, ...] = (f"image: {name_of(args.image)} is new on the manager",)
        return [Change(at=at, verb="update", causes=causes)]
    causes = differences(specification(args, seen.image, there), there, seen.networks)
    if args.is_forced:
        causes = (*causes, "asked for")
    if seen.has_failed:
        causes = (*causes, "it did not end with status 0 the last time")
    return [Change(at=at, verb="update", causes=causes)] if causes else []


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    image = present(args.image, host.reader())
    if image is None:
        raise OperationError(
            f"the image {name_of(args.image)} is not on the manager", where=f"{host.name} {args.service}"
        )
    ids = {kind: _stored(args, kind, host.engine) for kind in _KINDS}
    there = None if seen.current is None else seen.current["Spec"]
    spec = specification(args, image, there, ids=ids, run=host.run_id)
    if there is None:
        _called(host, args, "/services/create", spec)
        host.on_finish(lambda: _collect(args, host.engine))
        return
    task = spec["TaskTemplate"]
    is_anew = args.is_forced or seen.has_failed
    task["ForceUpdate"] = there["TaskTemplate"].get("ForceUpdate", 0) + int(is_anew)
    if not args.is_job:
        host.on_undo(lambda: _put_back(args, host))
    host.on_finish(lambda: _collect(args, host.engine))
    _update(host, args, spec)
    if not args.is_job:
        _await_rollout(args, host)


def specification(
    args: Args,
    image: ImageSeen,
    there: Mapping[str, Any] | None = None,
    *,
    ids: Mapping[str, Mapping[str, str]] | None = None,
    run: str = "",
) -> dict[str, Any]:
    """The whole body. The image is named by its id, so that every node runs this very one and asks no registry.

    ids: of configs and secrets by kind and name; without, only their names stand there. run: the run that makes it.
    """
    spec: dict[str, Any] = reveal_all(args.body)
    process = spec["TaskTemplate"]["ContainerSpec"]
    process["Image"] = image.id
    process["Labels"] = {**process["Labels"], LABEL_REFERENCE: image.reference}
    for kind, word in _KINDS.items():
        references = [
            {
                f"{word}ID": ((ids or {}).get(kind) or {}).get(file_name(args, file), ""),
                f"{word}Name": file_name(args, file),
                "File": {"Name": file.path, "UID": str(file.uid), "GID": str(file.gid), "Mode": file.mode},
            }
            for file in _of_kind(args, kind)
        ]
        if references:
            process[f"{word}s"] = references
    if run:
        spec["Labels"] = {**spec["Labels"], LABEL_RUN: run}
    return spec


def file_name(args: Args, file: FileSpec) -> str:
    """The name of a config or secret: a digest of what is in it, so that one of another content is another one."""
    digest = hashlib.sha256(f"{args.project}\0{args.service}\0".encode() + file.data()).hexdigest()[:_DIGITS]
    return f"{args.project[:_LONGEST_PART]}_{args.service[:_LONGEST_PART]}_{digest}"


def _of_kind(args: Args, kind: str) -> list[FileSpec]:
    return [file for file in args.files if isinstance(file.content, Secret) == (kind == SECRETS)]


def _stored(args: Args, kind: str, engine: Engine) -> dict[str, str]:
    """Name -> id of the service's configs or secrets; what is missing is made."""
    found = {one["Spec"]["Name"]: one["ID"] for one in _ours(args, kind, engine)}
    for file in _of_kind(args, kind):
        name = file_name(args, file)
        if name not in found:
            labels = {LABEL_PROJECT: args.project, LABEL_SERVICE: args.service}
            body = {"Name": name, "Labels": labels, "Data": base64.b64encode(file.data()).decode()}
            found[name] = engine.post(f"/{kind}/create", body)["ID"]
    return found


def _ours(args: Args, kind: str, engine: Engine) -> list[Mapping[str, Any]]:
    labels = [f"{LABEL_PROJECT}={args.project}", f"{LABEL_SERVICE}={args.service}"]
    listed: list[Mapping[str, Any]] = engine.get(f"/{kind}", filters={"label": labels})
    return listed


def _collect(args: Args, engine: Engine) -> None:
    """Remove configs and secrets that the service, which works, has no use for any more."""
    for kind in _KINDS:
        used = {file_name(args, file) for file in _of_kind(args, kind)}
        for one in _ours(args, kind, engine):
            if one["Spec"]["Name"] not in used:
                try:
                    engine.delete(f"/{kind}/{one['ID']}")
                except EngineError as error:
                    if error.status not in (400, 404):  # a task that is ending still has it: the next run collects it
                        raise


# -- one version after another -----------------------------------------------------------------------------


def _called(host: Host, args: Args, path: str, spec: Mapping[str, Any], **query: Any) -> None:
    try:
        host.engine.post(path, spec, **query)
    except EngineError as error:
        error.fix = error.fix or f"See `docker service inspect {args.name}` on {host.name}."
        raise


def _update(host: Host, args: Args, spec: Mapping[str, Any], **query: Any) -> None:
    current = host.engine.get(f"/services/{path_part(args.name)}")
    _called(host, args, f"/services/{current['ID']}/update", spec, version=current["Version"]["Index"], **query)


def _await_rollout(args: Args, host: Host) -> None:
    """Wait until the Swarm has put the new version everywhere. Raises OperationError when it has not, or went back."""
    started = time.monotonic()
    last = ""
    while True:
        current = host.engine.get(f"/services/{path_part(args.name)}")
        status = current.get("UpdateStatus") or {}
        state = status.get("State", "")
        waited = time.monotonic() - started
        if state == "completed" or (not state and waited > NOTICED_WITHIN_SECONDS):
            return
        if not state and not _is_noticed(args, current):
            return
        if state == "paused":
            raise _failed(args, host, current, "the Swarm stopped the update")
        if state == _ROLLED_BACK:
            raise _failed(args, host, current, "the new version did not work, and the Swarm has rolled it back")
        if state == _ROLLBACK_PAUSED:
            raise _failed(args, host, current, "neither the new version nor the one before works: roll-back stopped")
        if host.is_cancelled():
            raise OperationError("stopped waiting for the update", where=f"{host.name} {args.service}")
        if waited > args.timeout_seconds:
            raise _failed(args, host, current, f"was not updated within {args.timeout_seconds:g} s")
        line = told(current, tasks_of(host.engine, current["ID"]))
        if line != last:
            host.progress(line)
            last = line
        time.sleep(PAUSE_SECONDS)


def _is_noticed(args: Args, current: Mapping[str, Any]) -> bool:
    """Whether the Swarm will tell of an update: it does when tasks are replaced, not when there are more or fewer."""
    before = current.get("PreviousSpec") or current["Spec"]
    return any(before.get(key) != current["Spec"].get(key) for key in ("TaskTemplate", "EndpointSpec"))


def _put_back(args: Args, host: Host) -> None:
    """The version before, unless the Swarm has seen to it. Raises OperationError when that does not work either."""
    deadline = time.monotonic() + args.timeout_seconds
    current = host.engine.get(f"/services/{path_part(args.name)}")
    if not (current.get("UpdateStatus") or {}).get("State", "").startswith("rollback"):
        _update(host, args, current["Spec"], rollback="previous")
    while True:
        current = host.engine.get(f"/services/{path_part(args.name)}")
        state = (current.get("UpdateStatus") or {}).get("State", "")
        if state == _ROLLED_BACK:
            return
        if state == _ROLLBACK_PAUSED or time.monotonic() > deadline:
            raise _failed(args, host, current, "the version before could not be put back")
        time.sleep(PAUSE_SECONDS)


def _failed(args: Args, host: Host, current: Mapping[str, Any], what: str) -> PhloError:
    return OperationError(
        what,
        where=f"{host.name} {args.service}",
        fix=f"See `docker service ps --no-trunc {args.name}` on {host.name}.",
        detail=failures(host.engine, tasks_of(host.engine, current["ID"])),
    )
