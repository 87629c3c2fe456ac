"""Taking over containers that phlo did not make (`phlo.hosts.adopted`): those that are as they should be stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from phlo.errors import OperationError
from phlo.hosts.adopted import BY_COMPOSE, BY_HAND, mark_name
from phlo.hosts.engine import Engine
from phlo.labels import LABEL_ADOPTED
from phlo.operations.container.args import Args, Seen
from phlo.values import Change


def is_adopted(container: Mapping[str, Any]) -> bool:
    """Whether Docker Compose made a container, or it was started by hand, given its inspect answer."""
    return LABEL_ADOPTED in (container["Config"].get("Labels") or {})


def is_by_hand(labels: Mapping[str, str] | None) -> bool:
    """Whether `phlo adopt` marked a container, given its labels."""
    return (labels or {}).get(LABEL_ADOPTED) == BY_HAND


def remove_mark(engine: Engine, container: str) -> None:
    """Remove the empty volume that marks a container as adopted; one that is gone is fine."""
    engine.delete(f"/volumes/{mark_name(container)}", force=True)


def adoption(at: str, container: Mapping[str, Any]) -> Change:
    origin = "it was started by hand" if is_by_hand(container["Config"].get("Labels")) else "Docker Compose made it"
    return Change(at=at, verb="adopt", causes=(f"{origin}, and it is as it should be: it stays",), is_counted=False)


def adopted_view(container: Mapping[str, Any] | None, seen: Seen) -> Mapping[str, Any] | None:
    """A container as phlo would have made it: what Compose writes in another way, and means the same, is rewritten.

    Compose mounts configs and secrets, which phlo puts inside (those in `seen.provided` have the wanted content). It
    names the container of `volumes_from` by its id, exposes ports without a protocol, and links a container by further
    names.
    """
    if container is None or not is_adopted(container):
        return container
    config, host_config = dict(container["Config"]), dict(container["HostConfig"])
    binds, mounts = host_config.get("Binds") or (), host_config.get("Mounts") or ()
    host_config["Binds"] = [bind for bind in binds if _target(bind) not in seen.provided]
    host_config["Mounts"] = [mount for mount in mounts if mount["Target"] not in seen.provided]
    names = {owner.id: name for name, owner in seen.owners.items()}
    shared = [item.partition(":") for item in host_config.get("VolumesFrom") or ()]
    host_config["VolumesFrom"] = [f"{names.get(owner, owner)}{colon}{mode}" for owner, colon, mode in shared]
    exposed = config.get("ExposedPorts") or {}
    config["ExposedPorts"] = {port if "/" in port else f"{port}/tcp": {} for port in exposed}
    attached = container["NetworkSettings"].get("Networks") or {}
    networks = {name: {**one, "Links": _links(one.get("Links") or ())} for name, one in attached.items()}
    settings = {**container["NetworkSettings"], "Networks": networks}
    return {**container, "Config": config, "HostConfig": host_config, "NetworkSettings": settings}


def is_rebuilt(args: Args, container: Mapping[str, Any]) -> bool:
    """Whether a container of Compose runs an image that Compose built and named itself.

    Nothing says of which content that image was made: builders date the files of a layer, and Compose's labels are part
    of the image's id.
    """
    made_by = (container["Config"].get("Labels") or {}).get(LABEL_ADOPTED)
    return made_by == BY_COMPOSE and args.image.recipe is not None and args.image.reference is None


def rebuilt(container: Mapping[str, Any]) -> str:
    """The cause of replacing a container of which `is_rebuilt` holds."""
    name = str(container["Config"]["Image"])
    return f"phlo builds the image itself: nothing says of what Docker Compose built {name}"


def _target(bind: str) -> str:
    return bind.split(":")[1] if ":" in bind else ""


def _links(links: Sequence[str]) -> list[str]:
    """The links, without those that name a container `PROJECT-SERVICE-1`, or `SERVICE-1`, as it is called anyway."""
    pairs = [link.partition(":") for link in links]
    return [f"{name}:{alias}" for name, _, alias in pairs if alias != name and not name.endswith(f"-{alias}")]


def misnamed(args: Args, seen: Seen) -> OperationError:
    name = seen.misnamed[0]
    return OperationError(
        f"a container that is adopted for this service has another name, {name}",
        where=f"container:{args.name}",
        fix=f"Rename it: `docker rename {name} {args.name}`. It keeps running.",
    )
