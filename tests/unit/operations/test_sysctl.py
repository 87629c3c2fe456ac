"""A setting of the kernel: where it is in a file, and when something has to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from phlo.errors import ConfigError
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.operations import sysctl
from phlo.operations.arguments import make_args
from phlo.values import Status
from tests.support.machine import Machine

FILE = "# net.ipv4.ip_forward=1\n; x=1\nvm.swappiness = 60\n-net.core.somaxconn=128\nvm.swappiness=10"


def args(**values: Any) -> sysctl.Args:
    return make_args(sysctl.Args, values, injected={"root": "/"}, where="site.yaml:1")


@pytest.mark.parametrize(
    ("name", "value"),
    [("vm.swappiness", "10"), ("net.core.somaxconn", "128"), ("net.ipv4.ip_forward", None), ("x", None)],
)
def test_the_last_line_that_is_no_comment_counts(name: str, value: str | None) -> None:
    assert sysctl.value_in(name, FILE) == value


EDITS: dict[str, tuple[dict[str, Any], str, str]] = {
    "new": ({"name": "a.b", "value": 1}, "c=2", "c=2\na.b=1\n"),
    "a switch": ({"name": "a.b", "value": True}, "", "a.b=1\n"),
    "as it is": ({"name": "a.b", "value": "1 2"}, "a.b = 1\t2\n", "a.b = 1\t2\n"),
    "another value": ({"name": "a.b", "value": "2"}, "x=1\na.b=1\ny=1\n", "x=1\na.b=2\ny=1\n"),
    "twice": ({"name": "a.b", "value": "2"}, "a.b=1\nx=1\na.b=2\n", "a.b=2\nx=1\n"),
    "a comment stays": ({"name": "a.b", "value": "2"}, "#a.b=2\n", "#a.b=2\na.b=2\n"),
    "absent": ({"name": "a.b", "state": "absent"}, "x=1\na.b=1\n a.b = 2\n", "x=1\n"),
    "absent already": ({"name": "a.b", "state": "absent"}, "x=1", "x=1"),
}


@pytest.mark.parametrize("case", EDITS)
def test_a_file_has_the_setting_once_or_not(case: str) -> None:
    values, before, after = EDITS[case]
    assert sysctl.edited(args(**values), before) == after


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward"),
        ("net/ipv4/conf/eth0.1/forwarding", "/proc/sys/net/ipv4/conf/eth0.1/forwarding"),
        ("net.ipv4.conf.eth0/1.forwarding", "/proc/sys/net/ipv4/conf/eth0.1/forwarding"),
    ],
)
def test_a_name_is_a_file_of_the_kernel(name: str, path: str) -> None:
    assert args(name=name, value="1").path == path


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    def refuse(timeout_seconds: float | None) -> Any:
        raise AssertionError("no engine is asked")

    return Machine(Host(name="data-1", engine=Engine(refuse, name="data-1")), tmp_path)


def test_a_file_changes_once_and_the_difference_is_shown(here: Machine, tmp_path: Path) -> None:
    values = {"name": "vm.swappiness", "value": "17", "sysctl_file": str(tmp_path / "90.conf"), "reload": False}
    assert here.diff("sysctl", **values)[-1] == "+vm.swappiness=17"
    here.changes_once("sysctl", **values)
    assert (tmp_path / "90.conf").read_text() == "vm.swappiness=17\n"
    here.changes_once("sysctl", **{**values, "state": "absent"})
    assert (tmp_path / "90.conf").read_text() == ""


def test_a_running_kernel_that_has_another_value_is_a_reason_to_read_the_file_anew(
    here: Machine, tmp_path: Path
) -> None:
    current = Path("/proc/sys/kernel/ostype").read_text().strip()
    file = tmp_path / "90.conf"
    file.write_text("kernel.ostype=Other\n")
    values = {"name": "kernel.ostype", "value": "Other", "sysctl_file": str(file)}
    assert here.look("sysctl", **values).changes[0].causes == (f"kernel: {current} -> Other",)
    assert here.run("sysctl", **{**values, "reload": False}).status is Status.OK
    file.write_text(f"kernel.ostype={current}\n")
    assert here.run("sysctl", **{**values, "value": current, "sysctl_set": True}).status is Status.OK


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"name": "a b", "value": 1}, "is not a setting of a kernel"),
        ({"name": "a.b"}, "state: present needs value"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(values: dict[str, Any], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        args(**values)
