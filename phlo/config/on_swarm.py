"""Services on a Docker Swarm: where they may run, and what of them a Swarm cannot do, which is refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from phlo.config.compose.model import ComposeService
from phlo.config.containers import Container
from phlo.config.project import SwarmPlace
from phlo.errors import ConfigError, PhloError, first_of
from phlo.inventory.hosts import ALL, Inventory
from phlo.inventory.swarms import Swarm
from phlo.values import FileSpec

# What a Swarm service has, or what something else has been made of by now.
_HONOURED = frozenset(
    {
        *("cap_add", "cap_drop", "command", "cpus", "dns", "dns_opt", "dns_search", "entrypoint", "environment"),
        *("extra_hosts", "group_add", "healthcheck", "hostname", "in_swarm", "init", "labels", "logging", "mem_limit"),
        *("mem_reservation", "networks", "pids_limit", "ports", "read_only", "restart", "scale", "stdin_open"),
        *("stop_grace_period", "stop_signal", "sysctls", "tmpfs", "tty", "ulimits", "update", "user", "volumes"),
        *("shm_size", "working_dir"),
        *("build", "configs", "depends_on", "develop", "env_file", "environment_from_host", "expose", "image"),
        *("platform", "profiles", "pull_policy", "read_files", "secrets", "warnings"),
    }
)
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


def place_on_swarm(
    service: str, wanted: tuple[str, ...], swarms: tuple[Swarm, ...], inventory: Inventory, *, where: object
) -> tuple[tuple[str, ...], SwarmPlace | None]:
    """The host that a service's steps are on, the Swarm's manager, and where it may run; else the hosts as they are.

    Raises ConfigError for hosts that no constraint can say, and for some on a Swarm with some beside it.
    """
    touched = [swarm for swarm in swarms if set(wanted) & set(swarm.nodes)]
    if not touched:
        return wanted, None
    swarm = touched[0]
    if len(touched) > 1 or not set(wanted) <= set(swarm.nodes):
        raise ConfigError(
            f'"{service}" is placed on the Swarm "{swarm.name}" and on other hosts too',
            where=where,
            fix="Place it on the one or the other; two services can share an image.",
        )
    return (swarm.manager,), SwarmPlace(
        swarm=swarm.name,
        nodes=wanted,
        constraints=_constraints(service, wanted, swarm, inventory, where),
        publish=swarm.publish,
    )


def _constraints(
    service: str, wanted: tuple[str, ...], swarm: Swarm, inventory: Inventory, where: object
) -> tuple[str, ...]:
    """What keeps a service's tasks on the nodes that are wanted. Source: `docker service create --constraint`."""
    if set(wanted) == set(swarm.nodes):
        return ()
    if len(wanted) == 1:
        return (f"node.labels.{node_label('host', wanted[0])} == true",)
    for group in inventory.groups.values():
        if group.name != ALL and set(group.hosts) == set(wanted):
            return (f"node.labels.{node_label('group', group.name)} == true",)
    raise ConfigError(
        f'"{service}" is placed on {", ".join(wanted)} of the Swarm "{swarm.name}", which are no group',
        where=where,
        fix="Make them a group of the inventory, and place it on that; or on one of them, or on all.",
    )


def check_on_swarm(
    container: Container,
    compose: ComposeService,
    place: SwarmPlace,
    files: Collection[FileSpec],
    drivers: Callable[[str], str | None],
) -> None:
    """Raise ConfigError with everything that a service asks for and a Swarm cannot do.

    compose: what is left of the container's own. drivers: the driver of a named volume.
    """
    errors: list[PhloError] = []
    for name, what, fix in (*_unknown(compose), *_asked_in_vain(compose, place, drivers), *_files(files)):
        sentence = f'"{container.definition.name}" is placed on the Swarm "{place.swarm}", {what}'
        errors.append(ConfigError(sentence, where=container.merged.where(*([name] if name else [])), fix=fix))
    if errors:
        raise first_of(errors)


_Wrong = Iterator[tuple[str, str, str]]


def _unknown(compose: ComposeService) -> _Wrong:
    """The attribute, what is wrong with it, what to do."""
    plain = ComposeService(networks=compose.networks)
    for name in ComposeService.__dataclass_fields__:
        if name not in _HONOURED and getattr(compose, name) != getattr(plain, name):
            yield name, f"which does not know {name}", "Leave it out, or place the service on a host of its own."


def _asked_in_vain(compose: ComposeService, place: SwarmPlace, drivers: Callable[[str], str | None]) -> _Wrong:
    for port in compose.ports:
        if port.host_ip not in (None, "", "0.0.0.0"):  # noqa: S104 (compared with)
            what = f"which publishes on every address of a node, not on {port.host_ip} alone"
            fix = f"Publish it without an address ({port.published or ''}:{port.target}), or not at all."
            yield "ports", what, fix
        if port.published and "-" in port.published:
            yield "ports", "which does not choose a port out of a range", "Name one port."
    for attached in compose.networks:
        fixed = [key for key in ("ipv4_address", "ipv6_address", "mac_address") if getattr(attached, key)]
        if fixed or attached.link_local_ips or attached.gateway_priority:
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


def check_between(
    needs: Mapping[str, Collection[str]], places: Mapping[str, SwarmPlace | None], where: Callable[[str], str]
) -> None:
    """Raise ConfigError for services that need one another across the border of a Swarm."""
    errors: list[PhloError] = []
    for name in sorted(needs):
        for other in sorted(needs[name]):
            here, there = (places[one].swarm if places[one] else "" for one in (name, other))  # type: ignore[union-attr]
            if here != there:
                spots = [f'on the Swarm "{spot}"' if spot else "on a host" for spot in (here, there)]
                what = f'"{name}" is {spots[0]} and needs "{other}", which is {spots[1]}'
                fix = "Place both on the same side, or leave the dependency out and give the address yourself."
                errors.append(ConfigError(what, where=where(name), fix=fix))
    if errors:
        raise first_of(errors)


def without_swarm_warnings(warnings: Collection[str], containers: Collection[Container]) -> list[str]:
    """The warnings, without those of services on a Swarm about what only a Swarm can do."""
    honoured = {text for container in containers for text in container.compose.warnings if _TEXT_OF_WARNING in text}
    return [text for text in warnings if text not in honoured]
