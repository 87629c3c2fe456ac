from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from phlo.compose import ComposeService, parse_service
from phlo.operations.container import NetworkAttachment
from phlo.plan.container_body import container_body, network_attachments
from phlo.values import Secret, mask_all

NAMES = {"default": "lake_default", "data": "lake_data", "extra": "lake_extra"}
PEERS = {"db": "lake-db-1"}


def service_of(attributes: dict[str, Any]) -> ComposeService:
    return parse_service(attributes, where=lambda *keys: "test", root=Path("/project"))


def body_of(**attributes: Any) -> dict[str, Any]:
    return container_body(service_of(attributes), volume_names=NAMES, network_names=NAMES, container_names=PEERS)


def attachments_of(**attributes: Any) -> tuple[NetworkAttachment, ...]:
    return network_attachments(service_of(attributes), service_name="web", network_names=NAMES, container_names=PEERS)


@pytest.mark.parametrize(
    ("attributes", "config"),
    [
        ({}, {}),
        ({"command": []}, {"Cmd": []}),
        ({"command": "a b"}, {"Cmd": ["a", "b"]}),
        ({"entrypoint": "a b"}, {"Entrypoint": ["a", "b"]}),
        ({"entrypoint": []}, {"Entrypoint": []}),
        ({"environment": {"B": "2", "A": ""}}, {"Env": ["A=", "B=2"]}),
        ({"environment": ["B=", "A"]}, {"Env": ["B=", "A"]}),
        ({"hostname": "h", "domainname": "d"}, {"Hostname": "h", "Domainname": "d"}),
        ({"tty": True, "stdin_open": True}, {"Tty": True, "OpenStdin": True}),
        ({"tty": False}, {}),
        ({"stop_grace_period": "1500ms"}, {"StopTimeout": 2}),
        ({"stop_grace_period": "0"}, {"StopTimeout": 0}),
        ({"expose": ["80"]}, {"ExposedPorts": {"80/tcp": {}}}),
        ({"healthcheck": {"disable": True}}, {"Healthcheck": {"Test": ["NONE"]}}),
        (
            {"healthcheck": {"test": "x", "start_interval": "1s", "retries": 0}},
            {"Healthcheck": {"Test": ["CMD-SHELL", "x"], "StartInterval": 1_000_000_000, "Retries": 0}},
        ),
        ({"networks": {"default": {"mac_address": "02:42:ac:11:00:02"}}}, {"MacAddress": "02:42:ac:11:00:02"}),
    ],
)
def test_what_runs_is_the_containers_config(attributes: dict[str, Any], config: dict[str, Any]) -> None:
    body = body_of(**attributes)

    assert body.pop("HostConfig") == {"NetworkMode": "lake_default"}
    assert body == config


@pytest.mark.parametrize(
    ("attributes", "host_config"),
    [
        ({"restart": "no"}, {"RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}}),
        ({"cpus": "1.5"}, {"NanoCpus": 1_500_000_000}),
        ({"mem_limit": "8m", "mem_swappiness": 0}, {"Memory": 8 << 20, "MemorySwappiness": 0}),
        ({"init": False}, {"Init": False}),
        ({"init": True}, {"Init": True}),
        ({"ipc": "service:db"}, {"IpcMode": "container:lake-db-1"}),
        ({"pid": "container:other"}, {"PidMode": "container:other"}),
        ({"volumes_from": ["db:ro", "container:x"]}, {"VolumesFrom": ["lake-db-1:ro", "x:rw"]}),
        ({"security_opt": ["systempaths=unconfined"]}, {"MaskedPaths": [], "ReadonlyPaths": []}),
        ({"ulimits": {"nofile": 5}}, {"Ulimits": [{"Name": "nofile", "Soft": 5, "Hard": 5}]}),
        ({"tmpfs": ["/a", "/b:size=1m"]}, {"Tmpfs": {"/a": "", "/b": "size=1m"}}),
        ({"logging": {"driver": "local"}}, {"LogConfig": {"Type": "local", "Config": {}}}),
        (
            {"blkio_config": {"weight_device": [{"path": "/dev/a", "weight": 300}]}},
            {"BlkioWeightDevice": [{"Path": "/dev/a", "Weight": 300}]},
        ),
        (
            {"gpus": "all"},
            {
                "DeviceRequests": [
                    {"Driver": "", "Count": -1, "DeviceIDs": [], "Capabilities": [["gpu"]], "Options": {}}
                ]
            },
        ),
    ],
)
def test_how_it_runs_is_the_host_config(attributes: dict[str, Any], host_config: dict[str, Any]) -> None:
    assert body_of(**attributes)["HostConfig"] == {"NetworkMode": "lake_default", **host_config}


def test_ports_are_bound_and_exposed() -> None:
    body = body_of(ports=["8080:80", "127.0.0.1:8081:80", "53/udp"])

    assert body["ExposedPorts"] == {"53/udp": {}, "80/tcp": {}}
    assert body["HostConfig"]["PortBindings"] == {
        "53/udp": [{"HostIp": "", "HostPort": ""}],
        "80/tcp": [{"HostIp": "", "HostPort": "8080"}, {"HostIp": "127.0.0.1", "HostPort": "8081"}],
    }


@pytest.mark.parametrize(
    ("volume", "binds", "mounts"),
    [
        ("./a:/a:ro", ["/project/a:/a:ro"], []),
        ("/a:/a:z,rslave", ["/a:/a:rw,z,rslave"], []),
        ("data:/a:z", ["lake_data:/a:rw,z"], []),
        ("data:/a", [], [{"Type": "volume", "Source": "lake_data", "Target": "/a"}]),
        ("/a", [], [{"Type": "volume", "Target": "/a"}]),
        (
            {"type": "bind", "source": "/a", "target": "/a", "read_only": True, "bind": {"create_host_path": False}},
            [],
            [{"Type": "bind", "Source": "/a", "Target": "/a", "ReadOnly": True}],
        ),
        (
            {"type": "bind", "source": "/a:b", "target": "/a"},
            [],
            [{"Type": "bind", "Source": "/a:b", "Target": "/a", "BindOptions": {"CreateMountpoint": True}}],
        ),
        (
            {"type": "volume", "source": "data", "target": "/a", "volume": {"nocopy": True, "subpath": "x"}},
            [],
            [
                {
                    "Type": "volume",
                    "Source": "lake_data",
                    "Target": "/a",
                    "VolumeOptions": {"NoCopy": True, "Subpath": "x"},
                }
            ],
        ),
        (
            {"type": "tmpfs", "target": "/a", "tmpfs": {"size": "1k", "mode": "0700"}},
            [],
            [{"Type": "tmpfs", "Target": "/a", "TmpfsOptions": {"SizeBytes": 1024, "Mode": 0o700}}],
        ),
    ],
)
def test_a_mount_takes_the_form_that_can_say_it(volume: Any, binds: list[str], mounts: list[dict[str, Any]]) -> None:
    host_config = body_of(volumes=[volume])["HostConfig"]

    assert host_config.get("Binds", []) == binds
    assert host_config.get("Mounts", []) == mounts


def test_a_container_is_created_on_its_first_network() -> None:
    attributes: dict[str, Any] = {"networks": {"default": None, "extra": {"priority": 1}}}

    assert body_of(**attributes)["HostConfig"] == {"NetworkMode": "lake_extra"}
    assert [attached.name for attached in attachments_of(**attributes)] == ["lake_extra", "lake_default"]


@pytest.mark.parametrize(
    ("mode", "written"),
    [("host", "host"), ("none", "none"), ("service:db", "container:lake-db-1"), ("container:x", "container:x")],
)
def test_a_network_mode_joins_no_network(mode: str, written: str) -> None:
    assert body_of(network_mode=mode)["HostConfig"] == {"NetworkMode": written}
    assert attachments_of(network_mode=mode) == ()


def test_an_attachment_has_the_services_name_and_all_that_is_given() -> None:
    given = {
        "aliases": ["z", "a"],
        "ipv4_address": "10.0.0.9",
        "ipv6_address": "fd00::9",
        "link_local_ips": ["169.254.1.1"],
        "driver_opts": {"o": 1},
        "gw_priority": 3,
    }

    assert attachments_of(networks={"default": given}, links=["db:store"], mac_address="02:42:ac:11:00:02") == (
        NetworkAttachment(
            name="lake_default",
            endpoint={
                "Aliases": ["a", "web", "z"],
                "IPAMConfig": {
                    "IPv4Address": "10.0.0.9",
                    "IPv6Address": "fd00::9",
                    "LinkLocalIPs": ["169.254.1.1"],
                },
                "Links": ["lake-db-1:store"],
                "MacAddress": "02:42:ac:11:00:02",
                "DriverOpts": {"o": "1"},
                "GwPriority": 3,
            },
        ),
    )


def test_a_secret_stays_one() -> None:
    body = body_of(environment={"P": Secret("sentinel")}, command=["run", Secret("sentinel")])

    assert body["Env"] == [Secret("P=sentinel")]
    assert "sentinel" not in json.dumps(mask_all(body))


def test_the_order_in_the_file_makes_no_difference() -> None:
    one = body_of(
        environment={"A": 1, "B": 2}, volumes=["/a", "data:/b"], cap_add=["MKNOD", "CHOWN"], ports=["1:1", "2:2"]
    )
    other = body_of(
        environment=["B=2", "A=1"], volumes=["data:/b", "/a"], cap_add=["CHOWN", "MKNOD"], ports=["2:2", "1:1"]
    )

    assert json.dumps(one) == json.dumps(other)
