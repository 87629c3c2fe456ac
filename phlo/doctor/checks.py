"""What `phlo doctor` looks at on this machine: engine, disks, clock, network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from phlo.doctor.network import check_mirrors, check_own_registries, check_registry
from phlo.doctor.ports import WantedPort, check_ports
from phlo.doctor.result import CheckResult, CheckStatus
from phlo.errors import PhloError
from phlo.hosts.connect import open_engine
from phlo.hosts.engine_reader import EngineReader

_GIGABYTE = 1e9
_DISK_FAIL, _DISK_WARN = 2 * _GIGABYTE, 10 * _GIGABYTE
_CLOCK_SECONDS = 5.0
# Storage drivers that copy whole layers, or that newer engines no longer have.
_POOR_DRIVERS = {"vfs": "copies every layer whole", "devicemapper": "is gone from newer engines", "aufs": "is gone"}


def check_machine(
    *,
    environ: Mapping[str, str],
    folder: Path,
    now: float,
    docker_host: str | None = None,
    cert_path: str | None = None,
    ports: Sequence[WantedPort] = (),
    project: str = "",
    references: Sequence[str] = (),
) -> Iterator[CheckResult]:
    """Look at this machine's engine, disks and network; changes nothing, and takes seconds where no network answers.

    docker_host, cert_path: see `open_engine`.
    folder: the project's. now: seconds since the epoch. ports: what the project wants to publish, and `project`
    its name, so that its own containers do not count as taking them. references: of its images.
    """
    try:
        with closing(open_engine(docker_host, name="local", environ=environ, cert_path=cert_path)) as engine:
            yield from _of_engine(engine.reader(), now, ports, project, references)
    except PhloError as error:
        yield CheckResult(name="engine", status=CheckStatus.FAIL, text=error.what, fix=error.fix)
    yield check_disk("project folder", folder)
    yield check_mirrors()


def _of_engine(
    engine: EngineReader, now: float, ports: Sequence[WantedPort], project: str, references: Sequence[str]
) -> Iterator[CheckResult]:
    version, info = engine.get("/version"), engine.get("/info")
    yield check_engine(version, info)
    root = Path(str(info.get("DockerRootDir", "")))
    yield check_storage(info)
    yield check_cgroup(info)
    if root.is_dir():
        yield check_disk("engine's disk", root)
    yield check_clock(str(info.get("SystemTime", "")), now)
    yield from check_ports(ports, engine, project, is_local=root.is_dir())
    yield check_registry(str(info.get("IndexServerAddress", "")))
    configured = (info.get("RegistryConfig") or {}).get("IndexConfigs") or {}
    insecure = [name for name, config in configured.items() if not config.get("Secure", True)]
    yield from check_own_registries(references, insecure)


def check_engine(version: Mapping[str, Any], info: Mapping[str, Any]) -> CheckResult:
    text = (
        f"Docker {version.get('Version')}, API {version.get('ApiVersion')}, {version.get('Os')}/{version.get('Arch')}, "
        f"{info.get('NCPU')} CPUs, {int(info.get('MemTotal') or 0) / _GIGABYTE:.0f} GB of memory"
    )
    data = {
        "version": version.get("Version"),
        "api": version.get("ApiVersion"),
        "parts": {part.get("Name"): part.get("Version") for part in version.get("Components") or ()},
        "system": info.get("OperatingSystem"),
        "kernel": info.get("KernelVersion"),
        "cpus": info.get("NCPU"),
        "memory_bytes": info.get("MemTotal"),
        "containers": info.get("Containers"),
        "images": info.get("Images"),
        "security": info.get("SecurityOptions"),
        "warnings": info.get("Warnings"),
    }
    return CheckResult(name="engine", status=CheckStatus.OK, text=text, data=data)


def check_storage(info: Mapping[str, Any]) -> CheckResult:
    driver = str(info.get("Driver"))
    if driver in _POOR_DRIVERS:
        return CheckResult(
            name="storage driver",
            status=CheckStatus.WARN,
            text=f"{driver}, which {_POOR_DRIVERS[driver]}",
            fix="Put the engine's data folder on a disk where overlay2 works (ext4, or xfs with ftype=1).",
        )
    return CheckResult(name="storage driver", status=CheckStatus.OK, text=driver)


def check_cgroup(info: Mapping[str, Any]) -> CheckResult:
    text = f"version {info.get('CgroupVersion', '1')}, driver {info.get('CgroupDriver')}"
    missing = [name for key, name in (("MemoryLimit", "memory"), ("CpuCfsQuota", "CPU")) if not info.get(key)]
    if missing:
        return CheckResult(
            name="cgroups",
            status=CheckStatus.WARN,
            text=f"{text}; {' and '.join(missing)} limits do not work",
            fix="Enable these cgroup controllers in the kernel's command line; limits are ignored till then.",
        )
    return CheckResult(name="cgroups", status=CheckStatus.OK, text=text)


def check_disk(name: str, folder: Path) -> CheckResult:
    free = shutil.disk_usage(folder).free
    text = f"{free / _GIGABYTE:.0f} GB free at {folder}"
    if free < _DISK_FAIL:
        fix = "Free some: `docker system df` shows what uses the space, `docker system prune` frees what nothing uses."
        return CheckResult(name=name, status=CheckStatus.FAIL, text=text, fix=fix)
    if free < _DISK_WARN:
        fix = "Images of a whole platform take about 10 GB."
        return CheckResult(name=name, status=CheckStatus.WARN, text=text, fix=fix)
    return CheckResult(name=name, status=CheckStatus.OK, text=text)


def check_clock(engine_time: str, now: float) -> CheckResult:
    """Compare the engine's clock with this machine's. engine_time: as `/info` has it (RFC 3339)."""
    from datetime import datetime

    try:
        away = abs(datetime.fromisoformat(engine_time[:19] + "+00:00").timestamp() - now)
    except ValueError:
        return CheckResult(name="clock", status=CheckStatus.INFO, text="the engine does not tell its time")
    if away > _CLOCK_SECONDS:
        return CheckResult(
            name="clock",
            status=CheckStatus.WARN,
            text=f"the engine's clock is {away:.0f} s away from this machine's",
            fix="Set both by NTP; certificates and signed requests fail otherwise.",
        )
    return CheckResult(name="clock", status=CheckStatus.OK, text="the engine's agrees with this machine's")
