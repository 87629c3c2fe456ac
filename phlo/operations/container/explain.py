"""Docker's reasons for not starting a container, in words that say what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from phlo.errors import EngineError, OperationError
from phlo.hosts.host import Host
from phlo.operations.container.args import Args

_REASONS: tuple[tuple[str, str, str], ...] = (
    (
        r"(?P<what>[\d.]+:\d+|\[[\da-f:]*\]:\d+):? (?:failed: port is already allocated|.*address already in use)",
        "the host port {what} is taken",
        "Stop what holds it (`phlo doctor` names it), or set `services.{service}.port` in phlo.yaml.",
    ),
    (
        r'container name \\?"/(?P<what>[^"\\]+)\\?" is already in use',
        'the container name "{what}" is taken by a container that phlo did not make',
        "Rename or remove that container, then run the same command again.",
    ),
    (
        r"no space left on device",
        "the disk of the Docker engine is full",
        "Free space there (`docker system df`, `docker system prune`), then run the same command again.",
    ),
    (
        r'exec: \\?"(?P<what>[^"\\]+)\\?": (?:executable file not found|stat .*no such file)',
        'the image has no program "{what}"',
        "Check `command` and `entrypoint` of the service, and its image.",
    ),
    (
        r"bind source path does not exist: (?P<what>\S+)",
        "the path {what}, which it mounts, is not on the host",
        "Create it, or remove it from the service's `volumes`.",
    ),
    (
        r"Pool overlaps|Address already in use",
        "the network address it asks for is taken",
        "Choose another `ipv4_address` for the service, or leave it to Docker.",
    ),
)


@contextmanager
def explained(args: Args, host: Host) -> Iterator[None]:
    """Turn an engine's refusal inside into an OperationError that names the service and a fix."""
    try:
        yield
    except EngineError as error:
        for pattern, what, fix in _REASONS:
            match = re.search(pattern, error.message)
            if match:
                found = match.groupdict().get("what") or ""
                raise OperationError(
                    what.format(what=found).replace("  ", " "),
                    where=f"{host.name} {args.service}",
                    fix=fix.format(service=args.service),
                    detail=(error.message,),
                ) from error
        raise OperationError(
            f"Docker refused to start it: {error.message}", where=f"{host.name} {args.service}"
        ) from error
