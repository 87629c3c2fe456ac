"""How a network or a volume of the engine differs from what is asked for: one phrase for each difference."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Iterator, Mapping
from typing import Any

from phlo.labels import LABEL_CONFIG_HASH, LABEL_PROTECT, OWN_LABELS
from phlo.values import reveal_all

_FLAGS = (
    ("Internal", "internal", False),
    ("Attachable", "attachable", False),
    ("EnableIPv4", "enable_ipv4", True),
    ("EnableIPv6", "enable_ipv6", False),
)
_COMPOSE_LABELS = "com.docker.compose."


def options_hash(options: Mapping[str, Any]) -> str:
    """Two hashes, of the subnets and of the other options, which show that an option was taken out."""
    pools = options.get("IPAM")
    rest = {key: value for key, value in options.items() if key not in ("IPAM", "Labels")}
    return f"{_hash(pools)}-{_hash(rest)}"


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(reveal_all(value), sort_keys=True).encode()).hexdigest()[:16]


def network_differences(options: Mapping[str, Any], seen: Mapping[str, Any], *, is_ours: bool) -> tuple[str, ...]:
    """How a network differs. options: the body of NetworkCreate. seen: its inspect answer. is_ours: phlo made it.

    What is not asked for is the engine's choice, unless the network was made with other options than today's.
    """
    before = (seen.get("Labels") or {}).get(LABEL_CONFIG_HASH) or options_hash(options)
    pools_changed, is_changed = (
        part != today for part, today in zip(before.split("-"), options_hash(options).split("-"), strict=True)
    )
    causes: list[str] = []
    if "Driver" in options and options["Driver"] != seen.get("Driver"):
        causes.append(_phrase("driver", seen.get("Driver"), options["Driver"]))
    for key, name, default in _FLAGS:
        wanted, there = options.get(key, default if is_changed else None), seen.get(key, default)
        if wanted is not None and wanted != there:
            causes.append(_phrase(name, there, wanted))
    causes += _option_causes(options.get("Options") or {}, seen.get("Options") or {}, is_changed=is_changed)
    causes += _ipam_causes(options.get("IPAM") or {}, seen.get("IPAM") or {}, is_changed=pools_changed)
    if is_ours:
        causes += label_differences(options.get("Labels") or {}, seen.get("Labels") or {})
    return tuple(causes)


def label_differences(wanted: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """Changed labels, without those of phlo and Compose. Values may be secret, so that they are not shown."""
    own = {*OWN_LABELS, LABEL_PROTECT}
    names = sorted(name for name in {*wanted, *there} if name not in own and not name.startswith(_COMPOSE_LABELS))
    found = []
    for name in names:
        if wanted.get(name) != there.get(name):
            verb = "added" if name not in there else "removed" if name not in wanted else "changed"
            found.append(f"labels.{name} {verb}")
    return found


def _option_causes(wanted: Mapping[str, str], there: Mapping[str, str], *, is_changed: bool) -> Iterator[str]:
    # The engine adds options of its own, which are all below com.docker.network.
    removed = {name for name in there if is_changed and not name.startswith("com.docker.network.")}
    for name in sorted({*wanted, *removed}):
        if wanted.get(name) != there.get(name):
            yield _phrase(f"driver_opts.{name}", there.get(name), wanted.get(name))


def _ipam_causes(wanted: Mapping[str, Any], there: Mapping[str, Any], *, is_changed: bool) -> Iterator[str]:
    """The engine lists IPv4 pools first, in whatever order they were asked for, so that pools are found by subnet."""
    if wanted.get("Driver") and wanted["Driver"] != there.get("Driver"):
        yield _phrase("ipam.driver", there.get("Driver"), wanted["Driver"])
    for name, value in sorted((wanted.get("Options") or {}).items()):
        if (there.get("Options") or {}).get(name) != value:
            yield _phrase(f"ipam.options.{name}", (there.get("Options") or {}).get(name), value)
    left = list(there.get("Config") or ())
    for pool in wanted.get("Config") or ():
        match = _matching(pool, left)
        if match:
            left.remove(match)
        for key, value in pool.items():
            if _normal(match.get(key)) != _normal(value):
                yield _phrase(f"ipam.{key.lower()}", match.get(key), value)
    if is_changed and not wanted.get("Config") and left:
        yield _phrase("ipam.subnet", left[0].get("Subnet"), "one that the engine chooses")


def _matching(pool: Mapping[str, Any], pools: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The pool of the same subnet, else the first of the same kind of address, else an empty one."""
    subnet = _normal(pool.get("Subnet"))
    for found in pools:
        if subnet is None or _normal(found.get("Subnet")) == subnet:
            return found
    return next((found for found in pools if (":" in found.get("Subnet", "")) == (":" in str(subnet))), {})


def _normal(value: Any) -> Any:
    """An address or a subnet in the form that ipaddress gives it; a gateway without the length of its prefix."""
    if isinstance(value, Mapping):
        return {key: _normal(item) for key, item in value.items()}
    try:
        return str(ipaddress.ip_network(value, strict=False)) if "/" in value else str(ipaddress.ip_address(value))
    except (TypeError, ValueError):
        return value


def _phrase(name: str, there: Any, wanted: Any) -> str:
    return f"{name}: {_shown(there)} -> {_shown(wanted)}"


def _shown(value: Any) -> str:
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
