"""Services on a Docker Swarm: where they may run, and what of them a Swarm cannot do, which is refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from phlo.compose.attributes import REFUSED_ON_SWARM
from phlo.compose.model import ComposeService
from phlo.config.containers import Container
from phlo.config.project import Placement
from phlo.errors import ConfigError, PhloError, first_of
from phlo.inventory.clusters import Cluster
from phlo.inventory.hosts import ALL, Inventory
from phlo.values import FileSpec

_TEXT_OF_WARNING = "a Swarm"  # ends with it: "has an effect only in a Swarm", "... outside of a Swarm"
MOST_FILE_BYTES = 500 * 1024  # of a config; Engine API, ConfigCreate
_LOCAL_DRIVERS = (None, "", "local")
_OWN_LABEL = "phlo."


def node_label(kind: str, name: str) -> str:
    """The label by which services find a node: `phlo.host` (see `NODE_HOST`) or `phlo.group`, and a name."""
    return f"{_OWN_LABEL}{kind}.{name}"


def node_labels(host: str, inventory: Inventory) -> dict[str, str]:
    """All labels of a node: its name in the inventory, and those of its groups."""
    groups = [group.name for group in inventory.groups_of(host) if group.name != ALL]
    return dict.fromkeys((node_label("host", host), *(node_label("group", name) for name in groups)), "true")


def constraints(
    service: str, wanted: tuple[str, ...], cluster: Cluster, inventory: Inventory, where: object
) -> tuple[str, ...]:
    """What keeps a service's tasks on the nodes that are wanted. Source: `docker service create --constraint`."""
    if set(wanted) == set(cluster.nodes):
        return ()
    if len(wanted) == 1:
        return (f"node.labels.{node_label('host', wanted[0])} == true",)
    for group in inventory.groups.values():
        if group.name != ALL and set(group.hosts) == set(wanted):
            return (f"node.labels.{node_label('group', group.name)} == true",)
    raise ConfigError(
        f'"{service}" is placed on {", ".join(wanted)} of {cluster.label}, which are no group',
        where=where,
        fix="Make them a group of the inventory, and place it on that; or on one of them, or on all.",
    )


def check(
    container: Container,
    compose: ComposeService,
    place: Placement,
    files: Collection[FileSpec],
    drivers: Callable[[str], str | None],
) -> None:
    """Raise ConfigError with everything that a service asks for and a Swarm cannot do.

    compose: what is left of the container's own. drivers: the driver of a named volume.
    """
    errors: list[PhloError] = []
    for name, what, fix in (*_unknown(compose), *_asked_in_vain(compose, place, drivers), *_files(files)):
        sentence = f'"{container.definition.name}" is placed on {place.label}, {what}'
        errors.append(ConfigError(sentence, where=container.merged.where(*([name] if name else [])), fix=fix))
    if errors:
        raise first_of(errors)


_Wrong = Iterator[tuple[str, str, str]]


def _unknown(compose: ComposeService) -> _Wrong:
    """The attribute, what is wrong with it, what to do."""
    plain = ComposeService(networks=compose.networks)
    for name in REFUSED_ON_SWARM:
        if getattr(compose, name) != getattr(plain, name):
            yield name, f"which does not know {name}", "Leave it out, or place the service on a host of its own."


def _asked_in_vain(compose: ComposeService, place: Placement, drivers: Callable[[str], str | None]) -> _Wrong:
    for port in compose.ports:
        if port.host_ip not in (None, "", "0.0.0.0"):  # noqa: S104 (compared with)
            what = f"which publishes on every address of a node, not on {port.host_ip} alone"
            fix = f"Publish it without an address ({port.published or ''}:{port.target}), or not at all."
            yield "ports", what, fix
        if port.published and "-" in port.published:
            yield "ports", "which does not choose a port out of a range", "Name one port."
    for attached in compose.networks:
        fixed = [key for key in ("ipv4_address", "ipv6_address", "mac_address") if getattr(attached, key)]
        if fixed or attached.link_local_ips or attached.gw_priority:
            yield "networks", f"which gives no {fixed[0] if fixed else 'such settings'} to a task", "Leave it out."
    if compose.in_swarm.generic_resources:
        yield "deploy", "and phlo does not pass on generic_resources", "Use labels of nodes and placement constraints."
    mounts = [mount for mount in compose.volumes if mount.type == "volume" and mount.source]
    is_free = len(place.nodes) > 1 and not compose.in_swarm.is_global
    for mount in mounts:
        if mount.subpath:
            yield "volumes", "which mounts no part of a volume", "Mount the whole volume."
        if is_free and drivers(mount.source or "") in _LOCAL_DRIVERS:
            what = f'and its volume "{mount.source}" would be another one on each of {len(place.nodes)} nodes'
            yield "volumes", what, f"Pin it to one: hosts: [{place.nodes[0]}]; or use a volume driver that is shared."


def _files(files: Collection[FileSpec]) -> _Wrong:
    for spec in files:
        if not spec.data():
            yield "", f"which has no empty files ({spec.path})", "Give it content, or leave it out."
        elif len(spec.data()) > MOST_FILE_BYTES:
            yield "", f"where a file has at most {MOST_FILE_BYTES >> 10} KiB ({spec.path})", "Put it into the image."


def is_honoured(warning: str) -> bool:
    """Whether a warning is about what only a Swarm can do."""
    return _TEXT_OF_WARNING in warning
