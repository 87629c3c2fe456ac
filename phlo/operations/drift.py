"""What makes a container other than it should be, each difference as a cause that a person can read.

Pure: compares the body that is asked for with the engine's inspect answer. What the image brings, and what engines
choose automatically, is no difference. Values that may be secret (environment, labels, commands) are never shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from phlo.compose.attributes import ENGINE
from phlo.compose.engine.fact import Fact
from phlo.compose.networks import INTERFACE_OPTION
from phlo.errors import OperationError
from phlo.operations.container_facts import container_facts

if TYPE_CHECKING:
    from phlo.compose.engine.column import Engine, Version
    from phlo.operations.container.args import NetworkAttachment

_OF_OTHERS = ("network_mode", "ipc", "pid")
_NO_NETWORK = ("bridge", "host", "none")
_BRIDGE = Fact("bridge", "bridge", "network_mode")  # which stands for no mode at all
_LIST_FIELDS = (("Aliases", "aliases"), ("Links", "links"))
_ADDRESS_FIELDS = (("IPv4Address", "ipv4_address"), ("IPv6Address", "ipv6_address"))

_MAC_ADDRESS = "mac_address of a further network"


def differences(
    body: Mapping[str, Any],
    networks: Sequence[NetworkAttachment],
    image_config: Mapping[str, Any],
    inspected: Mapping[str, Any],
    *,
    is_reconfigured: bool = False,
    changed: Collection[str] | None = None,
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
    changed:         the attributes that changed then; None when that is not known.
    api:             the engine's API version; what it does not know is not missed.
    container_ids:   name -> id of other containers, for `network_mode: service:x` and its like. One that is not
                     here is taken to be right.
    """
    wanted = container_facts(_with_image(body, image_config), body.get("HostConfig") or {})
    there = container_facts(inspected["Config"], inspected["HostConfig"])
    wanted = {term: fact for term, fact in wanted.items() if api >= _since(term, fact)}
    _settle_hostname(wanted, there, inspected["Id"])
    _settle_others(wanted, there, container_ids or {})
    attached = inspected["NetworkSettings"].get("Networks") or {}
    is_other_mode = _settle_network_mode(wanted, there, {network.name for network in networks}, attached)
    found = _causes(wanted, there, is_reconfigured, changed)
    joined = _network_causes(body, networks, inspected, is_reconfigured, api)
    if is_other_mode:  # which says that the container joins or leaves networks
        joined = [cause for cause in joined if cause.startswith("networks.")]
    if any(cause.startswith("mac_address:") for cause in found):  # the address on the first network
        same = tuple(f"networks.{network.name}.mac_address:" for network in networks[:1])
        joined = [cause for cause in joined if not cause.startswith(same)]
    return (*found, *joined)


def unsupported(
    body: Mapping[str, Any], networks: Sequence[NetworkAttachment], api: tuple[int, int]
) -> tuple[str, ...]:
    """What an engine of this API version does not know and leaves out, a phrase each.

    Raises OperationError where leaving it out would be worse than nothing.
    """
    for mount in (body.get("HostConfig") or {}).get("Mounts") or ():
        _check_mount(mount, api)
    facts = container_facts(body, body.get("HostConfig") or {}).items()
    asked = {(term if term in _parts(fact) else fact.attribute): _since(term, fact) for term, fact in facts}
    endpoints = [network.endpoint for network in networks]
    if any("MacAddress" in endpoint for endpoint in endpoints[1:]):
        asked[_MAC_ADDRESS] = _part_since("networks", _MAC_ADDRESS)
    if any("GwPriority" in endpoint for endpoint in endpoints):
        asked["gw_priority"] = _part_since("networks", "gw_priority")
    if any(INTERFACE_OPTION in (endpoint.get("DriverOpts") or {}) for endpoint in endpoints):
        asked["interface_name"] = _part_since("networks", "interface_name")
    return tuple(
        f"{name} needs a Docker engine with API {_dotted(since)}" for name, since in asked.items() if api < since
    )


def _check_mount(mount: Mapping[str, Any], api: Version) -> None:
    """Raise OperationError for a mount that an engine of this API version cannot make as it is asked for."""
    bind, target = mount.get("BindOptions") or {}, mount["Target"]
    has_subpath = (mount.get("VolumeOptions") or {}).get("Subpath")
    is_read_only_below = bind.get("ReadOnlyNonRecursive") or bind.get("ReadOnlyForceRecursive")
    for needs, part, what, fix in (
        (has_subpath, "subpath", f"the subpath of the volume at {target}", "mount the whole volume"),
        (mount["Type"] == "image", "image", f"the image mounted at {target}", "copy the files into the image"),
        (is_read_only_below, "bind.recursive", f"bind.recursive of the mount at {target}", "take recursive out"),
    ):
        since = _part_since("volumes", part)
        if needs and api < since:
            raise OperationError(
                f"{what} needs a Docker engine with API {_dotted(since)}", fix=f"Update Docker on the host, or {fix}."
            )


def _row(fact: Fact | None) -> Engine | None:
    return ENGINE.get(fact.attribute) if fact else None


def _parts(fact: Fact) -> dict[str, Version]:
    """The terms of an attribute that only newer engines know."""
    row = _row(fact)
    return {f"{row.term or fact.attribute}.{part}": since for part, since in row.parts_since.items()} if row else {}


def _since(term: str, fact: Fact) -> Version:
    """The first API version that has what a fact is about."""
    row = _row(fact)
    return _parts(fact).get(term, row.since if row else (0, 0))


def _part_since(attribute: str, part: str) -> Version:
    return ENGINE[attribute].parts_since[part]


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
    variables = {str(entry).partition("=")[0]: entry for entry in (*(image.get("Env") or ()), *(body.get("Env") or ()))}
    whole["Env"] = list(variables.values())
    if not body.get("Entrypoint"):
        if body.get("Entrypoint") is None:  # an empty list clears the image's
            whole["Entrypoint"] = image.get("Entrypoint")
        whole["Cmd"] = body.get("Cmd") or image.get("Cmd")
    check = {key: value for key, value in (body.get("Healthcheck") or {}).items() if value}
    whole["Healthcheck"] = {**(image.get("Healthcheck") or {}), **check}
    return whole


def _settle_hostname(wanted: dict[str, Fact], there: dict[str, Fact], identity: str) -> None:
    """A host name that nobody asked for is the container's id, or that of whose network it shares."""
    shares = there.get("network_mode", Fact("")).value.startswith(("host", "container:")) or "uts" in there
    if there.get("hostname", Fact("")).value == identity[:12] or (shares and "hostname" not in wanted):
        there.pop("hostname", None)
    # In another container's network the engine takes that one's names, and refuses or ignores others.
    if there.get("network_mode", Fact("")).value.startswith("container:"):
        for facts in (wanted, there):
            for term in ("hostname", "domainname"):
                facts.pop(term, None)
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
        wanted[term] = Fact(f"container:{identity}", asked, wanted[term].attribute)


def _settle_network_mode(
    wanted: dict[str, Fact], there: dict[str, Fact], networks: Collection[str], attached: Collection[str]
) -> bool:
    """Whether one of the two is on networks and the other has a mode instead.

    A container on networks has the first of them as its mode, which nobody asked for.
    """
    asked, found = wanted.get("network_mode", _BRIDGE), there.get("network_mode", _BRIDGE)
    if asked.value == found.value:
        return False
    wanted["network_mode"], there["network_mode"] = asked, found
    modes = [facts for facts in (wanted, there) if _is_mode(facts["network_mode"], networks)]
    for facts in (wanted, there):
        if facts not in modes:
            del facts["network_mode"]
    if not modes and found.value in networks and asked.value in attached:  # it stays on both
        wanted["networks.first"], there["networks.first"] = asked, found
    return len(modes) == 1


def _is_mode(fact: Fact, networks: Collection[str]) -> bool:
    """Whether it is one of the modes that can be asked for, and no name of a network."""
    mode = str(fact.value)
    return mode not in networks and (mode in _NO_NETWORK or mode.startswith("container:"))


# -- causes ------------------------------------------------------------------------------------------------


def _causes(
    wanted: Mapping[str, Fact],
    there: Mapping[str, Fact],
    is_reconfigured: bool,
    changed: Collection[str] | None = None,
) -> list[str]:
    pairs = [(term, wanted.get(term), there.get(term)) for term in sorted({*wanted, *there})]
    return [
        phrase(term, asked, found)
        for term, asked, found in pairs
        if not (asked and found and asked.value == found.value)
        and not _is_the_engines(term, asked, found, is_reconfigured, changed)
    ]


def _is_the_engines(
    term: str, wanted: Fact | None, there: Fact | None, is_reconfigured: bool, changed: Collection[str] | None
) -> bool:
    """Whether a difference is the engine's doing, and not that of a person."""
    if there is not None and there.value == -1 and (wanted is None or term == "memswap_limit"):
        return True  # no limit: none is asked for, or the kernel does not count swap
    if wanted is None and term == "cgroup":
        return True  # the default depends on the kernel
    row = _row(wanted or there)
    is_same = changed is not None and (wanted or there or Fact()).attribute not in changed
    if row is None or (is_reconfigured and not is_same):
        return False
    return row.is_supplied if wanted is None else there is None and row.is_optional


def phrase(term: str, wanted: Fact | None, there: Fact | None) -> str:
    """A difference as a cause; values that may be secret are not shown."""
    if term.startswith("ports."):
        return _port_phrase(term.removeprefix("ports."), wanted, there)
    row = _row(wanted or there)
    is_hidden = any(fact and fact.text is None for fact in (wanted, there))
    if is_hidden or (row and row.has_items):
        if there is None or wanted is None:
            return f"{term} {'added' if there is None else 'removed'}"
        if is_hidden:
            return f"{term} changed"
    unset = row.unset if row else "none"
    if unset in (fact.text for fact in (wanted, there) if fact):  # a value that is called so, as `network_mode: none`
        unset = "not set"
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
        newest = {
            "GwPriority": _part_since("networks", "gw_priority"),
            "MacAddress": (0, 0) if index == 0 else _part_since("networks", _MAC_ADDRESS),
        }
        endpoint = {key: value for key, value in network.endpoint.items() if api >= newest.get(key, (0, 0))}
        wanted = dict(_endpoint_facts(network.name, endpoint, endpoint))
        there = dict(_endpoint_facts(network.name, attached[network.name], endpoint, own=_own_aliases(inspected)))
        causes += _causes(wanted, there, is_reconfigured)
    for name in sorted(set(attached) - known - set(_NO_NETWORK)):
        causes.append(f"network {name} {'removed' if is_reconfigured else 'connected by hand'}")
    return causes


def _own_aliases(inspected: Mapping[str, Any]) -> tuple[str, ...]:
    """The names that a container has on every network: the beginning of its id, its host name, its own name."""
    return inspected["Id"][:12], inspected["Config"].get("Hostname") or "", inspected.get("Name", "").lstrip("/")


def _endpoint_facts(
    network: str, endpoint: Mapping[str, Any], asked: Mapping[str, Any], own: Sequence[str] = ()
) -> Iterator[tuple[str, Fact]]:
    """The facts of one attachment. asked: what is asked for; only there the engine's own choices count.

    own: aliases that the engine adds automatically.
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
        yield f"networks.{network}.gw_priority", Fact(endpoint["GwPriority"], str(endpoint["GwPriority"]))
    for name, value in (endpoint.get("DriverOpts") or {}).items():
        if name in (asked.get("DriverOpts") or {}):
            yield f"networks.{network}.driver_opts.{name}", Fact(value, value)
