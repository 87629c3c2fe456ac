"""Which differences between two answers of an engine count as a change."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.errors import EngineError
from phlo.hosts.reads import Reads

MINE = {"phlo.project": "shop"}
BIND, VOLUME = ({"Type": "bind", "Destination": "/a"}, {"Type": "volume", "Destination": "/b"})


def container(**changed: Any) -> dict[str, Any]:
    found = {
        "Id": "1",
        "State": {"Status": "running", "Health": {"Status": "healthy", "Log": [1]}},
        "ExecIDs": None,
        "Mounts": [BIND, VOLUME],
        "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "0.0.0.0"}, {"HostIp": "::"}]}},
        "HostConfig": {"Memory": 1},
    }
    return found | changed


def listed(**changed: Any) -> list[dict[str, Any]]:
    return [
        {"Id": "1", "Labels": MINE, "State": "running", "Status": "Up 1 second", "Mounts": [BIND, VOLUME]} | changed
    ]


@pytest.mark.parametrize(
    ("path", "before", "now", "holds"),
    [
        ("/containers/web/json", container(), container(), True),
        ("/containers/web/json", container(), container(Mounts=[VOLUME, BIND], ExecIDs=["e"]), True),
        (
            "/containers/web/json",
            container(),
            container(State={"Status": "running", "Health": {"Status": "healthy", "Log": [2]}}),
            True,
        ),
        (
            "/containers/web/json",
            container(),
            container(State={"Status": "running", "Health": {"Status": "unhealthy", "Log": [1]}}),
            False,
        ),
        ("/containers/web/json", container(), container(HostConfig={"Memory": 2}), False),
        ("/containers/web/json", container(), EngineError(404, "no such container", request="GET", where=""), False),
        ("/containers/json", listed(), listed(Status="Up 2 seconds", Mounts=[VOLUME, BIND]), True),
        ("/containers/json", listed(), listed() + listed(Id="2", Labels={"phlo.project": "other"}), True),
        ("/containers/json", listed(), listed(State="exited"), False),
        ("/volumes", {"Volumes": [{"Name": "v", "Labels": MINE}]}, {"Volumes": None}, False),
        ("/images/tiny/json", {"Id": "1", "Metadata": 1}, {"Id": "1", "Metadata": 2}, True),
        ("/images/tiny/json", {"Id": "1"}, {"Id": "2"}, False),
        ("/info", {"SystemTime": 1}, {"SystemTime": 2}, True),
    ],
)
def test_what_a_run_of_the_project_could_have_changed_counts(path: str, before: Any, now: Any, holds: bool) -> None:
    reads = Reads()
    reads.add(path, {}, before, lambda: now)

    assert reads.still_hold("shop") is holds
