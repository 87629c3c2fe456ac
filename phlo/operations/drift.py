"""What makes a container other than it should be, each difference as a cause that a person can read.

Pure: compares the body that is asked for with the engine's inspect answer. What the image brings, and what engines
choose by themselves, is no difference. Values that may be secret (environment, labels, commands) are never shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from phlo.errors import OperationError
from phlo.operations.container_facts import Fact, container_facts

if TYPE_CHECKING:
    from phlo.operations.container.args import NetworkAttachment

# What an engine's own configuration supplies when nothing is asked for. Nobody can change these on a container that
# exists, so that they are compared with the usual defaults only once the configuration has changed.
_SUPPLIED = ("shm_size", "runtime", "ipc", "cgroup", "logging", "ulimits", "annotations")

# What an engine leaves out, with a warning, where its kernel cannot do it.
_DROPPED = (
    "memory limit",
    "memory reservation",
    "mem_swappiness",
    "memswap_limit",
    "oom_kill_disable",
    "blkio_config",
    "cpu_rt_period",
    "cpu_rt_runtime",
    "pids limit",
    "cpuset",
)

_UNSET = {"restart": "no", "hostname": "the container's id", "memswap_limit": "twice the memory limit"}
_OF_OTHERS = ("network_mode", "ipc", "pid")
_NO_NETWORK = ("bridge", "host", "none")
_LIST_FIELDS = (("Aliases", "aliases"), ("Links", "links"))
_ADDRESS_FIELDS = (("IPv4Address", "ipv4_address"), ("IPv6Address", "ipv6_address"))

# What an engine must be newer for than API 1.41.
START_INTERVAL_API = (1, 44)
ANNOTATIONS_API = (1, 43)
SUBPATH_API = (1, 45)
MAC_ADDRESS_API = (1, 44)
GATEWAY_PRIORITY_API = (1, 48)

_NEWER = (("healthcheck.start_interval", START_INTERVAL_API), ("annotations.", ANNOTATIONS_API))


def differences(
    body: Mapping[str, Any],
    networks: Sequence[NetworkAttachment],
    image_config: Mapping[str, Any],
    inspected: Mapping[str, Any],
    *,
    is_reconfigured: bool = False,
    api: tuple[int, int] = (1, 41),
    container_ids: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """How a container differs from what is asked for; () when it does not.

    body:            ContainerCreate's body, Secrets revealed.
    networks:        the networks it should be on.
    image_config:    `Config` of the image's inspect answer.
    inspected:       the container's inspect answer.
    is_reconfigured: True when the configuration is known to have changed since the container was made: then what is
                     no longer asked for is compared with what engines usually take.
    api:             the engine's API version; what it does not know is not missed.
    container_ids:   name -> id of other containers, for `network_mode: service:x` and its like. One that is not
                     here is taken to be right.
    """
    wanted = container_facts(_with_image(body, image_config), body.get("HostConfig") or {})
    there = container_facts(inspected["Config"], inspected["HostConfig"])
    unknown = [term for term, since in _NEWER if api < since]
    wanted = {term: fact for term, fact in wanted.items() if not term.startswith(tuple(unknown))}
    _settle_hostname(wanted, there, inspected["Id"])
    _settle_others(wanted, there, container_ids or {})
    found = _causes(wanted, there, is_reconfigured)
    return (*found, *_network_causes(body, networks, inspected, is_reconfigured, api))


def unsupported(
    body: Mapping[str, Any], networks: Sequence[NetworkAttachment], api: tuple[int, int]
) -> tuple[str, ...]:
    """What an engine of this API version does not know and leaves out, a phrase each.

    Raises OperationError where leaving it out would be worse than nothing.
    """
    for mount in (body.get("HostConfig") or {}).get("Mounts") or ():
        if api < SUBPATH_API and (mount.get("VolumeOptions") or {}).get("Subpath"):
            raise OperationError(
                f"the subpath of the volume at {mount['Target']} needs a Docker engine with API {_dotted(SUBPATH_API)}",
                fix="Update Docker on the host, or mount the whole volume.",
            )
    endpoints = [network.endpoint for network in networks]
    asked = (
        ("healthcheck.start_interval", START_INTERVAL_API, (body.get("Healthcheck") or {}).get("StartInterval")),
        ("annotations", ANNOTATIONS_API, (body.get("HostConfig") or {}).get("Annotations")),
        ("mac_address of a further network", MAC_ADDRESS_API, any("MacAddress" in item for item in endpoints[1:])),
        ("gateway_priority", GATEWAY_PRIORITY_API, any("GwPriority" in item for item in endpoints)),
    )
    return tuple(
        f"{name} needs a Docker engine with API {_dotted(since)}"
        for name, since, is_asked in asked
        if is_asked and api < since
    )


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


# -- what is asked for, with what the image brings -----------------------------------------------------


def _with_image(body: Mapping[str, Any], image: Mapping[str, Any]) -> dict[str, Any]:
    """The body as the engine completes it from the image (moby, daemon/commit.go, `merge`)."""
    whole = dict(body)
    for key in ("User", "WorkingDir", "StopSignal"):
        whole[key] = body.get(key) or image.get(key)
    for key in ("Labels", "ExposedPorts", "Volumes"):
        whole[key] = {**(image.get(key) or {}), **(body.get(key) or {})}
    variables = dict(entry.partition("=")[::2] for entry in (*(image.get("Env") or ()), *(body.get("Env") or ())))
    whole["Env"] = [f"{name}={value}" for name, value in variables.items()]
    if not body.get("Entrypoint"):
        whole["Entrypoint"] = image.get("Entrypoint")
        whole["Cmd"] = body.get("Cmd") or image.get("Cmd")
    check = {key: value for key, value in (body.get("Healthcheck") or {}).items() if value}
    whole["Healthcheck"] = {**(image.get("Healthcheck") or {}), **check}
    return whole


def _settle_hostname(wanted: dict[str, Fact], there: dict[str, Fact], identity: str) -> None:
    """A host name that nobody asked for is the container's id, or that of whose network it shares."""
    shares = there.get("network_mode", Fact("")).value.startswith(("host", "container:")) or "uts" in there
    if "hostname" not in wanted and (shares or there.get("hostname", Fact("")).value == identity[:12]):
        there.pop("hostname", None)
    # From API 1.44 on the MAC address stands with the network only.
    if "mac_address" not in there:
        wanted.pop("mac_address", None)


def _settle_others(wanted: dict[str, Fact], there: dict[str, Fact], container_ids: Mapping[str, str]) -> None:
    """`container:NAME` is asked for, and the engine notes `container:ID`."""
    for term in _OF_OTHERS:
        asked, found = (str(facts.get(term, Fact("")).value) for facts in (wanted, there))
        name = asked.removeprefix("container:")
        if asked == name or not found.startswith("container:"):
            continue
        identity = container_ids.get(name, found.removeprefix("container:"))
        wanted[term] = Fact(f"container:{identity}", asked)


# -- causes ------------------------------------------------------------------------------------------------


def _causes(wanted: Mapping[str, Fact], there: Mapping[str, Fact], is_reconfigured: bool) -> list[str]:
    pairs = [(term, wanted.get(term), there.get(term)) for term in sorted({*wanted, *there})]
    return [
        phrase(term, asked, found)
        for term, asked, found in pairs
        if not (asked and found and asked.value == found.value)
        and not _is_the_engines(term, asked, found, is_reconfigured)
    ]


def _is_the_engines(term: str, wanted: Fact | None, there: Fact | None, is_reconfigured: bool) -> bool:
    """Whether a difference is the engine's doing, and not that of a person."""
    if there is not None and there.value == -1 and (wanted is None or term == "memswap_limit"):
        return True  # no limit: none is asked for, or the kernel does not count swap
    if wanted is None and term == "cgroup":
        return True  # the default depends on the kernel
    if is_reconfigured:
        return False
    if wanted is None:
        return term.startswith(_SUPPLIED)
    return there is None and term.startswith(_DROPPED)


def phrase(term: str, wanted: Fact | None, there: Fact | None) -> str:
    """A difference as a cause; values that may be secret are not shown."""
    if term.startswith("ports."):
        return _port_phrase(term.removeprefix("ports."), wanted, there)
    shown = (wanted or there or Fact()).text
    if shown is None or term.startswith(("mounts.", "tmpfs.", "devices.")):
        if there is None or wanted is None:
            return f"{term} {'added' if there is None else 'removed'}"
        if shown is None:
            return f"{term} changed"
    unset = _UNSET.get(term, "none")
    return f"{term}: {there.text if there else unset} -> {wanted.text if wanted else unset}"


def _port_phrase(port: str, wanted: Fact | None, there: Fact | None) -> str:
    if wanted is None:
        return f"ports: {port} no longer published on {(there or Fact()).text}"
    return f"ports: {port} published on {wanted.text}, was {there.text if there else 'not published'}"


# -- networks ----------------------------------------------------------------------------------------------


def _network_causes(
    body: Mapping[str, Any],
    networks: Sequence[NetworkAttachment],
    inspected: Mapping[str, Any],
    is_reconfigured: bool,
    api: tuple[int, int],
) -> list[str]:
    attached: Mapping[str, Any] = inspected["NetworkSettings"].get("Networks") or {}
    known = {network.name for network in networks} | {(body.get("HostConfig") or {}).get("NetworkMode")}
    causes = []
    for index, network in enumerate(networks):
        if network.name not in attached:
            causes.append(f"network {network.name} {'added' if is_reconfigured else 'disconnected'}")
            continue
        newest = {"GwPriority": GATEWAY_PRIORITY_API, "MacAddress": (0, 0) if index == 0 else MAC_ADDRESS_API}
        endpoint = {key: value for key, value in network.endpoint.items() if api >= newest.get(key, (0, 0))}
        wanted = dict(_endpoint_facts(network.name, endpoint, endpoint))
        there = dict(_endpoint_facts(network.name, attached[network.name], endpoint, own=_own_aliases(inspected)))
        causes += _causes(wanted, there, is_reconfigured)
    for name in sorted(set(attached) - known - set(_NO_NETWORK)):
        causes.append(f"network {name} {'removed' if is_reconfigured else 'connected by hand'}")
    return causes


def _own_aliases(inspected: Mapping[str, Any]) -> tuple[str, ...]:
    """The names that engines give a container on every network: the beginning of its id, its host name."""
    return inspected["Id"][:12], inspected["Config"].get("Hostname") or ""


def _endpoint_facts(
    network: str, endpoint: Mapping[str, Any], asked: Mapping[str, Any], own: Sequence[str] = ()
) -> Iterator[tuple[str, Fact]]:
    """The facts of one attachment. asked: what is asked for; only there the engine's own choices count.

    own: aliases that the engine adds by itself.
    """
    for key, term in _LIST_FIELDS:
        for item in endpoint.get(key) or ():
            if item not in own or item in (asked.get(key) or ()):
                yield f"networks.{network}.{term}.{item}", Fact()
    addresses = endpoint.get("IPAMConfig") or {}
    for key, term in _ADDRESS_FIELDS:
        if addresses.get(key):
            yield f"networks.{network}.{term}", Fact(addresses[key], addresses[key])
    for item in addresses.get("LinkLocalIPs") or ():
        yield f"networks.{network}.link_local_ips.{item}", Fact()
    if endpoint.get("MacAddress") and "MacAddress" in asked:
        yield f"networks.{network}.mac_address", Fact(endpoint["MacAddress"], endpoint["MacAddress"])
    if endpoint.get("GwPriority"):
        yield f"networks.{network}.gateway_priority", Fact(endpoint["GwPriority"], str(endpoint["GwPriority"]))
    for name, value in (endpoint.get("DriverOpts") or {}).items():
        if name in (asked.get("DriverOpts") or {}):
            yield f"networks.{network}.driver_opts.{name}", Fact(value, value)
