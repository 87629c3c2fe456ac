"""A host that does not answer holds up who asks once, and not again and again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from phlo_api.server.live import Lost

from phlo.errors import HostError
from phlo.hosts.connect import open_engine
from phlo.hosts.host import Host


@pytest.fixture
def host() -> Iterator[Host]:
    with closing(open_engine("unix:///nowhere.sock", name="data-1", environ={})) as engine:
        yield Host(name="data-1", engine=engine)


def test_a_lost_host_is_asked_again_only_after_a_while(host: Host) -> None:
    now, asked = [0.0], []

    def question() -> str:
        asked.append(now[0])
        if now[0] < 30:
            raise HostError("does not answer", where="data-1")
        return "is back"

    lost = Lost(seconds=30, clock=lambda: now[0])
    for now[0] in (0.0, 1.0, 29.0):
        with pytest.raises(HostError, match="does not answer"):
            lost.ask(host, question)
    now[0] = 30.0
    assert lost.ask(host, question) == "is back"
    assert asked == [0.0, 30.0]


def test_another_host_of_the_same_name_is_asked_at_once(host: Host) -> None:
    def refuse() -> str:
        raise HostError("does not answer", where="data-1")

    lost = Lost()
    with pytest.raises(HostError):
        lost.ask(host, refuse)
    assert lost.ask(Host(name="data-1", engine=host.engine), lambda: "here") == "here"
