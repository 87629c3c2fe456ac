"""Two values of every attribute that is part of a container's settings, for tests of all attributes at once."""

from __future__ import annotations

from typing import Any, NamedTuple


class Sample(NamedTuple):
    """before, after: two values that differ in one thing. beside: further attributes that it needs.

    word: what a cause calls the attribute, where neither its name nor its term.
    is_startable: whether a container with `before` starts on any Docker engine.
    """

    before: Any
    after: Any
    beside: dict[str, Any] = {}  # noqa: RUF012 - never changed
    word: str = ""
    is_startable: bool = True


SAMPLES: dict[str, Sample] = {
    "command": Sample("sleep 100", "sleep 200"),
    "entrypoint": Sample(["sh", "-c"], ["sh", "-ec"], {"command": ["sleep 100"]}),
    "environment": Sample({"A": "1"}, {"A": "2"}),
    "working_dir": Sample("/tmp", "/bin"),
    "user": Sample("7:8", "9"),
    "group_add": Sample(["7"], ["7", "8"]),
    "tty": Sample(True, False),
    "stdin_open": Sample(True, False),
    "init": Sample(True, False),
    "stop_signal": Sample("SIGINT", "SIGHUP"),
    "stop_grace_period": Sample("1s", "2s"),
    "healthcheck": Sample({"test": "true"}, {"test": "false"}),
    "restart": Sample("on-failure:3", "on-failure:4"),
    "labels": Sample({"a": "1"}, {"a": "2"}),
    "annotations": Sample({"a": "1"}, {"a": "2"}),
    "logging": Sample(
        {"driver": "json-file", "options": {"tag": "1"}}, {"driver": "json-file", "options": {"tag": "2"}}
    ),
    "hostname": Sample("a", "b"),
    "domainname": Sample("a.x", "b.x"),
    "ports": Sample(["127.0.0.1::80"], ["127.0.0.2::80"]),
    "expose": Sample(["70"], ["70", "71"]),
    "networks": Sample({"default": {"aliases": ["db"]}}, {"default": {"aliases": ["db", "sql"]}}),
    "network_mode": Sample("none", "host"),
    "mac_address": Sample("02:42:0a:d5:00:10", "02:42:0a:d5:00:11"),
    "links": Sample(["peer:a"], ["peer:a", "peer:b"], is_startable=False),
    "external_links": Sample(["other:a"], ["other:a", "other:b"], word="links"),
    "extra_hosts": Sample({"a": "10.0.0.1"}, {"a": "10.0.0.1", "b": "10.0.0.2"}),
    "dns": Sample(["10.0.0.1", "10.0.0.2"], ["10.0.0.2", "10.0.0.1"]),
    "dns_search": Sample(["a.x"], ["b.x"]),
    "dns_opt": Sample(["ndots:1"], ["ndots:2"]),
    "volumes": Sample(["data:/data"], ["data:/data:ro"]),
    "tmpfs": Sample(["/run:size=1m"], ["/run:size=2m"]),
    "volumes_from": Sample(["peer:ro"], ["peer:rw"], is_startable=False),
    "storage_opt": Sample({"size": "1g"}, {"size": "2g"}, is_startable=False),
    "privileged": Sample(True, False, is_startable=False),
    "read_only": Sample(True, False),
    "cap_add": Sample(["NET_ADMIN"], ["NET_ADMIN", "SYS_TIME"]),
    "cap_drop": Sample(["MKNOD"], ["MKNOD", "CHOWN"]),
    "security_opt": Sample(["no-new-privileges:true"], ["no-new-privileges:false"]),
    "userns_mode": Sample("host", None),
    "ipc": Sample("shareable", "private"),
    "pid": Sample("host", None),
    "uts": Sample("host", None),
    "cgroup": Sample("private", "host"),
    "cgroup_parent": Sample("/phlo-a", "/phlo-b", is_startable=False),
    "runtime": Sample("runc", "io.containerd.runc.v2"),
    "sysctls": Sample({"net.core.somaxconn": 1024}, {"net.core.somaxconn": 2048}),
    "ulimits": Sample({"nofile": 1024}, {"nofile": {"soft": 1024, "hard": 2048}}),
    "devices": Sample(["/dev/null:/dev/a:rw"], ["/dev/zero:/dev/a:rw"]),
    "device_cgroup_rules": Sample(["c 1:3 mr"], ["c 1:3 mr", "c 1:5 r"]),
    "gpus": Sample("all", [{"count": 1}], is_startable=False),
    "deploy": Sample(
        {"resources": {"limits": {"pids": 50}}}, {"resources": {"limits": {"pids": 60}}}, word="pids limit"
    ),
    "shm_size": Sample("128m", "256m"),
    "mem_limit": Sample("64m", "80m"),
    "mem_reservation": Sample("32m", "48m"),
    "memswap_limit": Sample("96m", "80m", {"mem_limit": "64m"}),
    "mem_swappiness": Sample(10, 60),
    "oom_kill_disable": Sample(True, False),
    "oom_score_adj": Sample(500, -500, is_startable=False),
    "cpus": Sample(0.25, 0.75),
    "cpu_shares": Sample(512, 256),
    "cpu_quota": Sample(50000, 60000),
    "cpu_period": Sample(100000, 50000),
    "cpu_rt_period": Sample("1s", "2s", is_startable=False),
    "cpu_rt_runtime": Sample("10ms", "20ms", is_startable=False),
    "cpuset": Sample("0", "0-1"),
    "pids_limit": Sample(50, 60),
    "blkio_config": Sample({"weight": 300}, {"weight": 400}, is_startable=False),
}

# Attributes whose effect is not in the body of ContainerCreate: on images, on what runs, on files.
BESIDE_SETTINGS = {
    "image",
    "build",
    "platform",
    "pull_policy",
    "profiles",
    "scale",
    "depends_on",
    "container_name",
    "env_file",
    "label_file",
    "configs",
    "secrets",
    "isolation",
    "develop",
}
