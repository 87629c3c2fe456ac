"""Facts of a host's network, in Ansible's names and forms, out of what `ip` and /sys/class/net say."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

_PROMISCUOUS = 0x100  # IFF_PROMISC of netdevice(7)


def network_facts(found: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Interfaces, addresses, default routes and name servers."""
    links = dict(_links(found["links"]))
    fours: list[str] = []
    sixes: list[str] = []
    for name, family, address in _addresses(found["addresses"]):
        link = links.setdefault(name, {"device": name})
        if family == "inet6":
            link.setdefault("ipv6", []).append(address)
            sixes += [address["address"]] if address["address"] != "::1" else []
            continue
        if "ipv4" in link:
            link.setdefault("ipv4_secondaries", []).append(address)
        else:
            link["ipv4"] = address
        fours += [address["address"]] if not address["address"].startswith("127.") else []
    yield "interfaces", list(links)
    yield from ((name.replace("-", "_").replace(".", "_"), link) for name, link in links.items())
    yield "all_ipv4_addresses", fours
    yield "all_ipv6_addresses", sixes
    yield from _defaults(found["routes"], links)
    yield "dns", _name_servers(found["dns"])


def _links(printed: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in printed.splitlines():
        name, kind, mtu, state, flags, address = (*line.split(), "")[:6]
        link: dict[str, Any] = {"device": name, "type": kind, "mtu": int(mtu)}
        link["active"] = state == "up" or kind == "loopback"
        link["promisc"] = bool(int(flags, 16) & _PROMISCUOUS)
        if address and kind != "loopback":
            link["macaddress"] = address
        yield name, link


def _addresses(printed: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Lines as `2: eth0    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0`."""
    for line in printed.splitlines():
        words = line.split()
        if len(words) < 4 or words[2] not in ("inet", "inet6"):
            continue
        name, family, given = words[1].rstrip(":").partition("@")[0], words[2], words[3]
        options = dict(zip(words[4::2], words[5::2], strict=False))
        network = ipaddress.ip_interface(given)
        prefix = str(network.network.prefixlen)
        if family == "inet6":
            yield name, family, {"address": str(network.ip), "prefix": prefix, "scope": options.get("scope", "")}
            continue
        yield (
            name,
            family,
            {
                "address": str(network.ip),
                "broadcast": options.get("brd", ""),
                "netmask": str(network.netmask),
                "network": str(network.network.network_address),
                "prefix": prefix,
            },
        )


def _defaults(printed: str, links: Mapping[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The interface and the address of each default route; nothing without one."""
    found: dict[str, dict[str, Any]] = {"default_ipv4": {}, "default_ipv6": {}}
    for line in printed.splitlines():
        name = "default_ipv6" if line.startswith("6 ") else "default_ipv4"
        words = line.removeprefix("6 ").split()[1:]
        options = dict(zip(words[::2], words[1::2], strict=False))
        link = links.get(options.get("dev", ""))
        if found[name] or link is None:
            continue
        route = {"interface": link["device"], "gateway": options.get("via", "")}
        about: dict[str, Any] = {key: link[key] for key in ("macaddress", "mtu", "type") if key in link}
        if name == "default_ipv4":
            found[name] = {**route, **link.get("ipv4", {}), **about, "alias": link["device"]}
        else:
            usable = [one for one in link.get("ipv6", []) if one["scope"] == "global"]
            found[name] = {**route, **(usable[0] if usable else {}), **about}
    yield from found.items()


def _name_servers(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in text.splitlines():
        key, *words = line.split("#", 1)[0].split() or [""]
        if key == "nameserver":
            found.setdefault("nameservers", []).extend(words[:1])
        elif key in ("search", "domain") and words:
            found[key] = words if key == "search" else words[0]
        elif key == "options":
            found["options"] = {
                name: value if sign else True for name, sign, value in (w.partition(":") for w in words)
            }
    return found
