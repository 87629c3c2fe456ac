"""What Compose writes in another way than phlo is no difference of an adopted container."""

from __future__ import annotations

from typing import Any

from phlo.frozen import replace
from phlo.operations.container.adopted import adopted_view
from phlo.operations.container.args import Seen
from phlo.operations.container.owners import Owner

CONTAINER: dict[str, Any] = {
    "Config": {"Labels": {"phlo.adopted": "compose"}, "ExposedPorts": {"99": {}, "53/udp": {}}},
    "HostConfig": {
        "Binds": ["/p/motd.txt:/etc/motd:ro", "/p/www:/www:ro"],
        "Mounts": [{"Type": "bind", "Target": "/run/secrets/token"}, {"Type": "volume", "Target": "/data"}],
        "VolumesFrom": ["abc:ro", "other"],
    },
    "NetworkSettings": {
        "Networks": {"back": {"Links": ["shop-db-1:db", "shop-db-1:db-1", "shop-db-1:shop-db-1", "shop-db-1:main"]}}
    },
}
SEEN = Seen(
    image=None,
    image_config={},
    current=None,
    replaced=None,
    staged=None,
    stray=(),
    foreign=None,
    network_ids={},
    owners={"shop-gw-1": Owner(id="abc")},
    provided=frozenset({"/etc/motd", "/run/secrets/token"}),
)


def test_the_view_of_a_container_is_as_phlo_would_have_made_it() -> None:
    view = adopted_view(CONTAINER, SEEN)
    assert view is not None
    assert view["Config"]["ExposedPorts"] == {"99/tcp": {}, "53/udp": {}}
    assert view["HostConfig"] == {
        "Binds": ["/p/www:/www:ro"],
        "Mounts": [{"Type": "volume", "Target": "/data"}],
        "VolumesFrom": ["shop-gw-1:ro", "other"],
    }
    assert view["NetworkSettings"]["Networks"]["back"]["Links"] == ["shop-db-1:db", "shop-db-1:main"]


def test_a_file_with_other_content_stays_a_difference() -> None:
    view = adopted_view(CONTAINER, replace(SEEN, provided=frozenset()))
    assert view is not None
    assert view["HostConfig"]["Binds"] == CONTAINER["HostConfig"]["Binds"]


def test_a_container_of_phlo_is_not_touched() -> None:
    own = {**CONTAINER, "Config": {"Labels": {"phlo.project": "shop"}}}
    assert adopted_view(own, SEEN) is own
