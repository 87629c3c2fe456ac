"""Push an image of an engine to a registry."""

from __future__ import annotations

from collections.abc import Sequence

from phlo.errors import EngineError, OperationError
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host
from phlo.hosts.transfer import Transfer
from phlo.image_source import ImageRegistry
from phlo.images.pull import PullProblem, Reference, classify, credentials


def push(image: str, reference: str, host: Host, registries: Sequence[ImageRegistry]) -> None:
    """Give an image of the engine the name `reference` and push it. registries: the project's, with their logins.

    Raises OperationError when the registry refuses it.
    """
    repository, _, tag = reference.rpartition(":")
    host.engine.post(f"/images/{path_part(image)}/tag", repo=repository, tag=tag)
    headers = credentials(reference, registries) or {"X-Registry-Auth": "e30="}  # {}: the engine wants the header
    transfer = Transfer(f"pushing {reference}", host.progress)
    layers: dict[str, tuple[int, int]] = {}
    try:
        for message in host.engine.post_stream(f"/images/{path_part(repository)}/push", headers=headers, tag=tag):
            if host.is_cancelled():
                raise OperationError(f"pushing {reference} was stopped", where=host.name)
            if "error" in message:
                raise EngineError(500, str(message["error"]), request=f"to push {reference}")
            detail = message.get("progressDetail") or {}
            if message.get("id") and detail.get("total"):
                layers[message["id"]] = (int(detail.get("current", 0)), int(detail["total"]))
                transfer.at(sum(now for now, _ in layers.values()), sum(total for _, total in layers.values()))
    except EngineError as error:
        raise _refused(reference, error.message, host) from None


def _refused(reference: str, message: str, host: Host) -> OperationError:
    registry = Reference.parse(reference).registry
    match classify(message):
        case PullProblem.DENIED:
            fix = f"Run `docker login {registry}`, or name a user who may push under `registries` in phlo.yaml."
        case PullProblem.UNREACHABLE:
            fix = "Check the address, the network and its proxy; the engine has to trust the registry's certificate."
        case PullProblem.LIMITED:
            fix = "The registry takes no more requests for now: wait and try again."
        case _:
            fix = "See the registry's log."
    return OperationError(f"cannot push {reference} ({message})", where=host.name, fix=fix)
