"""Create or update a service of a Docker Swarm, with its files as configs and secrets.

The Swarm replaces one version by the next, task by task, and rolls back automatically when the new one fails: this
operation waits for the end of that and tells it as it was.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from phlo.errors import EngineError, OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.image_source import ImageSource
from phlo.images.present import ImageSeen, name_of, present
from phlo.labels import LABEL_PROJECT, LABEL_REFERENCE, LABEL_RUN, LABEL_SERVICE
from phlo.operations.fields import injected
from phlo.operations.hook import AroundStop, run_all
from phlo.swarm.operations.facts import differences, stops_tasks
from phlo.swarm.operations.rollout import await_rollout, called, put_back, update
from phlo.swarm.operations.tasks import has_failed_job, tasks_of
from phlo.values import Change, FileSpec, Secret, reveal_all

CONFIGS, SECRETS = "configs", "secrets"
_KINDS = {CONFIGS: "Config", SECRETS: "Secret"}
_DIGITS = 16
_LONGEST_PART = 22  # of the project's and the service's name in that of a config, which has 64 characters at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """One service.

    body:   the Engine API's body of ServiceCreate without image, files and the run's label; Secrets inside.
    files:  put into its containers. is_job: runs to completion. is_forced: new tasks even if nothing differs.
    timeout_seconds: how long a new version may take on all nodes. around_stop: the service's hooks, run when its tasks
    are replaced, or are to be fewer.
    """

    project: str = injected("project")
    service: str
    name: str
    image: ImageSource
    body: Mapping[str, Any]
    files: tuple[FileSpec, ...] = ()
    is_job: bool = False
    is_forced: bool = False
    timeout_seconds: float = 300.0
    around_stop: AroundStop = AroundStop()


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
        return [*args.around_stop.changes(), Change(at=at, verb="update", causes=causes)]
    wanted = specification(args, seen.image, there)
    causes = differences(wanted, there, seen.networks)
    if args.is_forced:
        causes = (*causes, "asked for")
    if seen.has_failed:
        causes = (*causes, "it did not end with status 0 the last time")
    is_stopped = not args.is_job and (args.is_forced or stops_tasks(wanted, there, seen.networks))
    hooks = args.around_stop.changes() if is_stopped else ()
    return [*hooks, Change(at=at, verb="update", causes=causes, data=is_stopped)] if causes else []


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    if change.verb == "run":  # a hook is run by the change that stops tasks
        return
    image = present(args.image, host.reader())
    if image is None:
        raise OperationError(
            f"the image {name_of(args.image)} is not on the manager", where=f"{host.name} {args.service}"
        )
    ids = {kind: _stored(args, kind, host.engine) for kind in _KINDS}
    there = None if seen.current is None else seen.current["Spec"]
    spec = specification(args, image, there, ids=ids, run=host.run_id)
    if there is None:
        called(host, args, "/services/create", spec)
        host.on_finish(lambda: _collect(args, host.engine))
        return
    task = spec["TaskTemplate"]
    is_anew = args.is_forced or seen.has_failed
    task["ForceUpdate"] = there["TaskTemplate"].get("ForceUpdate", 0) + int(is_anew)
    if not args.is_job:
        host.on_undo(lambda: put_back(args, host))
    host.on_finish(lambda: _collect(args, host.engine))
    around_stop = AroundStop() if change.data is False else args.around_stop
    run_all(around_stop.before, host)
    update(host, args, spec)
    if not args.is_job:
        await_rollout(args, host)
    run_all(around_stop.after, host)


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
    """Remove configs and secrets that neither the service, which works, nor the version before it has a use for."""
    current = engine.get_or_none(f"/services/{path_part(args.name)}") or {}
    before = ((current.get("PreviousSpec") or {}).get("TaskTemplate") or {}).get("ContainerSpec") or {}
    for kind, word in _KINDS.items():
        used = {file_name(args, file) for file in _of_kind(args, kind)}
        used |= {one[f"{word}Name"] for one in before.get(f"{word}s") or ()}
        for one in _ours(args, kind, engine):
            if one["Spec"]["Name"] not in used:
                try:
                    engine.delete(f"/{kind}/{one['ID']}")
                except EngineError as error:
                    if error.status not in (400, 404):  # a task that is ending still has it: the next run collects it
                        raise
