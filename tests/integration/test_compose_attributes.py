"""Every Compose attribute, on a real engine: what is made from it does not differ from it, and a change is named."""

from __future__ import annotations

import json
import re
import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from phlo.compose import ComposeService, parse_service
from phlo.compose.attributes import ENGINE
from phlo.hosts.engine import Engine
from phlo.labels import LABEL_PROJECT
from phlo.operations.container import NetworkAttachment
from phlo.operations.drift import differences, unsupported
from phlo.plan.container_body import container_body, network_attachments
from phlo.testing.role_project import free_ports
from phlo.values import Secret, reveal_all
from tests.support.attribute_samples import SAMPLES

STAY = "sh -c 'while :; do sleep 3600; done'"
STAY_WITHOUT_PATH = "/bin/sh -c 'while :; do /bin/sleep 3600; done'"


class Platform:
    """Two networks and two volumes, and containers made from Compose attributes."""

    def __init__(self, engine: Engine, project: str, image: str, root: Path) -> None:
        self.engine = engine
        self.project = project
        self.image = image
        self.root = root
        self.networks = {"default": f"{project}_default", "extra": f"{project}_extra"}
        self.volumes = {"data": f"{project}_data", "other": f"{project}_other"}

    def service(self, attributes: dict[str, Any]) -> ComposeService:
        raw = {"command": STAY, "stop_grace_period": "0", **attributes}
        return parse_service(raw, where=lambda *keys: f"test {keys}", root=self.root)

    def wanted(self, attributes: dict[str, Any]) -> tuple[dict[str, Any], tuple[NetworkAttachment, ...]]:
        service = self.service(attributes)
        peers = {"peer": f"{self.project}-peer-1"}
        body = container_body(service, volume_names=self.volumes, network_names=self.networks, container_names=peers)
        attachments = network_attachments(
            service, service_name="web", network_names=self.networks, container_names=peers
        )
        return reveal_all(body), attachments

    def create(self, attributes: dict[str, Any], *, name: str = "web", is_started: bool = True) -> str:
        body, attachments = self.wanted(attributes)
        body["Image"] = self.image
        body["Labels"] = {**body.get("Labels", {}), LABEL_PROJECT: self.project}
        # From API 1.44 on a container is created on all its networks; before, on the first.
        count = len(attachments) if self.engine.api >= (1, 44) else 1
        endpoints = {network.name: network.endpoint for network in attachments[:count]}
        body["NetworkingConfig"] = {"EndpointsConfig": endpoints}
        made: str = self.engine.post("/containers/create", body, name=f"{self.project}-{name}-1")["Id"]
        for network in attachments[count:]:
            self.connect(made, network)
        if is_started:
            self.engine.post(f"/containers/{made}/start")
        return made

    def connect(self, container: str, network: NetworkAttachment) -> None:
        body = {"Container": container, "EndpointConfig": network.endpoint}
        self.engine.post(f"/networks/{network.name}/connect", body)

    def differences(self, container: str, attributes: dict[str, Any], **given: Any) -> tuple[str, ...]:
        body, attachments = self.wanted(attributes)
        image_config = self.engine.get(f"/images/{self.image}/json")["Config"]
        inspected = self.engine.get(f"/containers/{container}/json")
        return differences(body, attachments, image_config, inspected, api=self.engine.api, **given)


@pytest.fixture(scope="module")
def shared(engine: Engine, tiny: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    project = f"phlo-test-{uuid.uuid4().hex[:8]}"
    platform = Platform(engine, project, tiny, tmp_path_factory.mktemp("root"))
    labels = {LABEL_PROJECT: project}
    for index, network in enumerate(platform.networks.values()):
        pool = {"Subnet": f"10.213.{index}.0/24"}
        engine.post("/networks/create", {"Name": network, "Labels": labels, "IPAM": {"Config": [pool]}})
    for volume in platform.volumes.values():
        engine.post("/volumes/create", {"Name": volume, "Labels": labels})
    yield platform
    for network in platform.networks.values():
        engine.delete(f"/networks/{network}")
    for volume in platform.volumes.values():
        engine.delete(f"/volumes/{volume}")


@pytest.fixture
def platform(shared: Platform) -> Iterator[Platform]:
    yield shared
    mine = {"label": [f"{LABEL_PROJECT}={shared.project}"]}
    for found in shared.engine.get("/containers/json", all=True, filters=mine):
        shared.engine.delete(f"/containers/{found['Id']}", force=True, v=True)


# Forms and neighbours that the samples of `tests.support.attribute_samples` do not have.
# What a container is made with; what is asked for then; the cause that names it; the cause when it is taken out.
ATTRIBUTES: tuple[tuple[dict[str, Any], dict[str, Any], str, str], ...] = (
    ({"command": "sleep 100"}, {"command": "sleep 200"}, "command changed", "command changed"),
    (
        {"entrypoint": ["sh", "-c"], "command": ["sleep 100"]},
        {"entrypoint": ["sh", "-ec"], "command": ["sleep 100"]},
        "entrypoint changed",
        "entrypoint removed",
    ),
    ({"environment": {"A": "1"}}, {"environment": {"A": "2"}}, "environment.A changed", "environment.A removed"),
    (
        {"environment": {"PATH": "/bin:/x"}},
        {"environment": {"PATH": "/bin:/y"}},
        "environment.PATH",
        "environment.PATH",
    ),
    (
        {"environment": ["PATH"], "command": STAY_WITHOUT_PATH},
        {"environment": ["PATH="], "command": STAY_WITHOUT_PATH},
        "environment.PATH changed",
        "environment.PATH changed",
    ),
    (
        {"stop_grace_period": "1s"},
        {"stop_grace_period": "2s"},
        "stop_grace_period: 1s -> 2s",
        "stop_grace_period: 1s -> 0s",
    ),
    (
        {"healthcheck": {"test": "true", "interval": "1m30s", "timeout": "1s", "start_period": "2s", "retries": 3}},
        {"healthcheck": {"test": "false", "interval": "1m", "timeout": "1s", "start_period": "2s", "retries": 4}},
        "healthcheck.interval: 1m30s -> 1m",
        "healthcheck.test removed",
    ),
    (
        {"healthcheck": {"disable": True}},
        {"healthcheck": {"test": "true"}},
        "healthcheck.test changed",
        "healthcheck.test removed",
    ),
    (
        {"restart": "unless-stopped"},
        {"restart": "always"},
        "restart: unless-stopped -> always",
        "restart: unless-stopped -> no",
    ),
    (
        {"restart": "on-failure:3"},
        {"restart": "on-failure:4"},
        "restart: on-failure:3 -> on-failure:4",
        "restart: on-failure:3 -> no",
    ),
    ({"hostname": "a"}, {"hostname": "b"}, "hostname: a -> b", "hostname: a -> the container's id"),
    (
        {"logging": {"driver": "json-file", "options": {"max-size": "1m"}}},
        {"logging": {"driver": "json-file", "options": {"max-size": "2m"}}},
        "logging.options.max-size changed",
        "logging.options.max-size removed",
    ),
    (
        {"logging": {"driver": "none"}},
        {"logging": {"driver": "local"}},
        "logging.driver: none -> local",
        "logging.driver: none -> not set",
    ),
    (
        {"ports": ["127.0.0.1:48321:3000"]},
        {"ports": ["127.0.0.1:48322:3000"]},
        "ports: 3000/tcp published on 127.0.0.1:48322, was 127.0.0.1:48321",
        "ports: 3000/tcp no longer published on 127.0.0.1:48321",
    ),
    (
        {"ports": ["48330-48339:53/udp", "9000"]},
        {"ports": ["48330-48338:53/udp", "9000"]},
        "ports: 53/udp published on 48330-48338, was 48330-48339",
        "ports: 9000/tcp no longer published on any free port",
    ),
    (
        {"networks": {"default": {"aliases": ["db"]}}},
        {"networks": {"default": {"aliases": ["store"]}}},
        "aliases.store added",
        "aliases.db removed",
    ),
    (
        {"networks": {"default": {"ipv4_address": "10.213.0.77"}}},
        {"networks": {"default": {"ipv4_address": "10.213.0.78"}}},
        "ipv4_address: 10.213.0.77 -> 10.213.0.78",
        "ipv4_address: 10.213.0.77 -> none",
    ),
    ({"networks": ["default", "extra"]}, {"networks": ["extra"]}, "_default removed", "_extra removed"),
    (
        {"networks": {"default": {"mac_address": "02:42:0a:d5:00:10"}}},
        {"networks": {"default": {"mac_address": "02:42:0a:d5:00:11"}}},
        "mac_address: 02:42:0a:d5:00:10 -> 02:42:0a:d5:00:11",
        "",
    ),
    ({"mac_address": "02:42:0a:d5:00:10"}, {"mac_address": "02:42:0a:d5:00:11"}, "-> 02:42:0a:d5:00:11", ""),
    ({"network_mode": "none"}, {"network_mode": "host"}, "network_mode: none -> host", "network_mode: none -> not set"),
    ({"network_mode": "host"}, {"network_mode": "none"}, "network_mode: host -> none", "network_mode: host -> not set"),
    (
        {"network_mode": "bridge"},
        {"network_mode": "none"},
        "network_mode: bridge -> none",
        "network_mode: bridge -> not set",
    ),
    (
        {"external_links": ["other:alias"]},
        {"external_links": ["other:name"]},
        "links.other:name added",
        "links.other:alias removed",
    ),
    (
        {"extra_hosts": ["a=10.0.0.1"]},
        {"extra_hosts": {"a": "10.0.0.2"}},
        "extra_hosts.a: 10.0.0.1 -> 10.0.0.2",
        "extra_hosts.a removed",
    ),
    (
        {"dns": ["10.0.0.1", "10.0.0.2"]},
        {"dns": "10.0.0.1"},
        "dns: 10.0.0.1, 10.0.0.2 -> 10.0.0.1",
        "dns: 10.0.0.1, 10.0.0.2 -> none",
    ),
    ({"volumes": ["data:/data"]}, {"volumes": ["other:/data:ro"]}, "mounts./data: volume ", "mounts./data removed"),
    ({"volumes": ["data:/data:z"]}, {"volumes": ["data:/data:ro,z"]}, "mounts./data: volume ", "mounts./data removed"),
    ({"volumes": ["./a:/data"]}, {"volumes": ["./b:/data"]}, "mounts./data: bind ", "mounts./data removed"),
    ({"volumes": ["/anonymous"]}, {"volumes": ["/other"]}, "mounts./other added", "mounts./anonymous removed"),
    (
        {"volumes": [{"type": "bind", "source": "/tmp", "target": "/data", "bind": {"create_host_path": False}}]},
        {
            "volumes": [
                {
                    "type": "bind",
                    "source": "/tmp",
                    "target": "/data",
                    "read_only": True,
                    "bind": {"create_host_path": False},
                }
            ]
        },
        "mounts./data: bind /tmp -> bind /tmp (read-only)",
        "mounts./data removed",
    ),
    (
        {"volumes": [{"type": "volume", "source": "data", "target": "/data", "volume": {"nocopy": True}}]},
        {"volumes": [{"type": "volume", "source": "data", "target": "/data"}]},
        "(nocopy) -> volume ",
        "mounts./data removed",
    ),
    (
        {"volumes": [{"type": "tmpfs", "target": "/data", "tmpfs": {"size": "1m", "mode": "0700"}}]},
        {"volumes": [{"type": "tmpfs", "target": "/data", "tmpfs": {"size": "2m", "mode": "0700"}}]},
        "mounts./data: tmpfs (size=1MB, mode=700) -> tmpfs (size=2MB, mode=700)",
        "mounts./data removed",
    ),
    (
        {"tmpfs": "/run:size=1m"},
        {"tmpfs": ["/run:size=2m", "/tmp"]},
        "tmpfs./run: size=1m -> size=2m",
        "tmpfs./run removed",
    ),
    (
        {"security_opt": ["no-new-privileges:true"]},
        {"security_opt": ["no-new-privileges=false"]},
        "security_opt.no-new-privileges changed",
        "security_opt.no-new-privileges removed",
    ),
    (
        {"security_opt": ["seccomp=unconfined", "systempaths=unconfined"]},
        {"security_opt": ["seccomp=unconfined"]},
        "security_opt.systempaths removed",
        "security_opt.seccomp removed",
    ),
    ({"ipc": "shareable"}, {"ipc": "host"}, "ipc: shareable -> host", "ipc: shareable -> none"),
    ({"cgroup": "private"}, {"cgroup": "host"}, "cgroup: private -> host", ""),
    (
        {"runtime": "io.containerd.runc.v2"},
        {"runtime": "runc"},
        "runtime: io.containerd.runc.v2 -> none",
        "runtime: io.containerd.runc.v2 -> none",
    ),
    (
        {"sysctls": {"net.core.somaxconn": 1024}},
        {"sysctls": ["net.core.somaxconn=2048"]},
        "sysctls.net.core.somaxconn: 1024 -> 2048",
        "sysctls.net.core.somaxconn: 1024 -> none",
    ),
    (
        {"ulimits": {"nofile": 1024}},
        {"ulimits": {"nofile": {"soft": 1024, "hard": 2048}}},
        "ulimits.nofile: 1024 -> 1024:2048",
        "ulimits.nofile: 1024 -> none",
    ),
    (
        {"devices": ["/dev/null:/dev/a:rw"]},
        {"devices": ["/dev/zero:/dev/a:rw"]},
        "devices./dev/a: /dev/null rw -> /dev/zero rw",
        "devices./dev/a removed",
    ),
    (
        {"device_cgroup_rules": ["c 1:3 mr"]},
        {"device_cgroup_rules": ["c 1:3 r"]},
        "device_cgroup_rules.c 1:3 r added",
        "device_cgroup_rules.c 1:3 mr removed",
    ),
    ({"mem_limit": "64m"}, {"mem_limit": "1.5g"}, "memory limit: 64MB -> 1.5GB", "memory limit: 64MB -> none"),
    (
        {"deploy": {"resources": {"limits": {"memory": "64m", "cpus": "0.5", "pids": 50}}}},
        {"deploy": {"resources": {"limits": {"memory": "64m", "cpus": "1.5", "pids": 60}}}},
        "cpu limit: 0.5 -> 1.5",
        "pids limit: 50 -> none",
    ),
    (
        {"mem_limit": "64m", "memswap_limit": "96m"},
        {"mem_limit": "64m", "memswap_limit": "128m"},
        "memswap_limit: 96MB -> twice the memory limit",
        "memswap_limit: 96MB -> twice the memory limit",
    ),
    ({"mem_limit": "64m", "memswap_limit": -1}, {"mem_limit": "64m", "memswap_limit": "96m"}, "", ""),
    ({"mem_swappiness": 0}, {"mem_swappiness": 60}, "mem_swappiness: ", ""),
    ({"oom_kill_disable": True, "mem_limit": "64m"}, {"mem_limit": "64m"}, "", ""),
    ({"cpus": 0.25}, {"cpus": "0.75"}, "cpu limit: 0.25 -> 0.75", "cpu limit: 0.25 -> none"),
    (
        {"cpu_quota": 50000, "cpu_period": "100ms"},
        {"cpu_quota": 60000, "cpu_period": 100000},
        "cpu_quota: 50000 -> 60000",
        "cpu_period: 100000 -> none",
    ),
    ({"pids_limit": 50}, {"pids_limit": -1}, "pids limit: 50 -> ", "pids limit: 50 -> none"),
)


def on_free_ports(values: Any) -> Any:
    """Values in which free neighbouring ports of this machine stand for the ports 48300 to 48339."""
    if "483" not in str(values):
        return values
    first = free_block(40)
    return json.loads(re.sub(r"\b483(\d\d)\b", lambda found: str(first + int(found[1])), json.dumps(values)))


def free_block(count: int) -> int:
    """The first of neighbouring ports that nothing listens on."""
    while True:
        (first,) = free_ports(1)
        with ExitStack() as servers:
            try:
                for port in range(first, first + count):
                    servers.enter_context(socket.create_server(("", port)))
            except OSError:
                continue
            return first


def shown(value: object) -> str:
    return "+".join(value) if isinstance(value, dict) else ""


@pytest.mark.parametrize(("made_with", "asked_for", "cause", "cause_without"), ATTRIBUTES, ids=shown)
def test_an_attribute_is_no_difference_until_it_changes(
    platform: Platform, made_with: dict[str, Any], asked_for: dict[str, Any], cause: str, cause_without: str
) -> None:
    made_with, asked_for, cause, cause_without = on_free_ports((made_with, asked_for, cause, cause_without))
    made = platform.create(made_with)

    assert platform.differences(made, made_with) == ()
    assert platform.differences(made, made_with, is_reconfigured=True) == ()
    assert cause in "\n".join(platform.differences(made, asked_for, is_reconfigured=True))
    assert cause_without in "\n".join(platform.differences(made, {}, is_reconfigured=True))


def attributes_of(*names: str) -> dict[str, Any]:
    """All these attributes at once, with what they need beside them."""
    return {key: value for name in names for key, value in {**SAMPLES[name].beside, name: SAMPLES[name].before}.items()}


# Attributes that go together in one container. The second and third have those that contradict the first.
_APART = {"network_mode", "cpu_quota", "cpu_period", "entrypoint", "deploy", "pid", "uts"}
STARTABLE = tuple(name for name, sample in SAMPLES.items() if sample.is_startable)
BATCHES = (
    tuple(name for name in STARTABLE if name not in _APART),
    ("network_mode", "cpu_quota", "cpu_period", "entrypoint", "deploy", "pid", "uts"),
    tuple(name for name in SAMPLES if name not in STARTABLE and name not in ("links", "volumes_from", "storage_opt")),
)

_NEEDED = ("mem_limit",)  # by another attribute of its batch
# When these are taken out, the engine shows what it uses anyway.
_NO_TRACE = ("cgroup", "mac_address", "runtime", "blkio_config")


@pytest.mark.parametrize("names", BATCHES, ids=["most", "modes", "not started"])
def test_all_attributes_together_are_no_difference_and_each_edit_is_one(
    platform: Platform, names: tuple[str, ...]
) -> None:
    given = attributes_of(*names)
    made = platform.create(given, is_started=names[0] in STARTABLE)

    assert platform.differences(made, given) == ()
    assert platform.differences(made, given, is_reconfigured=True, changed=()) == ()
    wrong = {}
    for name in names:
        row = ENGINE.get(name)
        if row and row.since > platform.engine.api:
            continue
        words = {name, SAMPLES[name].word or name, (row and row.term) or name}
        for value in (SAMPLES[name].after, *([] if name in _NEEDED or name in _NO_TRACE else [None])):
            edited = {key: one for key, one in {**given, name: value}.items() if one is not None}
            causes = platform.differences(made, edited, is_reconfigured=True, changed={name})
            if len(causes) != 1 or not any(word in causes[0] for word in words):
                wrong[name, str(value)] = causes
    assert wrong == {}


# What this machine may not be able to start; the engine keeps it all the same.
NOT_STARTED: tuple[tuple[dict[str, Any], dict[str, Any], str], ...] = (
    ({"privileged": True}, {}, "privileged: true -> none"),
    ({"volumes": ["/tmp:/data:ro,rslave"]}, {"volumes": ["/tmp:/data:rslave"]}, "-> bind /tmp (propagation=rslave)"),
    ({"gpus": "all"}, {"gpus": [{"count": 1}]}, "devices.gpu changed"),
    ({"blkio_config": {"weight": 300}}, {"blkio_config": {"weight": 400}}, "blkio_config.weight: "),
    ({"blkio_config": {"device_read_bps": [{"path": "/dev/null", "rate": "1m"}]}}, {}, ""),
    ({"runtime": "runc"}, {"hostname": "a"}, "-> a"),
    ({"cgroup_parent": "/phlo-test"}, {"cgroup_parent": "/phlo"}, "cgroup_parent: /phlo-test -> /phlo"),
    ({"links": ["peer:db"]}, {"links": ["peer:name"]}, "-peer-1:name added"),
    ({"cpu_rt_period": "1s"}, {}, ""),
)


@pytest.mark.parametrize(("made_with", "asked_for", "cause"), NOT_STARTED, ids=shown)
def test_an_attribute_the_kernel_may_leave_out_is_no_difference(
    platform: Platform, made_with: dict[str, Any], asked_for: dict[str, Any], cause: str
) -> None:
    made = platform.create(made_with, is_started=False)

    assert platform.differences(made, made_with) == ()
    assert cause in "\n".join(platform.differences(made, asked_for, is_reconfigured=True))


@pytest.mark.parametrize("mode", ["network_mode", "ipc", "pid"])
def test_a_namespace_of_another_service_is_known_by_its_id(platform: Platform, mode: str) -> None:
    peer = platform.create({"ipc": "shareable"}, name="peer")
    asked = {mode: "service:peer"}
    made = platform.create(asked)
    name = f"{platform.project}-peer-1"

    assert platform.differences(made, asked) == ()
    assert platform.differences(made, asked, container_ids={name: peer}) == ()
    anew = platform.differences(made, asked, container_ids={name: "0" * 64})
    assert anew == (f"{mode}: container:{peer} -> container:{name}",)


def test_the_mounts_of_another_service_are_no_difference(platform: Platform) -> None:
    platform.create({"volumes": ["data:/data"]}, name="peer")
    asked = {"volumes_from": ["peer:ro"]}
    made = platform.create(asked)

    assert platform.differences(made, asked) == ()
    assert platform.differences(made, {"volumes_from": ["peer"]}) == (
        f"volumes_from.{platform.project}-peer-1: ro -> rw",
    )


BY_HAND: tuple[tuple[dict[str, Any], dict[str, Any], str], ...] = (
    ({"restart": "unless-stopped"}, {"RestartPolicy": {"Name": "no"}}, "restart: no -> unless-stopped"),
    ({}, {"RestartPolicy": {"Name": "always"}}, "restart: always -> no"),
    ({}, {"Memory": 64 << 20, "MemorySwap": 128 << 20}, "memory limit: 64MB -> none"),
    ({"mem_limit": "96m"}, {"Memory": 64 << 20, "MemorySwap": 128 << 20}, "memory limit: 64MB -> 96MB"),
    ({"cpus": 1}, {"NanoCpus": 500_000_000}, "cpu limit: 0.5 -> 1"),
    ({}, {"CpuShares": 512}, "cpu_shares: 512 -> none"),
    ({}, {"CpusetCpus": "0"}, "cpuset: 0 -> none"),
    ({"pids_limit": 70}, {"PidsLimit": 60}, "pids limit: 60 -> 70"),
)


@pytest.mark.parametrize(("asked", "by_hand", "cause"), BY_HAND, ids=shown)
def test_what_docker_update_changed_is_found(
    platform: Platform, asked: dict[str, Any], by_hand: dict[str, Any], cause: str
) -> None:
    made = platform.create(asked)
    platform.engine.post(f"/containers/{made}/update", by_hand)

    assert cause in platform.differences(made, asked)


@pytest.mark.parametrize("is_running", [True, False])
def test_a_network_disconnected_or_connected_by_hand_is_found(platform: Platform, is_running: bool) -> None:
    made = platform.create({}, is_started=is_running)
    default, extra = platform.networks["default"], platform.networks["extra"]
    platform.engine.post(f"/networks/{extra}/connect", {"Container": made})
    assert platform.differences(made, {}) == (f"network {extra} connected by hand",)

    platform.engine.post(f"/networks/{extra}/disconnect", {"Container": made})
    platform.engine.post(f"/networks/{default}/disconnect", {"Container": made})
    assert platform.differences(made, {}) == (f"network {default} disconnected",)

    _, attachments = platform.wanted({})
    platform.connect(made, attachments[0])
    assert platform.differences(made, {}) == ()


@pytest.fixture
def opinionated(platform: Platform) -> Iterator[Platform]:
    """The same platform with an image that supplies everything an image can."""
    made = platform.create({}, name="image", is_started=False)
    config = {
        "Env": ["PATH=/bin", "FROM_IMAGE=1"],
        "Cmd": ["-c", "while :; do sleep 3600; done"],
        "Entrypoint": ["sh"],
        "WorkingDir": "/tmp",
        "User": "7",
        "Volumes": {"/kept": {}, "/mounted": {}},
        "ExposedPorts": {"80/tcp": {}, "90/udp": {}},
        "Healthcheck": {"Test": ["CMD", "true"], "Interval": 5_000_000_000, "Retries": 2},
        "Labels": {"from.image": "1"},
        "StopSignal": "SIGQUIT",
    }
    reference = f"{platform.project}-opinionated"
    platform.engine.post("/commit", config, container=made, repo=reference)
    plain, platform.image = platform.image, f"{reference}:latest"
    yield platform
    platform.image = plain
    for found in platform.engine.get("/containers/json", all=True, filters={"ancestor": [reference]}):
        platform.engine.delete(f"/containers/{found['Id']}", force=True, v=True)
    platform.engine.delete(f"/images/{reference}")


@pytest.mark.parametrize(
    "asked",
    [
        {"command": None, "stop_grace_period": None},
        {"command": None, "environment": {"FROM_IMAGE": "2", "OWN": "1"}},
        {"command": ["-c", "sleep 100"]},
        {"entrypoint": ["sleep"], "command": ["100"]},
        {"entrypoint": "sleep 100", "command": None},
        {"entrypoint": [], "command": ["sleep", "100"]},
        {"command": None, "healthcheck": {"interval": "9s"}},
        {"command": None, "healthcheck": {"disable": True}},
        {"command": None, "volumes": ["data:/mounted", "/kept"]},
        {"command": None, "tmpfs": ["/mounted"]},
        {"command": None, "expose": ["80"], "labels": {"from.image": "2"}, "user": "9", "stop_signal": "SIGTERM"},
        {"command": None, "ports": ["127.0.0.1::80"], "working_dir": "/"},
    ],
    ids=str,
)
def test_what_the_image_supplies_is_no_difference(opinionated: Platform, asked: dict[str, Any]) -> None:
    made = opinionated.create(asked)

    assert opinionated.differences(made, asked) == ()
    assert opinionated.differences(made, asked, is_reconfigured=True) == ()


def test_no_secret_is_shown_in_a_cause(platform: Platform) -> None:
    made_with = {
        "environment": {"PASSWORD": "old-sentinel"},
        "labels": {"token": "old-sentinel"},
        "command": ["sleep", "100", "old-sentinel"],
        "healthcheck": {"test": ["CMD", "true", "old-sentinel"]},
        "logging": {"driver": "json-file", "options": {"tag": "old-sentinel"}},
    }
    asked_for = {
        "environment": {"PASSWORD": Secret("new-sentinel")},
        "labels": {"token": Secret("new-sentinel")},
        "command": ["sleep", "100", Secret("new-sentinel")],
        "healthcheck": {"test": ["CMD", "true", Secret("new-sentinel")]},
        "logging": {"driver": "json-file", "options": {"tag": Secret("new-sentinel")}},
    }
    made = platform.create(made_with)
    causes = platform.differences(made, asked_for)

    assert causes == (
        "command changed",
        "environment.PASSWORD changed",
        "healthcheck.test changed",
        "labels.token changed",
        "logging.options.tag changed",
    )


# What needs an engine newer than the oldest that phlo works with.
NEWER: tuple[tuple[tuple[int, int], dict[str, Any], dict[str, Any], str], ...] = (
    (
        (1, 44),
        {"healthcheck": {"test": "true", "start_interval": "2s"}},
        {"healthcheck": {"test": "true", "start_interval": "3s"}},
        "healthcheck.start_interval: 2s -> 3s",
    ),
    ((1, 43), {"annotations": {"a": "1"}}, {"annotations": {"a": "2"}}, "annotations.a changed"),
    (
        (1, 44),
        {"networks": {"default": {"priority": 1}, "extra": {"mac_address": "02:42:0a:d5:01:10"}}},
        {"networks": {"default": {"priority": 1}, "extra": {"mac_address": "02:42:0a:d5:01:11"}}},
        "_extra.mac_address: 02:42:0a:d5:01:10 -> 02:42:0a:d5:01:11",
    ),
    (
        (1, 48),
        {"networks": {"default": {"gw_priority": 1}, "extra": {}}},
        {"networks": {"default": {"gw_priority": 2}, "extra": {}}},
        "_default.gw_priority: 1 -> 2",
    ),
)


@pytest.mark.parametrize(("since", "made_with", "asked_for", "cause"), NEWER, ids=shown)
def test_what_only_newer_engines_know_is_left_out_by_older_ones(
    platform: Platform, since: tuple[int, int], made_with: dict[str, Any], asked_for: dict[str, Any], cause: str
) -> None:
    made = platform.create(made_with)
    is_known = platform.engine.api >= since

    assert platform.differences(made, made_with) == ()
    assert (unsupported(*platform.wanted(made_with), platform.engine.api) == ()) is is_known
    assert (cause in "\n".join(platform.differences(made, asked_for))) is is_known
