"""The doctor's findings, from what an engine and a machine say."""

from __future__ import annotations

import socket
from collections import namedtuple
from pathlib import Path

import pytest

from phlo.doctor import checks
from phlo.doctor.result import CheckResult, CheckStatus, masked, to_json, worst
from phlo.frozen import replace
from phlo.hosts.ports import is_port_taken


@pytest.mark.parametrize(
    ("driver", "status"), [("overlay2", CheckStatus.OK), ("vfs", CheckStatus.WARN), ("devicemapper", CheckStatus.WARN)]
)
def test_a_poor_storage_driver_is_warned_of(driver: str, status: CheckStatus) -> None:
    result = checks.check_storage({"Driver": driver})

    assert result.status is status
    assert bool(result.fix) is (status is CheckStatus.WARN)


def test_limits_that_do_not_work_are_named() -> None:
    result = checks.check_cgroup({"CgroupVersion": "2", "CgroupDriver": "systemd", "CpuCfsQuota": True})

    assert (result.status, result.text) == (CheckStatus.WARN, "version 2, driver systemd; memory limits do not work")


@pytest.mark.parametrize(("free", "status"), [(1e9, CheckStatus.FAIL), (5e9, CheckStatus.WARN), (50e9, CheckStatus.OK)])
def test_a_disk_that_gets_full_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: float, status: CheckStatus
) -> None:
    usage = namedtuple("usage", "total used free")(100e9, 100e9 - free, free)
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda folder: usage)

    assert checks.check_disk("disk", tmp_path).status is status


@pytest.mark.parametrize(
    ("engine_time", "status"),
    [
        ("1970-01-01T00:16:40.123456789Z", CheckStatus.OK),
        ("1970-01-01T00:17:40Z", CheckStatus.WARN),
        ("", CheckStatus.INFO),
    ],
)
def test_a_clock_that_is_off_is_told(engine_time: str, status: CheckStatus) -> None:
    assert checks.check_clock(engine_time, 1000.0).status is status


@pytest.mark.parametrize(("protocol", "kind"), [("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)])
def test_a_port_is_taken_while_somebody_listens(protocol: str, kind: int) -> None:
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            holder.listen()
        wanted = (holder.getsockname()[1], protocol, "127.0.0.1")
        while_held = is_port_taken(*wanted)

    assert (while_held, is_port_taken(*wanted)) == (True, False)


def test_without_an_engine_the_doctor_says_how_to_get_one(tmp_path: Path) -> None:
    results = list(
        checks.check_machine(environ={}, folder=tmp_path, now=0.0, docker_host=f"unix://{tmp_path}/none.sock")
    )

    engine = next(result for result in results if result.name == "engine")
    assert engine.status is CheckStatus.FAIL
    assert "phlo doctor --install-engine" in engine.fix
    assert worst(results) is CheckStatus.FAIL


def test_results_have_a_json_form() -> None:
    result = CheckResult(name="a", status=CheckStatus.WARN, text="b", fix="c")

    assert to_json([result]) == [{"name": "a", "status": "warn", "text": "b", "fix": "c"}]
    assert to_json([replace(result, data={"x": 1})])[0]["data"] == {"x": 1}
    assert worst([]) is CheckStatus.OK


def test_no_secret_is_left_in_a_result_or_its_data() -> None:
    result = CheckResult(
        name="a", status=CheckStatus.OK, text="b hunter22", fix="hunter22", data={"x": ["hunter22", 3], "y": "z"}
    )
    found = masked(result, lambda text: text.replace("hunter22", "***"))
    assert (found.text, found.fix, found.data) == ("b ***", "***", {"x": ["***", 3], "y": "z"})
