"""Desired and observed container state."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from phlo.compose.attributes import ATTRIBUTE_AT
from phlo.frozen import dataclass, field
from phlo.image_source import ImageSource
from phlo.labels import LABEL_INSTANCE, LABEL_PROJECT, LABEL_SERVICE
from phlo.operations.container.owners import Owner
from phlo.operations.hook import AroundStop
from phlo.operations.protection import NO_PROTECTION, Protection
from phlo.values import FileSpec, ImageNeeds, reveal_all

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
    may_end: an end with status 0 means that the work is done, unless the image shows that it serves something.
    healthy_wanted_at: where another service waits for its health, so that the image has to have a check; "": nowhere.
    is_forced: recreate it even if nothing differs.
    is_requested: part of the run only because the command line asked for it; a label of the container says so.
    starts_first: a new version has to work, beside the old one, before that is stopped. It gets the service's names
        and host ports only then. gate_timeout_seconds: how long it may take to.
    around_stop: the hooks to run when the container is stopped to be replaced or restarted.
    needs: what is looked for in a new container before it starts.
    owners: the containers of this project and host whose namespaces or volumes it uses.
    protection: the volumes that a replacement must not cut off from the service.
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
    may_end: bool = False
    healthy_wanted_at: str = field(default="", compare=False)
    is_forced: bool = False
    is_requested: bool = False
    starts_first: bool = False
    gate_timeout_seconds: float = 300.0
    around_stop: AroundStop = AroundStop()
    protection: Protection = NO_PROTECTION
    needs: ImageNeeds | None = field(default=None, compare=False)
    owners: tuple[Args, ...] = field(default=(), compare=False)

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
    network_ids: name -> id of the networks that it should be on, of those that exist; {} without a container.
    renewed: names of the networks that were made after the current container.
    owners: name -> the containers whose namespaces or volumes it uses (`network_mode: service:x`), those there are.
    edited: what was done to injected files inside the container, a phrase each.
    cut_off: protected volumes that the current container mounts and its replacement would not.
    provided: paths of files that an adopted container has with the wanted content.
    misnamed: adopted containers of this instance with other names.
    kept: names of the containers that this one replaced before and that are kept for `phlo rollback`.
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
    renewed: frozenset[str] = frozenset()
    owners: Mapping[str, Owner] = field(default_factory=dict)
    edited: tuple[str, ...] = ()
    cut_off: tuple[str, ...] = ()
    provided: frozenset[str] = frozenset()
    misnamed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
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


def attribute_digests(args: Args) -> dict[str, str]:
    """Attribute -> six hex digits over all that it makes of the container's settings and networks."""
    body = dict(reveal_all(args.body))
    host = body.pop("HostConfig", None) or {}
    found: dict[str, Any] = {"networks": [[network.name, dict(network.endpoint)] for network in args.networks]}
    for place, values in (("", body), ("HostConfig.", host)):
        for key, value in values.items():
            name = ATTRIBUTE_AT.get(f"{place}{key}", key)
            found[name] = [*found.get(name, ()), key, value]
    return {name: _digest(json.dumps(value, sort_keys=True, default=str))[:6] for name, value in sorted(found.items())}


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
