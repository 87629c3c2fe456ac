"""Run a command to its end in a container of its own, on the project's network."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from phlo.bounded import Excerpt, excerpt_of
from phlo.errors import EngineError, OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.commands import CommandResult
from phlo.hosts.engine_requests import path_part
from phlo.hosts.frames import demultiplex
from phlo.hosts.host import Host, ReadHost
from phlo.hosts.process import this_process
from phlo.labels import LABEL_ONE_OFF, LABEL_PROJECT
from phlo.operations.archive import archive_of
from phlo.operations.command_result import argv_of, ended_badly, shown
from phlo.operations.fields import injected, positional
from phlo.operations.service_container import find_target
from phlo.values import Change, FileSpec, Secret, Text, reveal

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """command: what to run; a list as it is, a text split into words as a shell does.
    image: the image to run it in; it must be on the host.
    service: instead of an image: the image, the volumes and the networks of this service's container.
    shell: hand the command to /bin/sh, so that pipes and variables work.
    entrypoint: the program before the command, instead of the image's.
    environment: environment variables.
    files: absolute paths in the container, each with a text that is put there before it starts.
    volumes: volumes and folders, `NAME:/path` or `/folder:/path:ro`.
    network: the network; default: the project's.
    user: the user, or user:group, to run it as.
    chdir: the folder to run it in.
    timeout_seconds: how long it may take.
    """

    command: tuple[str | Secret, ...] | str | Secret = positional()
    image: str = ""
    service: str = ""
    shell: bool = False
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str | Secret] = field(default_factory=dict)
    files: Mapping[str, str | Secret] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    network: str | None = None
    user: str = ""
    chdir: str = ""
    timeout_seconds: float = 300.0
    project: str = injected("project")
    project_network: str = injected("network")

    def __post_init__(self) -> None:
        if bool(self.image) == bool(self.service):
            raise ValueError("needs one of image and service")

    @property
    def argv(self) -> tuple[Text, ...]:
        return argv_of(self.command, is_shell=self.shell)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """image: its id. volumes_from: the container whose volumes it shares. network: the one it is put on."""

    image: str
    network: str
    volumes_from: str | None = None


def observe(args: Args, host: ReadHost) -> Seen:
    """Find the image and the network; raises OperationError when the image is not on the host."""
    network = args.network or args.project_network
    if args.service:
        target = find_target(args.project, args.service, None, host, where="run")
        found = host.engine.get(f"/containers/{target.id}/json")
        networks = list(found["NetworkSettings"]["Networks"])
        return Seen(
            image=found["Image"], network=args.network or (networks[0] if networks else network), volumes_from=target.id
        )
    image = host.engine.get_or_none(f"/images/{path_part(args.image)}/json")
    if image is None:
        fix = f"Pull it: `docker pull {args.image}`, or write service: NAME to use a service's image."
        raise OperationError(f"the image {args.image} is not on the host", where=host.name, fix=fix)
    return Seen(image=image["Id"], network=network)


def decide(args: Args, seen: Seen) -> list[Change]:
    return [Change(at=f"command:{shown(args.argv)}", verb="run", causes=("asked for",))]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> Mapping[str, Any]:
    """Run it to its end and remove its container; a status other than 0 is an error."""
    name = f"{args.project}-run-{uuid.uuid4().hex[:12]}"
    body = {
        "Image": seen.image,
        "Cmd": [reveal(part) for part in args.argv],
        "Env": [f"{key}={reveal(text)}" for key, text in args.environment.items()],
        "User": args.user,
        "WorkingDir": args.chdir,
        # A run that is killed leaves it behind; then `up` removes it.
        "Labels": {LABEL_PROJECT: args.project, LABEL_ONE_OFF: str(this_process())},
        "HostConfig": {
            "Binds": list(args.volumes),
            "VolumesFrom": [seen.volumes_from] if seen.volumes_from else [],
            "NetworkMode": seen.network or "default",
        },
    }
    if args.entrypoint is not None:
        body["Entrypoint"] = list(args.entrypoint)
    container = host.engine.post("/containers/create", body, name=name)["Id"]
    try:
        _put_files(args, container, host)
        host.engine.post(f"/containers/{container}/start")
        result = _ended(args, container, host)
    finally:
        # The volumes it shares belong to the service, its own anonymous ones go with it, as with `docker run --rm`.
        host.engine.delete(f"/containers/{container}", force=True, v=seen.volumes_from is None)
    if result.code != 0:
        raise ended_badly(args.argv, result, where=f"{host.name} {args.service or args.image}")
    return {**result.facts(), "cmd": shown(args.argv)}


def _put_files(args: Args, container: str, host: Host) -> None:
    files = [
        FileSpec(path=path, content=text if isinstance(text, Secret) else text.encode(), mode=0o644)
        for path, text in args.files.items()
    ]
    if files:
        host.engine.put_archive(container, "/", archive_of(files))


def _ended(args: Args, container: str, host: Host) -> CommandResult:
    """Wait for its end, and take what it wrote."""
    deadline, pause = time.monotonic() + args.timeout_seconds, FIRST_PAUSE_SECONDS
    while (state := host.engine.get(f"/containers/{container}/json")["State"])["Running"]:
        if time.monotonic() > deadline or host.is_cancelled():
            what = f"did not end within {args.timeout_seconds:g} s: {shown(args.argv)}"
            raise OperationError(what, where=host.name, fix="Give it a longer `timeout_seconds`.")
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
    return CommandResult.of(int(state["ExitCode"]), _log(container, host, "stdout"), _log(container, host, "stderr"))


def _log(container: str, host: Host, stream: str) -> Excerpt:
    """One of the two streams: the log that is asked for nothing else has frames of that stream alone."""
    path = f"/containers/{container}/logs"
    try:
        pieces = host.engine.get_bytes(path, stdout=stream == "stdout", stderr=stream == "stderr")
        return excerpt_of(demultiplex(pieces))
    except EngineError:  # a logging driver that cannot be read
        return Excerpt()
