from __future__ import annotations

from typing import Any

import pytest

from phlo.compose.engine.fact import duration, size
from phlo.compose.networks import INTERFACE_OPTION
from phlo.errors import OperationError
from phlo.operations.container import NetworkAttachment
from phlo.operations.drift import differences, unsupported

IDENTITY = "0123456789ab" + 52 * "0"
ANONYMOUS = 64 * "a"


def inspected(config: dict[str, Any], host_config: dict[str, Any], **networks: Any) -> dict[str, Any]:
    return {
        "Id": IDENTITY,
        "Config": {"Hostname": IDENTITY[:12], **config},
        "HostConfig": {"NetworkMode": "default", "ShmSize": 64 << 20, "Runtime": "runc", **host_config},
        "NetworkSettings": {"Networks": networks},
    }


# What of the engine's own choice is found in `HostConfig`, and how it is called once the configuration has changed.
SUPPLIED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"ShmSize": 128 << 20}, "shm_size: 128MB -> none"),
    ({"Runtime": "crun"}, "runtime: crun -> none"),
    ({"IpcMode": "shareable"}, "ipc: shareable -> none"),
    ({"LogConfig": {"Type": "journald", "Config": {}}}, "logging.driver: journald -> none"),
    ({"LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}}}, "logging.options.max-size removed"),
    ({"Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}]}, "ulimits.nofile: 1:2 -> none"),
)


@pytest.mark.parametrize(("host_config", "cause"), SUPPLIED)
def test_an_engines_own_default_counts_only_once_the_configuration_changed(
    host_config: dict[str, Any], cause: str
) -> None:
    found = inspected({}, host_config)

    assert differences({}, (), {}, found) == ()
    assert differences({}, (), {}, found, is_reconfigured=True) == (cause,)


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ({"MemorySwappiness": 10}, {"MemorySwappiness": None}),
        ({"Memory": 1 << 30}, {"Memory": 0}),
        ({"Memory": 1 << 30}, {"Memory": 1 << 30, "MemorySwap": 2 << 30}),
        ({"Memory": 1 << 30}, {"Memory": 1 << 30, "MemorySwap": -1}),
        ({"Memory": 1 << 30, "MemorySwap": 3 << 29}, {"Memory": 1 << 30, "MemorySwap": -1}),
        ({"OomKillDisable": True}, {"OomKillDisable": None}),
        ({"BlkioWeight": 300}, {"BlkioWeight": 0}),
        ({"PidsLimit": -1}, {"PidsLimit": None}),
        ({}, {"CgroupnsMode": "private", "IpcMode": "private", "RestartPolicy": {"Name": "no"}}),
        ({"Privileged": True}, {"Privileged": True, "SecurityOpt": ["label=disable"], "MaskedPaths": None}),
        ({"NetworkMode": "bridge"}, {"NetworkMode": "default"}),
        (
            {"Mounts": [{"Type": "volume", "Target": "/a"}]},
            {"Mounts": [{"Type": "volume", "Target": "/a", "Source": ANONYMOUS}]},
        ),
        ({"Binds": ["/a:/b:rw"]}, {"Mounts": [{"Type": "bind", "Source": "/a", "Target": "/b"}]}),
        ({"CapAdd": ["NET_ADMIN"]}, {"CapAdd": ["CAP_NET_ADMIN"]}),
        ({"SecurityOpt": ["no-new-privileges=true"]}, {"SecurityOpt": ["no-new-privileges:true"]}),
    ],
)
def test_what_an_engine_writes_its_own_way_is_no_difference(asked: dict[str, Any], there: dict[str, Any]) -> None:
    assert differences({"HostConfig": asked}, (), {}, inspected({}, there)) == ()


@pytest.mark.parametrize(
    ("image", "asked", "there"),
    [
        ({"Cmd": ["run"]}, {}, {"Cmd": ["run"]}),
        ({"Cmd": ["run"], "Entrypoint": ["e"]}, {"Entrypoint": ["f"]}, {"Entrypoint": ["f"], "Cmd": None}),
        ({"Cmd": ["run"], "Entrypoint": ["e"]}, {"Cmd": ["walk"]}, {"Entrypoint": ["e"], "Cmd": ["walk"]}),
        ({"Entrypoint": ["e"]}, {"Entrypoint": [], "Cmd": ["walk"]}, {"Entrypoint": [], "Cmd": ["walk"]}),
        ({"Entrypoint": ["e"], "Cmd": ["run"]}, {"Entrypoint": []}, {"Entrypoint": [], "Cmd": ["run"]}),
        ({"Env": ["A=1", "B=2"]}, {"Env": ["B=3"]}, {"Env": ["B=3", "A=1"]}),
        ({"Env": ["A=1", "B=2"]}, {"Env": ["B"]}, {"Env": ["B", "A=1"]}),
        ({"WorkingDir": "/app"}, {}, {"WorkingDir": "/app"}),
        ({"WorkingDir": ""}, {}, {"WorkingDir": "/"}),
        (
            {"Healthcheck": {"Test": ["CMD", "a"], "Retries": 3}},
            {"Healthcheck": {"Retries": 5}},
            {"Healthcheck": {"Test": ["CMD", "a"], "Retries": 5}},
        ),
        ({"Volumes": {"/a": {}}}, {}, {"Volumes": {"/a": {}}}),
        ({"Labels": {"a": "1"}}, {"Labels": {"b": "2"}}, {"Labels": {"a": "1", "b": "2", "phlo.project": "x"}}),
    ],
)
def test_what_the_image_supplies_is_no_difference(
    image: dict[str, Any], asked: dict[str, Any], there: dict[str, Any]
) -> None:
    assert differences(asked, (), image, inspected(there, {}), is_reconfigured=True) == ()


def test_a_volume_of_the_image_kept_over_a_replacement_is_no_difference() -> None:
    kept = inspected({"Volumes": {"/a": {}}}, {"Mounts": [{"Type": "volume", "Source": ANONYMOUS, "Target": "/a"}]})

    assert differences({}, (), {"Volumes": {"/a": {}}}, kept) == ()


@pytest.mark.parametrize("by_itself", [{"NetworkMode": "host"}, {"UTSMode": "host"}])
def test_a_host_name_shared_with_the_host_is_no_difference(by_itself: dict[str, str]) -> None:
    there = inspected({"Hostname": "box"}, by_itself)

    assert differences({"HostConfig": by_itself}, (), {}, there) == ()


def test_a_start_interval_is_compared_where_the_engine_knows_it() -> None:
    body = {"Healthcheck": {"Test": ["CMD", "a"], "StartInterval": 1_000_000_000}}
    there = inspected({"Healthcheck": {"Test": ["CMD", "a"]}}, {})

    assert differences(body, (), {}, there, api=(1, 43)) == ()
    assert differences(body, (), {}, there, api=(1, 44)) == ("healthcheck.start_interval: none -> 1s",)


def test_a_network_is_named_with_what_differs() -> None:
    asked = (
        NetworkAttachment(name="one", endpoint={"Aliases": ["web", "db"], "IPAMConfig": {"IPv4Address": "10.0.0.9"}}),
        NetworkAttachment(name="two"),
    )
    there = inspected({}, {}, one={"Aliases": ["web", IDENTITY[:12]], "IPAMConfig": None}, three={"Aliases": None})

    assert differences({}, asked, {}, there) == (
        "networks.one.aliases.db added",
        "networks.one.ipv4_address: none -> 10.0.0.9",
        "network two disconnected",
        "network three connected by hand",
    )


def test_what_an_older_engine_leaves_out_is_named() -> None:
    body = {"Healthcheck": {"StartInterval": 1}, "HostConfig": {"Annotations": {"a": "b"}}}
    networks = (
        NetworkAttachment(name="one", endpoint={"MacAddress": "x", "GwPriority": 1}),
        NetworkAttachment(name="two", endpoint={"MacAddress": "y", "DriverOpts": {INTERFACE_OPTION: "eth5"}}),
    )

    assert unsupported(body, networks, (1, 41)) == (
        "healthcheck.start_interval needs a Docker engine with API 1.44",
        "annotations needs a Docker engine with API 1.43",
        "mac_address of a further network needs a Docker engine with API 1.44",
        "gw_priority needs a Docker engine with API 1.48",
        "interface_name needs a Docker engine with API 1.49",
    )
    assert unsupported(body, networks, (1, 51)) == ()


def test_a_subpath_is_refused_by_an_older_engine() -> None:
    mounts = [{"Type": "volume", "Target": "/a", "Source": "v", "VolumeOptions": {"Subpath": "x"}}]

    with pytest.raises(OperationError, match=r"needs a Docker engine with API 1\.45"):
        unsupported({"HostConfig": {"Mounts": mounts}}, (), (1, 41))
    assert unsupported({"HostConfig": {"Mounts": mounts}}, (), (1, 45)) == ()


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (512 << 20, "512MB"),
        (3 << 29, "1.5GB"),
        (1 << 40, "1TB"),
        (1 << 10, "1kB"),
        ((1 << 20) + 1, "1048577 bytes"),
        (7, "7 bytes"),
    ],
)
def test_a_size_is_shown_as_people_write_it(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(90_000_000_000, "1m30s"), (500_000_000, "500ms"), (3_600_000_000_000, "1h"), (1, "1ns"), (0, "0s")],
)
def test_a_duration_is_shown_as_people_write_it(nanoseconds: int, text: str) -> None:
    assert duration(nanoseconds) == text


@pytest.mark.parametrize(
    ("mount", "api", "message"),
    [
        ({"Type": "image"}, (1, 48), "the image mounted at /d needs a Docker engine with API 1.48"),
        ({"Type": "bind", "BindOptions": {"ReadOnlyNonRecursive": True}}, (1, 44), "bind.recursive of the mount at /d"),
        ({"Type": "bind", "BindOptions": {"ReadOnlyForceRecursive": True}}, (1, 44), "bind.recursive of the mount at"),
        ({"Type": "volume", "VolumeOptions": {"Subpath": "a"}}, (1, 45), "the subpath of the volume at /d needs"),
    ],
)
def test_a_mount_that_an_older_engine_cannot_make_is_refused(
    mount: dict[str, Any], api: tuple[int, int], message: str
) -> None:
    body = {"HostConfig": {"Mounts": [{"Target": "/d", **mount}]}}
    assert unsupported(body, (), api) == ()
    with pytest.raises(OperationError, match=message):
        unsupported(body, (), (1, api[1] - 1))
