"""What attributes of one service contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.compose.kernel import check_least, check_namespaces
from phlo.compose.reading import At
from phlo.labels import OWN_LABELS

_ONE = "Keep one of the two."


def check(values: Mapping[str, Any], at: At) -> None:
    """Add an error for every contradiction, and a warning for what is not as it looks.

    values: the fields of a ComposeService, those not given left out.
    """
    _check_network_mode(values, at)
    _check_memory(values, at)
    check_least(values, at)
    check_namespaces(values, at)
    _check_mounts(values, at)
    if values.get("cpus") and (values.get("cpu_quota") or values.get("cpu_period")):
        at.errors.append(at["cpus"].error('"cpus" and "cpu_quota" or "cpu_period" contradict each other', _ONE))
    if values.get("container_name") and (values.get("scale") or 1) > 1:
        what = f"a fixed name allows one container, and {values['scale']} are asked for"
        at.errors.append(at["container_name"].error(what, "Take out container_name."))
    if values.get("command") == () and not values.get("entrypoint"):
        at["command"].warn("is empty, for which engines take the image's command; clear it with an entrypoint")
    for key in values["labels"]:
        if key in OWN_LABELS:
            at.errors.append(at["labels"][key].error("is a label that phlo itself sets", "Choose another name."))


def _check_network_mode(values: Mapping[str, Any], at: At) -> None:
    mode = values.get("network_mode")
    if mode is None:
        return
    if values.get("networks"):
        what = '"network_mode" and "networks" contradict each other'
        at.errors.append(at["network_mode"].error(what, _ONE))
    is_borrowed = mode.startswith(("service:", "container:"))
    meaningless = ["ports", "links", "mac_address"] if is_borrowed or mode in ("host", "none") else []
    if is_borrowed:
        meaningless += ["hostname", "dns", "extra_hosts", "expose"]
        if values.get("domainname"):
            at["domainname"].warn(f"has no effect with network_mode: {mode}; the other container's counts")
    for name in meaningless:
        if values.get(name):
            what = f'has no meaning with "network_mode: {mode}"'
            at.errors.append(at[name].error(what, f"Take out {name} or network_mode."))


def _check_memory(values: Mapping[str, Any], at: At) -> None:
    limit, swap = values.get("mem_limit") or 0, values.get("memswap_limit") or 0
    if swap > 0 and not limit:
        at.errors.append(at["memswap_limit"].error("needs mem_limit, which it is the total of", "Give mem_limit too."))
    elif 0 < swap < limit:
        at.errors.append(at["memswap_limit"].error("is memory and swap together, so not below mem_limit"))
    if limit and (values.get("mem_reservation") or 0) > limit:
        at.errors.append(at["mem_reservation"].error("should not be above mem_limit"))


def _check_mounts(values: Mapping[str, Any], at: At) -> None:
    for mount in values.get("volumes", ()):
        if mount.target in values.get("tmpfs", {}):
            at.errors.append(at["tmpfs"].error(f"{mount.target} is mounted by volumes, too", _ONE))
