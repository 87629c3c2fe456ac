from __future__ import annotations

from typing import Any

import pytest

from phlo.labels import LABEL_CONFIG_HASH
from phlo.operations.resource_drift import label_differences, network_differences, options_hash

OURS = {"phlo.project": "lake"}
V4, V6 = {"Subnet": "10.0.0.0/24", "Gateway": "10.0.0.1"}, {"Subnet": "2001:db8::/64", "Gateway": "2001:db8::1"}


def seen(options: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """An inspect answer. options: those that the network was made with, None when phlo did not note them."""
    made = {LABEL_CONFIG_HASH: options_hash(options)} if options is not None else {}
    labels = {**OURS, **made, **fields.pop("Labels", {})}
    return {"Driver": "bridge", "Internal": False, "EnableIPv6": False, "Labels": labels, **fields}


@pytest.mark.parametrize(
    ("options", "there", "causes"),
    [
        ({}, seen(), ()),
        ({"Driver": "macvlan"}, seen(), ("driver: bridge -> macvlan",)),
        ({"Internal": True}, seen(), ("internal: false -> true",)),
        ({"EnableIPv4": False}, seen(), ("enable_ipv4: true -> false",)),
        ({}, seen(Internal=True), ()),
        ({}, seen({"Internal": True}, Internal=True), ("internal: true -> false",)),
        ({"Attachable": True}, seen(Attachable=True), ()),
        ({}, seen({}, EnableIPv6=True), ()),  # the engine's own default
        ({"Options": {"a": "1"}}, seen(Options={"a": "2", "b": "3"}), ("driver_opts.a: 2 -> 1",)),
        ({"Options": {"a": "1"}}, seen(), ("driver_opts.a: none -> 1",)),
        ({}, seen({"Options": {"b": "3"}}, Options={"b": "3"}), ("driver_opts.b: 3 -> none",)),
        ({}, seen({"x": 1}, Options={"com.docker.network.enable_ipv4": "true"}), ()),
        ({"IPAM": {"Config": [V6, V4]}}, seen(IPAM={"Config": [V4, V6]}), ()),
        ({"IPAM": {"Config": [{"Subnet": "2001:DB8:0::/64"}]}}, seen(IPAM={"Config": [V4, V6]}), ()),
        (
            {"IPAM": {"Config": [{"Subnet": "10.0.1.0/24"}]}},
            seen(IPAM={"Config": [V4]}),
            ("ipam.subnet: 10.0.0.0/24 -> 10.0.1.0/24",),
        ),
        (
            {"IPAM": {"Config": [{"Subnet": "10.0.0.0/24", "Gateway": "10.0.0.9"}]}},
            seen(IPAM={"Config": [V4]}),
            ("ipam.gateway: 10.0.0.1 -> 10.0.0.9",),
        ),
        (
            {"IPAM": {"Config": [V6]}},
            seen(IPAM={"Config": [V4]}),
            ("ipam.subnet: none -> 2001:db8::/64", "ipam.gateway: none -> 2001:db8::1"),
        ),
        ({"Internal": True}, seen({}, IPAM={"Config": [V4]}), ("internal: false -> true",)),
        ({"IPAM": {"Driver": "x"}}, seen(IPAM={"Driver": "default"}), ("ipam.driver: default -> x",)),
        ({"IPAM": {"Options": {"a": "1"}}}, seen(IPAM={"Options": None}), ("ipam.options.a: none -> 1",)),
        (
            {},
            seen({"IPAM": {}}, IPAM={"Config": [V4]}),
            ("ipam.subnet: 10.0.0.0/24 -> one that the engine chooses",),
        ),
        ({"Labels": {"a": "1"}}, seen(Labels={"a": "1"}), ()),
        (
            {"Labels": {"a": "1", "b": "1"}},
            seen(Labels={"a": "2", "c": "1", "com.docker.compose.network": "x"}),
            ("labels.a changed", "labels.b added", "labels.c removed"),
        ),
    ],
)
def test_each_difference_of_a_network_is_named(
    options: dict[str, Any], there: dict[str, Any], causes: tuple[str, ...]
) -> None:
    assert network_differences(options, there, is_ours=True) == causes


def test_labels_of_a_network_that_phlo_did_not_make_are_its_makers() -> None:
    assert network_differences({"Labels": {"a": "1"}}, {"Driver": "bridge", "Labels": {}}, is_ours=False) == ()


def test_labels_of_phlo_and_compose_are_no_difference() -> None:
    assert label_differences({}, {"phlo.protect": "true", "phlo.project": "a", "com.docker.compose.volume": "b"}) == []
