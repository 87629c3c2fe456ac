from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from phlo.compose import parse_service
from phlo.errors import ConfigError


def where(*keys: str | int) -> str:
    return ".".join(map(str, keys))


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"cap_add": ["NET_ADMN"]}, 'Did you mean "NET_ADMIN"?'),
    ({"cap_drop": ["FOO"]}, "cap_drop.0: should be a capability of Linux"),
    ({"ulimits": {"nofiles": 1}}, 'ulimits.nofiles: "nofiles" is not a limit of Linux'),
    ({"stop_signal": "SIGTREM"}, "stop_signal: should be a signal"),
    ({"stop_signal": "65"}, "should be a signal"),
    ({"security_opt": ["foo:bar"]}, "security_opt.0: should be one of apparmor"),
    ({"sysctls": {"vm.swappiness": "10"}}, 'sysctls.vm.swappiness: "vm.swappiness" belongs to the whole host'),
    ({"sysctls": {"net.core.somaxconn": "1"}, "network_mode": "host"}, "belongs to the network, which is the host's"),
    ({"sysctls": {"kernel.shmmax": "1"}, "ipc": "host"}, "belongs to the IPC namespace, which is the host's"),
    ({"uts": "host", "hostname": "a"}, 'hostname: has no meaning with "uts: host"'),
    ({"mem_limit": "4m"}, "mem_limit: is below the 6 MB"),
    ({"mem_reservation": "1m"}, "mem_reservation: is below the 6 MB"),
    ({"deploy": {"resources": {"limits": {"memory": "4m"}}}}, "is below the 6 MB"),
    ({"cpu_quota": 10}, "cpu_quota: is below 1 ms"),
    ({"cpu_period": 10}, "cpu_period: should be from 1 ms to 1 s"),
    ({"cpu_shares": 1}, "cpu_shares: should be 0 or at least 2"),
    ({"cpuset": "a-b"}, "cpuset: should be numbers of CPUs"),
    ({"tmpfs": ["/x:size=foo"]}, 'tmpfs: "size=foo" is not an option of a tmpfs'),
    ({"tmpfs": ["/x:mode=9"]}, '"mode=9" is not an option of a tmpfs'),
]


@pytest.mark.parametrize(("raw", "error"), REFUSED, ids=[error for _, error in REFUSED])
def test_what_an_engine_would_refuse_at_the_start_is_refused_with_its_place(
    raw: dict[str, Any], error: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_service({"image": "a", **raw}, where=where, root=tmp_path)
    assert error in str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [
        {"cap_add": ["cap_net_admin", "ALL"]},
        {"stop_signal": "sigrtmin+3"},
        {"stop_signal": "QUIT"},
        {"stop_signal": "9"},
        {"sysctls": {"net.core.somaxconn": "1", "kernel.shmmax": "1", "fs.mqueue.msg_max": "9"}},
        {"security_opt": ["no-new-privileges:true", "label=disable", "apparmor:unconfined"]},
        {"cpuset": "0-1,3", "cpu_quota": 0, "cpu_shares": 0},
        {"tmpfs": ["/x:rw,noexec,size=64m,mode=1777,uid=5"]},
        {"mem_limit": "6m"},
        {"ulimits": {"nofile": 1}},
    ],
)
def test_what_an_engine_takes_is_taken(raw: dict[str, Any], tmp_path: Path) -> None:
    parse_service({"image": "a", **raw}, where=where, root=tmp_path)
