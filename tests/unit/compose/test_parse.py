from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phlo.compose import Part, parse_parts
from phlo.compose.attributes import ATTRIBUTES, Support, names
from phlo.compose.model import (
    BlockIO,
    Build,
    ComposeService,
    Device,
    DeviceRequest,
    EnvFile,
    FileReference,
    Healthcheck,
    Link,
    Logging,
    Restart,
    ServiceNetwork,
    Ulimit,
    Update,
)
from phlo.errors import ConfigError
from phlo.image_source import BuildSecret, BuildSettings
from phlo.values import Secret

Parse = Callable[..., ComposeService]
ErrorsOf = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("image", "busybox:1", "busybox:1"),
        ("image", "localhost:5000/a/b_c--d.e:V1.2-x", "localhost:5000/a/b_c--d.e:V1.2-x"),
        ("image", f"Registry.example/a@sha256:{'0' * 64}", f"Registry.example/a@sha256:{'0' * 64}"),
        ("image", "0123456789ab", "0123456789ab"),
        ("pull_policy", "if_not_present", "missing"),
        ("profiles", ["api"], ("api",)),
        ("scale", "2", 2),
        ("build", "./app", Build(context=Path("/project/app"))),
        (
            "build",
            {"context": "/app", "dockerfile": "D", "args": ["A=1", "B"], "target": "t"},
            Build(context=Path("/app"), dockerfile="D", args={"A": "1", "B": None}, target="t"),
        ),
        ("command", "sleep '1 2'", ("sleep", "1 2")),
        ("command", ["sleep", 1], ("sleep", "1")),
        ("command", "", ()),
        ("command", None, None),
        ("entrypoint", [], ()),
        ("env_file", "a.env", (EnvFile(path=Path("/project/a.env")),)),
        (
            "env_file",
            ["a.env", {"path": "/b.env", "required": False, "format": "raw"}],
            (
                EnvFile(path=Path("/project/a.env")),
                EnvFile(path=Path("/b.env"), is_required=False, format="raw"),
            ),
        ),
        ("working_dir", "/app/", "/app"),
        ("user", 1000, "1000"),
        ("group_add", ["docker", 7], ("docker", "7")),
        ("stop_grace_period", "1m", 60_000_000_000),
        ("healthcheck", {"test": "curl x"}, Healthcheck(test=("CMD-SHELL", "curl x"))),
        ("healthcheck", {"test": ["CMD", "true"], "retries": "3"}, Healthcheck(test=("CMD", "true"), retries=3)),
        ("healthcheck", {"test": ["CMD-SHELL", "a", "b"]}, Healthcheck(test=("CMD-SHELL", "a", "b"))),
        ("healthcheck", {"test": ""}, Healthcheck(test=("CMD-SHELL", ""))),
        ("healthcheck", {"test": "NONE"}, Healthcheck(test=("CMD-SHELL", "NONE"))),
        ("healthcheck", {"test": []}, Healthcheck()),
        ("healthcheck", {"test": ["NONE"]}, Healthcheck(test=("NONE",))),
        ("healthcheck", {"test": ["NONE", "x"]}, Healthcheck(test=("NONE",))),
        ("healthcheck", {"test": ["CMD", "x"], "disable": True}, Healthcheck(test=("NONE",))),
        ("healthcheck", {"disable": False}, Healthcheck()),
        ("healthcheck", {"retries": 3.0, "interval": "+5s"}, Healthcheck(retries=3, interval=5_000_000_000)),
        ("healthcheck", {"disable": True, "interval": "1s"}, Healthcheck(test=("NONE",))),
        (
            "healthcheck",
            {"interval": "1s", "timeout": "2s", "start_period": "3s", "start_interval": "4s"},
            Healthcheck(
                interval=1_000_000_000, timeout=2_000_000_000, start_period=3_000_000_000, start_interval=4_000_000_000
            ),
        ),
        ("restart", False, Restart(name="no")),
        ("restart", "on-failure:3", Restart(name="on-failure", max_retries=3)),
        ("restart", "unless-stopped", Restart(name="unless-stopped")),
        ("restart", "", None),
        ("labels", ["a=1", "b"], {"a": "1", "b": ""}),
        ("annotations", {"a": 1}, {"a": "1"}),
        (
            "logging",
            {"driver": "local", "options": {"max-size": 10}},
            Logging(driver="local", options={"max-size": "10"}),
        ),
        ("links", ["db", "db:store"], (Link(service="db", alias="db"), Link(service="db", alias="store"))),
        ("extra_hosts", ["a:10.0.0.1", "b=::1", "c:host-gateway"], ("a:10.0.0.1", "b:::1", "c:host-gateway")),
        ("extra_hosts", {"a": ["10.0.0.1", "10.0.0.2"]}, ("a:10.0.0.1", "a:10.0.0.2")),
        ("extra_hosts", ["a=10.0.0.1,10.0.0.2", "a:[::1]", "b=[::1]"], ("a:10.0.0.1", "a:10.0.0.2", "a:::1", "b:::1")),
        ("extra_hosts", {"a": "[::1]", "b": "10.0.0.1,10.0.0.2"}, ("a:::1", "b:10.0.0.1", "b:10.0.0.2")),
        ("memswap_limit", -1, -1),
        ("mem_limit", -1, None),
        ("mem_reservation", "-1", None),
        ("dns", ["", "10.0.0.1"], ("10.0.0.1",)),
        ("logging", {"driver": ""}, Logging()),
        ("pull_policy", "every_12h", "missing"),
        ("dns", "10.0.0.1", ("10.0.0.1",)),
        ("mac_address", "02-42-AC-11-00-02", "02:42:ac:11:00:02"),
        ("configs", ["app"], (FileReference(source="app", target="/app"),)),
        ("secrets", ["key"], (FileReference(source="key", target="/run/secrets/key"),)),
        (
            "secrets",
            [{"source": "key", "target": "other", "uid": "7", "gid": 8, "mode": "0400"}],
            (FileReference(source="key", target="/run/secrets/other", uid=7, gid=8, mode=0o400),),
        ),
        ("configs", [{"source": "a", "target": "/etc/a"}], (FileReference(source="a", target="/etc/a"),)),
        ("cap_add", ["CAP_SYS_TIME", "net_admin"], ("NET_ADMIN", "SYS_TIME")),
        ("security_opt", ["no-new-privileges:true", "label=user:x"], ("label=user:x", "no-new-privileges=true")),
        ("ipc", "service:db", "service:db"),
        ("sysctls", {"net.core.somaxconn": 1024}, {"net.core.somaxconn": "1024"}),
        (
            "ulimits",
            {"nofile": 5, "core": {"soft": 0, "hard": -1}},
            {"core": Ulimit(soft=0, hard=-1), "nofile": Ulimit(soft=5, hard=5)},
        ),
        ("devices", ["/dev/a:/dev/b:r"], (Device(source="/dev/a", target="/dev/b", permissions="r"),)),
        (
            "devices",
            [{"source": "/dev/a", "permissions": "rw"}],
            (Device(source="/dev/a", target="/dev/a", permissions="rw"),),
        ),
        ("shm_size", "64m", 64 << 20),
        ("cpus", "0.5", 0.5),
        ("cpu_period", "50ms", 50_000),
        ("cpu_quota", 25_000, 25_000),
        (
            "blkio_config",
            {"weight": 300, "device_read_bps": [{"path": "/dev/a", "rate": "1m"}]},
            BlockIO(weight=300, devices={"device_read_bps": (("/dev/a", 1 << 20),)}),
        ),
    ],
)
def test_an_attribute_is_normalized(parse: Parse, name: str, written: Any, read: Any) -> None:
    assert getattr(parse(**{name: written}), name) == read


@pytest.mark.parametrize(
    ("name", "written", "error"),
    [
        (
            "image",
            "A b",
            'should be [REGISTRY/]NAME[:TAG], got "A b". Write the name in small letters, e.g. my-registry/api:1.2.',
        ),
        (
            "image",
            "Web:1",
            'should be [REGISTRY/]NAME[:TAG], got "Web:1". Write the name in small letters, e.g. my-registry/api:1.2.',
        ),
        (
            "image",
            "web:",
            'should be [REGISTRY/]NAME[:TAG], got "web:". Write the name in small letters, e.g. my-registry/api:1.2.',
        ),
        ("imgae", "x", '"imgae" is not an attribute of a service. Did you mean "image"?'),
        ("memory_limit", "1g", '"memory_limit" is not an attribute of a service. Did you mean "mem_limit"?'),
        (
            "extends",
            {},
            "is not supported. Only inline services and services of Compose files can extend another one.",
        ),
        ("command", 'sleep "1', "cannot be split into words: no closing quotation. Close the quote, or write a list."),
        ("working_dir", "app", 'should be an absolute path, got "app".'),
        ("hostname", "a b", 'should be a host name (letters, digits, dots and dashes), got "a b".'),
        (
            "container_name",
            "-a",
            'should be a container\'s name (letters, digits, _ . and -, starting with a letter or digit), got "-a".',
        ),
        (
            "restart",
            True,
            ('should be one of no, always, on-failure, unless-stopped, got true. Write "always" or "unless-stopped".'),
        ),
        (
            "restart",
            "alway",
            'should be one of no, always, on-failure, unless-stopped, got "alway". Did you mean "always"?',
        ),
        ("restart", "always:3", 'should be "always" without a number, got "always:3". Only "on-failure:3" takes one.'),
        (
            "network_mode",
            "servce:x",
            'should be one of none, host, bridge, service:NAME, container:NAME, got "servce:x".',
        ),
        ("ipc", "hosts", 'should be one of none, private, shareable, host, service:NAME, container:NAME, got "hosts".'),
        ("dns", ["10.0.0.300"], 'should be an IP address, got "10.0.0.300".'),
        ("cap_add", ["NET ADMIN"], 'should be a capability, e.g. "NET_ADMIN", got "NET ADMIN".'),
        (
            "devices",
            ["dev/a"],
            ('should be /dev/HOST:/dev/CONTAINER, got "dev/a". For example "/dev/fuse" or "/dev/sda:/dev/xvda:r".'),
        ),
        ("ulimits", {"nofile": {"soft": 9, "hard": 8}}, "the soft limit 9 is above the hard limit 8."),
        (
            "healthcheck",
            {"test": ["curl", "x"]},
            'should start with CMD, CMD-SHELL or NONE. Put "CMD" before the command.',
        ),
        ("healthcheck", {"test": ["CMD-SHELL"]}, 'should be ["CMD-SHELL", "a command"].'),
        ("healthcheck", {"test": ["CMD"]}, 'should be ["CMD", "program", ...].'),
        ("healthcheck", {"interval": "10us"}, 'should be 0 or at least 1ms, got "10us".'),
        (
            "build",
            {"context": ".", "privileged": True},
            ("phlo's builds do not have it. Write `entitlements: [security.insecure]`, which BuildKit has for it."),
        ),
        ("build", {"ssh": ["git"]}, '"git" has no path. Write ID=PATH of a key or of an agent\'s socket, or default.'),
        (
            "build",
            {"additional_contexts": {"base": "service:web"}},
            (
                "phlo does not build from the image of another service. "
                "Give that service an `image`, and write docker-image://IMAGE."
            ),
        ),
        (
            "build",
            "https://host/repo.git",
            "a build context should be a folder. Clone the repository, and name its folder.",
        ),
        ("deploy", {"mode": "globl"}, 'should be one of replicated, global, got "globl". Did you mean "global"?'),
        ("deploy", {"resources": {"limits": {"memroy": "1g"}}}, '"memroy" is not known here. Did you mean "memory"?'),
        (
            "depends_on",
            {"db": {"condition": "healthy"}},
            (
                "should be one of service_started, service_healthy, "
                'service_completed_successfully, got "healthy". Did you mean "service_healthy"?'
            ),
        ),
        ("networks", {"a": {"ipv4_address": "::1"}}, 'should be an IPv4 address, got "::1".'),
        ("gpus", "some", 'should be "all" or a list, got "some".'),
        ("isolation", "hyperv", 'should be "default", got "hyperv".'),
        (
            "user",
            Secret("x"),
            ("must not hold a secret, for it is shown in plans and by `docker inspect`. Use a plain value."),
        ),
        ("memswap_limit", "1g", "needs mem_limit, which it is the total of. Give mem_limit too."),
        ("labels", {"phlo.project": "x"}, "is a label that phlo itself sets. Choose another name."),
    ],
)
def test_a_wrong_value_names_where_what_and_fix(errors_of: ErrorsOf, name: str, written: Any, error: str) -> None:
    (found,) = errors_of(**{name: written})

    assert found.startswith(f"phlo.yaml:7 services.web.{name}")
    assert found.endswith(f": {error}")


@pytest.mark.parametrize(
    ("attributes", "error"),
    [
        (
            {"network_mode": "host", "networks": ["a"]},
            'network_mode: "network_mode" and "networks" contradict each other. Keep one of the two.',
        ),
        (
            {"network_mode": "host", "ports": ["80:80"]},
            'ports: has no meaning with "network_mode: host". Take out ports or network_mode.',
        ),
        (
            {"network_mode": "service:db", "expose": ["80"]},
            'expose: has no meaning with "network_mode: service:db". Take out expose or network_mode.',
        ),
        (
            {"network_mode": "service:db", "hostname": "x"},
            'hostname: has no meaning with "network_mode: service:db". Take out hostname or network_mode.',
        ),
        (
            {"mem_limit": "1g", "deploy": {"resources": {"limits": {"memory": "2g"}}}},
            "mem_limit: mem_limit (1073741824) and deploy (2147483648) say different things. Keep one of the two.",
        ),
        (
            {"scale": 2, "container_name": "web"},
            "container_name: a fixed name allows one container, and 2 are asked for. Take out container_name.",
        ),
        (
            {"cpus": 1, "cpu_quota": 1000},
            'cpus: "cpus" and "cpu_quota" or "cpu_period" contradict each other. Keep one of the two.',
        ),
        (
            {"mem_limit": "2g", "memswap_limit": "1g"},
            "memswap_limit: is memory and swap together, so not below mem_limit.",
        ),
        ({"mem_limit": "1g", "mem_reservation": "2g"}, "mem_reservation: should not be above mem_limit."),
    ],
)
def test_attributes_that_contradict_each_other_are_an_error(
    errors_of: ErrorsOf, attributes: dict[str, Any], error: str
) -> None:
    assert errors_of(**attributes) == [f"phlo.yaml:7 services.web.{error}"]


def test_all_errors_are_found_at_once(errors_of: ErrorsOf) -> None:
    found = errors_of(ports=["80a", "1:2:3:4"], imgae="x", healthcheck={"tset": 1, "retries": -1}, mem_limit="x")

    assert len(found) == 6


def test_an_error_does_not_show_a_secret(errors_of: ErrorsOf) -> None:
    found = errors_of(ports=[Secret("sentinel")], restart=Secret("sentinel"), environment=[Secret("=sentinel")])

    assert len(found) == 3
    assert "sentinel" not in "".join(found)


def test_what_is_not_given_and_x_keys_leave_no_trace(parse: Parse) -> None:
    assert parse(**{"x-note": [1], "image": None, "ports": None}) == ComposeService(
        networks=(ServiceNetwork(key="default"),)
    )


@pytest.mark.parametrize("name", names(Support.WARNED))
def test_what_an_engine_cannot_honour_is_a_warning_by_name(parse: Parse, name: str) -> None:
    (warning,) = parse(**{name: "x"}).warnings

    assert warning == f"phlo.yaml:7 services.web.{name}: {ATTRIBUTES[name].note}"


@pytest.mark.parametrize("name", names(Support.REFUSED))
def test_what_would_change_the_service_is_refused_by_name(errors_of: ErrorsOf, name: str) -> None:
    assert errors_of(**{name: "x"}) == [f"phlo.yaml:7 services.web.{name}: is not supported. {ATTRIBUTES[name].note}"]


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_each_attribute_is_either_read_or_has_a_note(name: str) -> None:
    row = ATTRIBUTES[name]

    assert (row.read is not None, bool(row.note)) == ((True, False) if row.support == "honoured" else (False, True))


def test_deploy_means_the_same_as_the_services_own_attributes(parse: Parse) -> None:
    limits = {"cpus": "0.5", "memory": "1g", "pids": 7}
    reserved = {"memory": "512m", "devices": [{"capabilities": ["gpu"], "count": 1}]}
    service = parse(
        deploy={
            "replicas": 2,
            "resources": {"limits": limits, "reservations": reserved},
            "restart_policy": {"condition": "on-failure", "max_attempts": 4},
        },
        mem_limit="1024m",
    )

    assert (service.cpus, service.mem_limit, service.pids_limit, service.scale) == (0.5, 1 << 30, 7, 2)
    assert service.mem_reservation == 512 << 20
    assert service.restart == Restart(name="on-failure", max_retries=4, is_from_deploy=True)
    assert service.device_requests == (DeviceRequest(capabilities=("gpu",), count=1),)
    assert service.warnings == ()


def test_what_the_builder_is_told_is_read(parse: Parse) -> None:
    given = {
        "context": ".",
        "labels": ["a=1", "b"],
        "tags": ["shop/web:1", "shop/web:latest"],
        "no_cache": "true",
        "pull": True,
        "network": "host",
        "extra_hosts": {"db": "10.0.0.1"},
        "shm_size": "64m",
        "ulimits": {"nofile": 10},
        "dockerfile_inline": "FROM scratch\n",
    }
    buildkit = {
        "platforms": ["linux/amd64", "linux/arm64"],
        "additional_contexts": ["docs=../docs", "alpine=docker-image://alpine:3"],
        "secrets": ["token", {"source": "npm", "target": "npmrc"}],
        "ssh": ["default", "git=keys/git"],
        "cache_from": ["a"],
        "cache_to": ["type=inline"],
        "entitlements": ["network.host"],
    }
    service = parse(build={**given, **buildkit, "provenance": True, "sbom": False})
    assert service.build is not None
    assert service.build.settings == BuildSettings(
        labels={"a": "1", "b": ""},
        tags=("shop/web:1", "shop/web:latest"),
        no_cache=True,
        pull=True,
        network="host",
        extra_hosts=("db:10.0.0.1",),
        shm_size=64 << 20,
        ulimits=({"Name": "nofile", "Soft": 10, "Hard": 10},),
        dockerfile_text="FROM scratch\n",
        platforms=("linux/amd64", "linux/arm64"),
        contexts={"docs": "/docs", "alpine": "docker-image://alpine:3"},
        secrets=(BuildSecret(id="token", source="token"), BuildSecret(id="npmrc", source="npm")),
        ssh=("default", "git=/project/keys/git"),
        cache_from=("a",),
        cache_to=("type=inline",),
        entitlements=("network.host",),
    )
    assert [warning.split(": ")[0].rpartition(".")[2] for warning in service.warnings] == ["provenance", "sbom"]


def test_a_build_has_one_dockerfile(errors_of: ErrorsOf) -> None:
    (error,) = errors_of(build={"dockerfile": "a", "dockerfile_inline": "FROM scratch"})
    assert '"dockerfile" and "dockerfile_inline" contradict each other' in error


_NOT_GIVEN = (
    *("platform", "user", "ipc", "pid", "uts", "network_mode", "stop_signal", "mac_address", "cgroup_parent"),
    *("runtime", "userns_mode", "isolation", "working_dir", "hostname", "domainname", "restart"),
)


@pytest.mark.parametrize("name", _NOT_GIVEN)
def test_an_empty_text_is_an_attribute_that_is_not_given(name: str, parse: Parse) -> None:
    assert parse(**{name: ""}) == parse()


def test_the_priority_of_a_gateway_and_the_name_of_an_interface_are_read(parse: Parse) -> None:
    network = parse(networks={"back": {"gw_priority": 7, "interface_name": "eth5", "ipv4_address": ""}}).networks[0]
    assert (network.gw_priority, network.ipv4_address) == (7, None)
    assert network.driver_opts == {"com.docker.network.endpoint.ifname": "eth5"}


def test_a_device_of_a_driver_is_read_in_the_long_form_too(parse: Parse) -> None:
    service = parse(devices=[{"source": "vendor.com/gpu=0", "target": "vendor.com/gpu=0"}])
    assert (service.devices, service.device_requests) == (
        (),
        (DeviceRequest(driver="cdi", device_ids=("vendor.com/gpu=0",)),),
    )


_RESTARTS = {
    None: None,
    "": None,
    "no": ("no", 0),
    "none": ("no", 0),
    "always": ("always", 0),
    "any": ("always", 0),
    "unless-stopped": ("unless-stopped", 0),
    "on-failure": ("on-failure", 0),
    "on-failure:3": ("on-failure", 3),
}
_POLICIES: tuple[tuple[dict[str, Any] | None, tuple[str, int] | None], ...] = (
    (None, None),
    ({}, ("always", 0)),
    ({"condition": ""}, ("always", 0)),
    ({"condition": "none"}, ("no", 0)),
    ({"condition": "no"}, ("no", 0)),
    ({"condition": "any"}, ("always", 0)),
    ({"condition": "always"}, ("always", 0)),
    ({"condition": "unless-stopped"}, ("unless-stopped", 0)),
    ({"condition": "on-failure"}, ("on-failure", 0)),
    ({"condition": "on-failure", "max_attempts": "3"}, ("on-failure", 3)),
)


@pytest.mark.parametrize("restart", _RESTARTS)
@pytest.mark.parametrize(("policy", "expected"), _POLICIES)
def test_the_restart_policy_of_deploy_wins_over_restart(
    restart: str | None, policy: dict[str, Any] | None, expected: tuple[str, int] | None, parse: Parse
) -> None:
    found = parse(restart=restart, deploy={"restart_policy": policy})
    wanted = _RESTARTS[restart] if policy is None else expected
    assert (found.restart and (found.restart.name, found.restart.max_retries)) == wanted
    is_overridden = policy is not None and _RESTARTS[restart] not in (None, expected)
    assert any("restart: has no effect" in warning for warning in found.warnings) is is_overridden


def test_a_label_without_a_value_is_empty(parse: Parse) -> None:
    assert parse(deploy={"labels": ["a", "b=1"]}).in_swarm.labels == {"a": "", "b": "1"}


def test_the_order_of_an_update_is_honoured(parse: Parse) -> None:
    assert parse(deploy={"update_config": {"order": "start-first"}}).update.starts_first
    assert not parse(deploy={"update_config": {"order": "stop-first"}}).update.starts_first


def test_how_instances_are_replaced_is_honoured(parse: Parse) -> None:
    assert parse().update == Update(parallelism=1)
    given = {"parallelism": 2, "delay": "5s", "max_failure_ratio": 0.25}
    update = parse(deploy={"update_config": given}).update
    assert update == Update(parallelism=2, delay_seconds=5.0, max_failure_ratio=0.25)
    assert [update.allowed_failures(count) for count in (3, 4, 9)] == [0, 1, 2]
    assert parse(deploy={"update_config": {"failure_action": "continue"}}).update.allowed_failures(3) == 3


def test_what_an_update_cannot_do_is_a_warning(parse: Parse) -> None:
    given = {"failure_action": "rollback", "monitor": "5s", "max_failures": 1, "max_failure_ratio": 0.5}
    service = parse(deploy={"update_config": given})
    at = "phlo.yaml:7 services.web.deploy.update_config"
    assert service.update.allowed_failures(10) == 1
    assert set(service.warnings) == {
        f'{at}.failure_action: means "pause" outside of a Swarm; `--rollback stack` puts back what was replaced',
        f"{at}.monitor: has an effect only in a Swarm",
        f"{at}.max_failures: is used, and max_failure_ratio is not",
    }


def test_what_only_a_swarm_can_do_is_a_warning(parse: Parse) -> None:
    service = parse(
        restart="no",
        deploy={"placement": {"constraints": ["a"]}, "restart_policy": {"delay": "5s"}, "labels": {"a": "b"}},
    )

    assert service.restart == Restart(name="always", is_from_deploy=True)
    assert service.warnings == (
        "phlo.yaml:7 services.web.deploy.placement: has an effect only in a Swarm",
        "phlo.yaml:7 services.web.deploy.restart_policy.delay: is chosen by the engine outside of a Swarm",
        "phlo.yaml:7 services.web.deploy.labels: has an effect only in a Swarm",
        "phlo.yaml:7 services.web.restart: has no effect, because deploy.restart_policy is given",
    )


@pytest.mark.parametrize(("entrypoint", "count"), [(None, 1), ([], 1), (["sh"], 0)])
def test_an_empty_command_that_engines_ignore_is_a_warning(parse: Parse, entrypoint: Any, count: int) -> None:
    assert len(parse(command=[], entrypoint=entrypoint).warnings) == count


def test_gpus_are_device_requests(parse: Parse) -> None:
    assert parse(gpus="all").device_requests == (DeviceRequest(count=-1, capabilities=("gpu",)),)
    assert parse(gpus=[{"driver": "x", "device_ids": ["0"]}]).device_requests == (
        DeviceRequest(driver="x", device_ids=("0",), capabilities=("gpu",)),
    )
    assert parse(devices=["vendor.com/gpu=0"]).device_requests == (
        DeviceRequest(driver="cdi", device_ids=("vendor.com/gpu=0",)),
    )


def test_a_name_without_a_value_is_taken_from_the_variables(parse: Parse) -> None:
    service = parse(environment=["A=1", "B"])

    assert service.environment == {"A": "1"}
    assert service.environment_from_host == ("B",)


def test_secrets_stay_secret_in_what_may_hold_them(parse: Parse) -> None:
    service = parse(
        environment={"P": Secret("x y")}, command=Secret("run 'x y'"), healthcheck={"test": Secret("probe x")}
    )

    assert service.environment == {"P": Secret("x y")}
    assert service.command == (Secret("run"), Secret("x y"))
    assert service.healthcheck == Healthcheck(test=("CMD-SHELL", Secret("probe x")))


def test_the_first_network_is_that_of_the_highest_priority(parse: Parse) -> None:
    service = parse(networks={"b": None, "a": {}, "c": {"priority": "9", "aliases": ["x"]}})

    assert service.networks == (
        ServiceNetwork(key="c", priority=9, aliases=("x",)),
        ServiceNetwork(key="a"),
        ServiceNetwork(key="b"),
    )


def test_without_networks_it_joins_the_default_one(parse: Parse) -> None:
    assert parse().networks == (ServiceNetwork(key="default"),)
    assert parse(network_mode="host").networks == ()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["a"], {"a": {"condition": None, "required": True, "restart": False}}),
        ({"a": None}, {"a": {"condition": None, "required": True, "restart": False}}),
        (
            {"a": {"condition": "service_healthy", "required": "false", "restart": True}},
            {"a": {"condition": "service_healthy", "required": False, "restart": True}},
        ),
    ],
)
def test_dependencies_have_one_form(parse: Parse, written: Any, read: Any) -> None:
    assert parse(depends_on=written).depends_on == read


def test_what_a_service_borrows_it_depends_on(parse: Parse) -> None:
    service = parse(network_mode="service:a", pid="service:b", volumes_from=["c"], depends_on=["c"])

    assert service.depends_on == {
        "c": {"condition": None, "required": True, "restart": False},
        "a": {"condition": "service_started", "required": True, "restart": True},
        "b": {"condition": "service_started", "required": True, "restart": True},
    }


def test_label_files_stand_below_the_labels(parse: Parse, tmp_path: Path) -> None:
    path = tmp_path / "labels"
    path.write_text("# who\n\na=1\nb=x=y # note\nexport c='$a'\nd=\"$b\\n${a}\"\nalone\n")
    service = parse(root=tmp_path, label_file="labels", labels={"a": "2"})

    assert service.labels == {"a": "2", "b": "x=y", "c": "$a", "d": "x=y\n1"}  # as `docker compose config` has them
    assert service.read_files == (path,)


def test_a_seccomp_profile_is_its_content(parse: Parse, errors_of: ErrorsOf, tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW"}, indent=2))
    service = parse(root=tmp_path, security_opt=["seccomp:profile.json"])

    assert service.security_opt == ('seccomp={"defaultAction":"SCMP_ACT_ALLOW"}',)
    assert parse(security_opt=["seccomp=unconfined"]).security_opt == ("seccomp=unconfined",)
    assert errors_of(security_opt=["seccomp:none.json"]) == [
        "phlo.yaml:7 services.web.security_opt[0]: /project/none.json cannot be read: No such file or directory."
    ]


def test_a_domain_name_in_another_containers_network_is_warned_about(parse: Callable[..., ComposeService]) -> None:
    (warning,) = parse(network_mode="service:db", domainname="x").warnings

    assert warning == (
        "phlo.yaml:7 services.web.domainname: has no effect with network_mode: service:db; the other container's counts"
    )


def test_an_error_of_a_value_with_an_unset_variable_names_the_variable(tmp_path: Path) -> None:
    attributes = {"image": "app:${TAG}", "mem_limit": "${MEM}${UNIT}", "volumes": ["${DIR}:/d"], "user": "${U}"}
    part = Part(attributes=attributes, layer="", root=tmp_path, position=lambda *keys: f"web.{keys[0]}")
    noted: list[str] = []
    with pytest.raises(ConfigError) as caught:
        parse_parts([part], lookup=lambda name: None, unset=lambda name, where: noted.append(name))
    errors = {str(error.where): str(error) for error in caught.value.each()}
    assert set(errors) == {"web.image", "web.mem_limit", "web.volumes"}
    assert "(TAG is not set). Set TAG in .phlo/.env, or write a default: ${TAG:-VALUE}." in errors["web.image"]
    assert "(MEM and UNIT are not set). Set MEM and UNIT" in errors["web.mem_limit"]
    assert "(DIR is not set)" in errors["web.volumes"]
    assert noted == ["TAG", "MEM", "UNIT", "DIR", "U"]
