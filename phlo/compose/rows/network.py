"""Names, addresses and ports."""

from __future__ import annotations

from phlo.compose import networks, ports
from phlo.compose.attribute import Attribute, Merge, Override, Swarm
from phlo.compose.engine import fact
from phlo.compose.engine import network as engine
from phlo.compose.engine.column import Engine, setting
from phlo.compose.loose import LIST, PAIRS, TEXT, TEXTS
from phlo.compose.reading import once, sorted_once
from phlo.compose.scalars import optional, texts

ROWS: dict[str, Attribute] = {
    "hostname": Attribute(
        loose=TEXT,
        description="The host name inside the container.",
        read=optional(networks.host_name),
        engine=setting("Hostname", fact.TEXT, unset="the container's id"),
        swarm_path="ContainerSpec.Hostname",
    ),
    "domainname": Attribute(
        loose=TEXT,
        description="The domain name inside the container.",
        read=optional(networks.host_name),
        engine=setting("Domainname", fact.TEXT),
    ),
    "ports": Attribute(
        loose=LIST,
        description="Ports of the container that are published on the host. Replaces the role's list.",
        read=ports.ports,
        merge=Merge(identity=ports.identity),
        finish=ports.checked,
        engine=setting("HostConfig.PortBindings", engine.port_facts, write=engine.bindings),
        swarm=Swarm.HONOURED,
    ),
    "expose": Attribute(
        loose=LIST,
        description="Ports that the container listens on, for the record: nothing is published.",
        read=ports.exposed,
        finish=once,
        engine=setting(
            "ExposedPorts", engine.expose_facts, also_reads=("HostConfig.PortBindings",), write=engine.exposed
        ),
        swarm=Swarm.BY_PHLO,
    ),
    "networks": Attribute(
        loose=PAIRS,
        description="The networks that the containers join, and their names and addresses there.",
        read=networks.networks,
        merge=Merge(override=Override.REPLACED_BY_LIST),
        finish=networks.service_networks,
        engine=Engine(
            paths=(),
            facts=engine.no_facts,
            write=engine.nothing,
            parts_since={
                "mac_address of a further network": (1, 44),
                "gw_priority": (1, 48),
                "interface_name": (1, 49),
            },
        ),
        swarm=Swarm.HONOURED,
    ),
    "network_mode": Attribute(
        loose=TEXT,
        description="The network of the host, of another container or none, instead of networks.",
        read=optional(networks.network_mode),
        engine=setting(
            "HostConfig.NetworkMode", fact.unless("default", "bridge"), write=engine.network_mode, unset="not set"
        ),
    ),
    "mac_address": Attribute(
        loose=TEXT,
        description="The MAC address on the first network.",
        read=optional(networks.mac_address),
        engine=setting("MacAddress", fact.TEXT, write=engine.mac_address),
    ),
    "links": Attribute(
        loose=LIST,
        description="Other services, reachable by further names.",
        read=networks.links,
    ),
    "external_links": Attribute(
        loose=LIST,
        description="Containers of no project, reachable by further names.",
        read=networks.external_links,
    ),
    "extra_hosts": Attribute(
        loose=PAIRS,
        description="Further names and addresses for `/etc/hosts`. Added to the role's.",
        read=networks.extra_hosts,
        merge=Merge(override=Override.APPENDED),
        finish=sorted_once,
        engine=setting("HostConfig.ExtraHosts", engine.host_facts, has_items=True),
        swarm=Swarm.HONOURED,
    ),
    "dns": Attribute(
        loose=TEXTS,
        description="The name servers.",
        read=networks.name_servers,
        engine=setting("HostConfig.Dns", fact.LISTED),
        swarm_path="ContainerSpec.DNSConfig.Nameservers",
    ),
    "dns_search": Attribute(
        loose=TEXTS,
        description="The domains in which names are searched.",
        read=texts,
        engine=setting("HostConfig.DnsSearch", fact.LISTED),
        swarm_path="ContainerSpec.DNSConfig.Search",
    ),
    "dns_opt": Attribute(
        loose=LIST,
        description="Options of the resolver.",
        read=texts,
        engine=setting("HostConfig.DnsOptions", fact.LISTED),
        swarm_path="ContainerSpec.DNSConfig.Options",
    ),
}
