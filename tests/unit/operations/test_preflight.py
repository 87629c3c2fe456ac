from __future__ import annotations

import pytest

from phlo.errors import OperationError
from phlo.operations.preflight import Args, Problem, _fixed_ports, _overlap, _Published, apply, decide

SEEN = (
    Problem(service="web", what="the host port 80/tcp is taken by nginx", fix="Stop it."),
    Problem(service="db", what="the path /data, which it mounts, is not on the host", fix="Create it."),
)


def test_a_plan_shows_every_problem_and_counts_none_as_a_change() -> None:
    changes = decide(Args(project="lake"), SEEN)
    assert [(change.at, change.verb, change.is_counted) for change in changes] == [
        ("service:web", "refuse", False),
        ("service:db", "refuse", False),
    ]
    assert decide(Args(project="lake"), ()) == []


def test_a_run_ends_with_all_of_them() -> None:
    host = type("Named", (), {"name": "local"})()
    with pytest.raises(OperationError) as caught:
        apply(decide(Args(project="lake"), SEEN)[0], Args(project="lake"), SEEN, host)
    assert str(caught.value) == "local web: the host port 80/tcp is taken by nginx. Stop it."
    assert caught.value.detail == ("db: the path /data, which it mounts, is not on the host. Create it.",)


def test_only_fixed_ports_are_looked_at() -> None:
    bindings = {
        "80/tcp": [{"HostIp": "", "HostPort": "8080"}, {"HostIp": "127.0.0.1", "HostPort": "8000-8010"}],
        "53/udp": [{"HostPort": "53"}],
        "90/tcp": [{"HostPort": ""}, {"HostPort": "0"}],
    }
    assert list(_fixed_ports({"HostConfig": {"PortBindings": bindings}})) == [
        _Published(8080, "tcp", ""),
        _Published(53, "udp", ""),
    ]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (_Published(80, "tcp", ""), _Published(80, "tcp", "127.0.0.1"), True),
        (_Published(80, "tcp", "127.0.0.1"), _Published(80, "tcp", "0.0.0.0"), True),
        (_Published(80, "tcp", "127.0.0.1"), _Published(80, "tcp", "127.0.0.2"), False),
        (_Published(80, "tcp", ""), _Published(80, "udp", ""), False),
        (_Published(80, "tcp", ""), _Published(81, "tcp", ""), False),
    ],
)
def test_ports_are_in_each_others_way_on_the_same_address(one: _Published, other: _Published, expected: bool) -> None:
    assert _overlap(one, other) is expected
