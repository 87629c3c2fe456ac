"""What a container shall be, and what of it is there."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from phlo.frozen import dataclass, field
from phlo.operations.hook import AroundStop
from phlo.values import LABEL_INSTANCE, LABEL_PROJECT, LABEL_SERVICE, FileSpec, ImageSource, reveal_all

if TYPE_CHECKING:
    from phlo.images import ImageSeen

# A container that replaces another is made under its name with STAGED behind it; the replaced one keeps its name
# with REPLACED behind it until the new one works. Whatever is found under these names tells how far a run came.
STAGED = ".phlo-new"
REPLACED = ".phlo-old"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAttachment:
    """A network a container is on. endpoint: the Engine API's EndpointConfig (Aliases, IPAMConfig, ...)."""

    name: str
    endpoint: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """One instance of a service.

    name:  the container's name. instance: counts from 1.
    body:  the Engine API's body of ContainerCreate without Image, phlo's labels and NetworkingConfig; Secrets inside.
    files: put into the container before it first starts.
    is_one_shot: runs to completion; runs again only when its inputs change or it failed.
    is_forced: make it anew even if nothing differs.
    starts_first: a new version has to work, beside the old one, before that is stopped. It gets the service's names
        and host ports only then. gate_timeout_seconds: how long it may take to.
    around_stop: the hooks to run when the container is stopped to be replaced.
    """

    project: str
    service: str
    instance: int
    name: str
    image: ImageSource
    body: Mapping[str, Any]
    networks: tuple[NetworkAttachment, ...] = ()
    files: tuple[FileSpec, ...] = ()
    is_one_shot: bool = False
    is_forced: bool = False
    starts_first: bool = False
    gate_timeout_seconds: float = 300.0
    around_stop: AroundStop = AroundStop()

    def labels(self) -> tuple[str, ...]:
        """What the engine finds this instance's containers by, all of them."""
        return (
            f"{LABEL_PROJECT}={self.project}",
            f"{LABEL_SERVICE}={self.service}",
            f"{LABEL_INSTANCE}={self.instance}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the host has.

    image:      the image the container shall have, None while it is not on the host.
    image_config: `Config` of the image that the current container was made from, {} when that image is gone.
    current, replaced, staged: inspect answers of the containers of these roles.
    stray:      other containers that carry this instance's labels, by name.
    foreign:    the holder of the container's name when phlo did not make it.
    network_ids: name -> id of the networks it shall be on, of those that are there; {} without a container.
    container_ids: name -> id of the containers whose namespaces it shares (`network_mode: service:x`).
    edited: what was done to injected files inside the container, a phrase each.
    api: the engine's API version.
    """

    image: ImageSeen | None
    image_config: Mapping[str, Any]
    current: Mapping[str, Any] | None
    replaced: Mapping[str, Any] | None
    staged: Mapping[str, Any] | None
    stray: tuple[str, ...]
    foreign: Mapping[str, Any] | None
    network_ids: Mapping[str, str]
    container_ids: Mapping[str, str] = field(default_factory=dict)
    edited: tuple[str, ...] = ()
    api: tuple[int, int] = (1, 41)

    @property
    def started(self) -> Mapping[str, Any] | None:
        """The current container; None when it was made and never started, since it may lack its files or networks."""
        current = self.current
        return None if current is not None and current["State"]["Status"] == "created" else current


def file_digests(files: tuple[FileSpec, ...]) -> dict[str, str]:
    """Path -> twelve hex digits over content, mode and owner, of the files that make a container what it is."""
    digests = {}
    for spec in files:
        if spec.is_live:
            continue
        digest = hashlib.sha256(f"{spec.mode:o} {spec.uid} {spec.gid}\n".encode() + spec.data())
        digests[spec.path] = digest.hexdigest()[:12]
    return digests


def config_hash(args: Args, image_id: str) -> str:
    """A digest of all that makes the container what it is: image, normalized body, networks, injected files."""
    whole = {
        "image": image_id,
        "body": reveal_all(args.body),
        "networks": [[network.name, dict(network.endpoint)] for network in args.networks],
        "files": file_digests(args.files),
    }
    return _digest(json.dumps(whole, sort_keys=True, separators=(",", ":"), default=str))


@functools.lru_cache(maxsize=256)
def _digest(text: str) -> str:
    """Many hosts have the same containers; and other threads take over while a long text is hashed."""
    return hashlib.sha256(text.encode()).hexdigest()
