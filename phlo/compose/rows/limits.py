"""Devices, and how much of the host's resources the container gets."""

from __future__ import annotations

from phlo.compose import develop, kernel, limits, process
from phlo.compose.attribute import Attribute, Merge, Swarm
from phlo.compose.engine import fact
from phlo.compose.engine import limits as engine
from phlo.compose.engine.column import Engine, setting
from phlo.compose.loose import AMOUNT, ANY, FLAG, LIST, MAP, NUMBER, TEXT
from phlo.compose.scalars import boolean, integer, memory, positive_number, size, size_or_unlimited

ROWS: dict[str, Attribute] = {
    "ulimits": Attribute(
        loose=MAP,
        description="Limits of a process, as of `ulimit`.",
        read=limits.ulimits,
        engine=setting("HostConfig.Ulimits", engine.ulimit_facts, write=engine.ulimits, is_supplied=True),
        swarm_path="ContainerSpec.Ulimits",
    ),
    "devices": Attribute(
        loose=LIST,
        description="Devices of the host.",
        read=limits.devices,
        merge=Merge(identity=limits.device_identity),
        finish=limits.devices_of,
        engine=setting("HostConfig.Devices", engine.device_facts, write=engine.devices, has_items=True),
    ),
    "device_cgroup_rules": Attribute(
        loose=LIST,
        description="Rules for devices that appear later.",
        read=limits.device_rules,
        engine=setting("HostConfig.DeviceCgroupRules", fact.members),
    ),
    "gpus": Attribute(
        loose=ANY,
        description="Graphics processors.",
        read=limits.gpus,
        merge=Merge(identity=repr),
        engine=setting(
            "HostConfig.DeviceRequests", engine.device_request_facts, term="devices", write=engine.device_requests
        ),
        fields=("device_requests",),
    ),
    "deploy": Attribute(
        loose=MAP,
        description="Number of containers, resources, placement and updates.",
        read=limits.deploy,
        finish=limits.deploy_of,
        swarm=Swarm.HONOURED,
        fields=("update", "in_swarm"),
    ),
    "shm_size": Attribute(
        loose=AMOUNT,
        description="The size of `/dev/shm`.",
        read=size,
        engine=setting("HostConfig.ShmSize", fact.unless(64 << 20, show=fact.size), is_supplied=True),
        swarm=Swarm.HONOURED,
    ),
    "mem_limit": Attribute(
        loose=AMOUNT,
        description="The most memory.",
        read=memory,
        engine=setting("HostConfig.Memory", fact.SIZE, term="memory limit", is_optional=True, is_updatable=True),
        swarm_path="Resources.Limits.MemoryBytes",
    ),
    "mem_reservation": Attribute(
        loose=AMOUNT,
        description="The memory that is kept when the host runs short.",
        read=memory,
        engine=setting(
            "HostConfig.MemoryReservation", fact.SIZE, term="memory reservation", is_optional=True, is_updatable=True
        ),
        swarm_path="Resources.Reservations.MemoryBytes",
    ),
    "memswap_limit": Attribute(
        loose=AMOUNT,
        description="The most memory and swap together.",
        read=size_or_unlimited,
        engine=setting(
            "HostConfig.MemorySwap",
            engine.memory_swap_facts,
            also_reads=("HostConfig.Memory",),
            is_optional=True,
            is_updatable=True,
            unset="twice the memory limit",
        ),
    ),
    "mem_swappiness": Attribute(
        loose=NUMBER,
        description="How readily memory is swapped out, from 0 to 100.",
        read=integer(0, 100),
        engine=setting("HostConfig.MemorySwappiness", engine.swappiness_facts, is_optional=True),
    ),
    "oom_kill_disable": Attribute(
        loose=FLAG,
        description="Never kills a process for want of memory.",
        read=boolean,
        engine=setting("HostConfig.OomKillDisable", fact.FLAG, is_optional=True),
    ),
    "oom_score_adj": Attribute(
        loose=NUMBER,
        description="How readily a process is killed for want of memory, from -1000 to 1000.",
        read=integer(-1000, 1000),
        engine=setting("HostConfig.OomScoreAdj", fact.unless()),
    ),
    "cpus": Attribute(
        loose=NUMBER,
        description="The most processor time, in processors.",
        read=positive_number,
        engine=setting("HostConfig.NanoCpus", fact.CPUS, term="cpu limit", write=engine.cpus, is_updatable=True),
        swarm_path="Resources.Limits.NanoCPUs",
    ),
    "cpu_shares": Attribute(
        loose=NUMBER,
        description="The share of processor time when it runs short.",
        read=kernel.cpu_shares,
        engine=setting("HostConfig.CpuShares", fact.COUNT, is_updatable=True),
    ),
    "cpu_quota": Attribute(
        loose=AMOUNT,
        description="The processor time in each period, in microseconds.",
        read=process.microseconds,
        engine=setting("HostConfig.CpuQuota", fact.COUNT, is_updatable=True),
    ),
    "cpu_period": Attribute(
        loose=AMOUNT,
        description="The period of `cpu_quota`, in microseconds.",
        read=process.microseconds,
        engine=setting("HostConfig.CpuPeriod", fact.COUNT, is_updatable=True),
    ),
    "cpu_rt_period": Attribute(
        loose=AMOUNT,
        description="The period of `cpu_rt_runtime`, in microseconds.",
        read=process.microseconds,
        engine=setting("HostConfig.CpuRealtimePeriod", fact.COUNT, is_optional=True),
    ),
    "cpu_rt_runtime": Attribute(
        loose=AMOUNT,
        description="The real-time processor time in each period, in microseconds.",
        read=process.microseconds,
        engine=setting("HostConfig.CpuRealtimeRuntime", fact.COUNT, is_optional=True),
    ),
    "cpuset": Attribute(
        loose=TEXT,
        description="The processors that are used.",
        read=kernel.cpus,
        engine=Engine(
            paths=("HostConfig.CpusetCpus", "HostConfig.CpusetMems"),
            facts=engine.cpuset_facts,
            write=engine.cpuset,
            is_optional=True,
            updatable=("CpusetCpus", "CpusetMems"),
        ),
    ),
    "pids_limit": Attribute(
        loose=NUMBER,
        description="The most processes; -1 for no limit.",
        read=integer(-1),
        engine=setting("HostConfig.PidsLimit", fact.COUNT, term="pids limit", is_optional=True, is_updatable=True),
        swarm_path="Resources.Limits.Pids",
    ),
    "blkio_config": Attribute(
        loose=MAP,
        description="Limits of disk use.",
        read=limits.blkio,
        finish=limits.blkio_of,
        engine=Engine(
            paths=engine.BLOCK_PATHS,
            facts=engine.block_io_facts,
            write=engine.block_io,
            is_optional=True,
            updatable=("BlkioWeight",),
        ),
    ),
    "develop": Attribute(
        loose=MAP,
        description="What `phlo run watch` does when files change.",
        read=develop.develop,
        swarm=Swarm.BY_PHLO,
    ),
}
