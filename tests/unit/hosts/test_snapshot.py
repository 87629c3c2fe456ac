"""What a snapshot answers by itself, and when it asks again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phlo.errors import EngineError
from phlo.hosts.connect import open_engine
from phlo.hosts.engine import Engine
from phlo.hosts.snapshot import FRESH_SECONDS, Snapshot
from phlo.testing.recording import Recorder
from tests.bench.fleet import IMAGE, engines


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("s")
    with engines(folder, 1, latency_seconds=0.0):
        yield f"unix://{folder}/1.sock"


class World:
    """An engine with what it was asked, a snapshot of it, and a clock that a test moves."""

    def __init__(self, address: str, *expected: str, is_recorded: bool = False) -> None:
        self.now = 0.0
        self.recorder = Recorder()
        plain = open_engine(address, name="local", environ={})
        self.engine = Engine(self.recorder.wrap(plain._link.connect), name="local")
        self.snapshot = Snapshot(self.engine, expected=expected, is_recorded=is_recorded, clock=lambda: self.now)
        self.writer = self.engine.watched(self.snapshot.forget)

    def asked(self) -> list[str]:
        """The questions since this was last called."""
        found = [line for line in self.recorder.requests if line.startswith("GET ")]
        self.recorder.requests.clear()
        return [line.removeprefix("GET /v1.41") for line in found]

    def make(self, name: str, **labels: str) -> str:
        """A container that phlo has made: of others it is asked whether `phlo adopt` has marked them."""
        body = {"Image": IMAGE, "Labels": {"phlo.project": "shop", **labels}}
        return str(self.writer.post("/containers/create", body, name=name)["Id"])


@pytest.fixture
def world(socket: str) -> Iterator[World]:
    made = World(socket)
    yield made
    for found in made.engine.get("/containers/json", all=True):
        made.engine.delete(f"/containers/{found['Id']}")
    made.engine.close()


def test_the_same_question_is_asked_once(world: World) -> None:
    for _ in range(3):
        assert world.snapshot.get(f"/images/{IMAGE}/json")["RepoTags"] == [IMAGE]
    assert world.asked() == [f"/images/{IMAGE}/json"]


def test_of_many_who_ask_at_once_one_asks_the_engine(world: World) -> None:
    world.make("web")
    world.asked()
    threads = [threading.Thread(target=world.snapshot.get, args=("/containers/web/json",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.asked() == ["/containers/web/json"]


def test_a_container_that_is_on_no_list_is_not_asked_for(world: World) -> None:
    world.make("web")
    world.snapshot.get("/containers/json", all=True)
    world.asked()
    assert world.snapshot.get_or_none("/containers/web.phlo-old/json") is None
    assert world.snapshot.get_or_none("/containers/web.phlo-new/json") is None
    assert world.asked() == []


def test_without_a_list_a_container_is_asked_for_by_its_name(world: World) -> None:
    assert world.snapshot.get_or_none("/containers/web/json") is None
    assert world.asked() == ["/containers/web/json"]


def test_one_list_answers_every_question_for_labels(world: World) -> None:
    world.make("web", tier="front", team="a")
    world.make("db", tier="back", team="a")

    def names(*labels: str) -> list[str]:
        found = world.snapshot.get("/containers/json", all=True, filters={"label": list(labels)})
        return sorted(entry["Names"][0] for entry in found)

    world.asked()
    assert names("tier=front") == ["/web"]
    assert names("team=a", "tier=back") == ["/db"]
    assert names("team") == ["/db", "/web"]
    assert names("team=b") == names("none") == []
    assert world.asked() == ["/containers/json?all=1"]


def test_what_was_written_is_asked_for_again_and_the_rest_is_not(world: World) -> None:
    web = world.make("web")
    world.make("db")
    for name in ("web", "db"):
        world.snapshot.get(f"/containers/{name}/json")
    world.asked()
    world.writer.post(f"/containers/{web}/start")
    assert world.snapshot.get("/containers/web/json")["State"]["Status"] == "running"
    assert world.snapshot.get("/containers/db/json")["State"]["Status"] == "created"
    assert world.asked() == ["/containers/web/json"]


@pytest.mark.parametrize(
    ("path", "body", "question", "asked"),
    [
        ("/volumes/create", {"Name": "data"}, "/volumes/data", "/volumes"),
        ("/networks/create", {"Name": "net"}, "/networks", "/networks"),
        ("/images/load", {}, "/images/phlo/lock:1/json", "/images/phlo/lock:1/json"),
    ],
)
def test_what_is_made_is_there_for_the_next_who_looks(
    world: World, path: str, body: dict[str, str], question: str, asked: str
) -> None:
    before = world.snapshot.get_or_none(question)
    world.asked()
    world.writer.post(path, body)
    after = world.snapshot.get_or_none(question)
    assert after
    assert after != before
    assert world.asked() == [asked]


def test_an_answer_does_not_get_old(world: World) -> None:
    world.snapshot.get("/networks")
    world.now += FRESH_SECONDS
    world.snapshot.get("/networks")
    assert len(world.asked()) == 1
    world.now += 0.1
    world.snapshot.get("/networks")
    assert len(world.asked()) == 1


def test_a_refusal_is_the_same_for_all_who_ask(world: World) -> None:
    for _ in range(2):
        with pytest.raises(EngineError, match="No such image"):
            world.snapshot.get("/images/none:1/json")
    assert world.asked() == ["/images/none:1/json"]


def test_what_looks_like_the_beginning_of_an_id_is_left_to_the_engine(world: World) -> None:
    world.snapshot.get("/containers/json", all=True)
    assert world.snapshot.get_or_none("/containers/abc123/json") is None
    assert world.asked() == ["/containers/json?all=1", "/containers/abc123/json"]


def test_the_engines_own_answer_is_told_to_a_folder_of_sockets(tmp_path: Path) -> None:
    with engines(tmp_path, 2, latency_seconds=0.0):
        one, other = (open_engine(f"unix://{tmp_path}/{n}.sock", name=str(n), environ={}) for n in (1, 2))
        one.post("/volumes/create", {"Name": "data"})
        assert one.get("/volumes/data")["Name"] == "data"
        assert other.get_or_none("/volumes/data") is None
        one.close()
        other.close()


def test_what_is_made_makes_nobody_ask_for_what_a_list_has_shown_not_to_be_there(world: World) -> None:
    world.snapshot.get("/containers/json", all=True)
    web = world.make("web")
    world.asked()
    assert world.snapshot.get_or_none("/containers/lake/json") is None
    assert world.asked() == []
    assert world.snapshot.get("/containers/web/json")["Id"] == web
    world.writer.post(f"/containers/{web}/rename", name="site")
    assert world.snapshot.get("/containers/site/json")["Id"] == web
    assert world.asked() == ["/containers/web/json", "/containers/site/json"]


def test_an_old_list_no_longer_shows_what_is_not_there(world: World) -> None:
    world.snapshot.get("/containers/json", all=True)
    world.now += FRESH_SECONDS + 0.1
    world.asked()
    assert world.snapshot.get_or_none("/containers/lake/json") is None
    assert world.asked() == ["/containers/lake/json"]


@pytest.mark.parametrize(("path", "query"), [("/containers/create", {}), ("/services/create", {"name": "lake"})])
def test_after_a_write_that_may_make_any_container_no_list_counts(
    world: World, path: str, query: dict[str, str]
) -> None:
    world.snapshot.get("/containers/json", all=True)
    world.snapshot.forget(path, query)
    world.asked()
    assert world.snapshot.get_or_none("/containers/lake/json") is None
    assert world.asked() == ["/containers/lake/json"]


@pytest.fixture
def expecting(socket: str) -> Iterator[World]:
    """A world that is known to be asked for three containers."""
    made = World(socket, "web", "work", "store")
    yield made
    for found in made.engine.get("/containers/json", all=True):
        made.engine.delete(f"/containers/{found['Id']}")
    made.engine.close()


def test_with_the_first_container_that_is_expected_the_others_are_asked_for_over_one_connection(
    expecting: World,
) -> None:
    for name in ("web", "work", "store", "other"):
        expecting.make(name)
    expecting.engine.close()
    expecting.asked()
    assert expecting.snapshot.get("/containers/work/json")["Name"] == "/work"
    assert expecting.asked() == ["/containers/web/json", "/containers/work/json", "/containers/store/json"]
    assert len(expecting.engine._link.idle) == 1
    assert [expecting.snapshot.get(f"/containers/{name}/json")["Name"] for name in ("web", "store", "other")] == [
        "/web",
        "/store",
        "/other",
    ]
    assert expecting.asked() == ["/containers/other/json"]


def test_what_is_expected_is_not_asked_for_when_a_list_shows_that_it_is_not_there(expecting: World) -> None:
    expecting.make("web")
    expecting.snapshot.get("/containers/json", all=True)
    expecting.asked()
    assert expecting.snapshot.get_or_none("/containers/work/json") is None
    assert expecting.snapshot.get("/containers/web/json")["Name"] == "/web"
    assert expecting.asked() == ["/containers/web/json"]


def test_one_that_is_expected_and_not_there_is_refused_and_the_others_are_not(expecting: World) -> None:
    for name in ("web", "store"):
        expecting.make(name)
    expecting.asked()
    assert expecting.snapshot.get("/containers/web/json")["Name"] == "/web"
    assert expecting.snapshot.get_or_none("/containers/work/json") is None
    assert expecting.snapshot.get("/containers/store/json")["Name"] == "/store"
    assert len(expecting.asked()) == 3


def test_after_a_write_one_that_is_expected_is_asked_for_alone(expecting: World) -> None:
    for name in ("web", "work", "store"):
        expecting.make(name)
    expecting.snapshot.get("/containers/web/json")
    expecting.asked()
    expecting.writer.post("/containers/work/start")
    assert expecting.snapshot.get("/containers/work/json")["State"]["Running"]
    assert expecting.snapshot.get("/containers/store/json")["Name"] == "/store"
    assert expecting.asked() == ["/containers/work/json"]


def test_many_who_ask_for_what_is_expected_all_get_their_answer(expecting: World) -> None:
    for name in ("web", "work", "store"):
        expecting.make(name)
    expecting.asked()
    found: list[str] = []
    threads = [
        threading.Thread(
            target=lambda name=name: found.append(expecting.snapshot.get(f"/containers/{name}/json")["Name"])
        )
        for name in ("web", "work", "store") * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(found) == sorted(["/web", "/work", "/store"] * 4)
    assert len(expecting.asked()) == 3


def test_a_list_by_state_is_answered_from_the_list_of_all(world: World) -> None:
    world.make("web")
    started = world.make("db")
    world.writer.post(f"/containers/{started}/start")
    world.snapshot.get("/containers/json", all=True)
    world.asked()

    filters = {"label": ["phlo.project=shop"], "status": ["running"]}

    assert [found["Id"] for found in world.snapshot.get("/containers/json", filters=filters)] == [started]
    assert world.asked() == []


# -- whether what was seen still holds -----------------------------------------------------------------


@pytest.fixture
def recorded(socket: str) -> Iterator[World]:
    made = World(socket, "web", "db", is_recorded=True)
    made.make("web")
    made.snapshot.get("/containers/json", all=True)
    made.snapshot.get_or_none("/containers/web/json")
    made.snapshot.get_or_none("/containers/db/json")
    made.snapshot.get("/volumes")
    made.snapshot.get(f"/images/{IMAGE}/json")
    yield made
    for found in made.engine.get("/containers/json", all=True):
        made.engine.delete(f"/containers/{found['Id']}")
    made.engine.close()


def nothing(world: World) -> None:
    pass


def a_strangers_container(world: World) -> None:
    world.engine.post("/containers/create", {"Image": IMAGE, "Labels": {"phlo.project": "other"}}, name="theirs")


def a_start(world: World) -> None:
    world.engine.post("/containers/web/start")


def a_removal(world: World) -> None:
    world.engine.delete("/containers/web")


def a_new_one_of_the_project(world: World) -> None:
    world.engine.post("/containers/create", {"Image": IMAGE, "Labels": {"phlo.project": "shop"}}, name="db")


@pytest.mark.parametrize(
    ("happens", "holds"),
    [
        (nothing, True),
        (a_strangers_container, True),
        (a_start, False),
        (a_removal, False),
        (a_new_one_of_the_project, False),
    ],
)
def test_what_was_seen_holds_until_something_of_the_project_changes(
    happens: Callable[[World], None], holds: bool, recorded: World
) -> None:
    happens(recorded)

    assert recorded.snapshot.still_holds("shop") is holds


def test_what_was_read_as_a_stream_cannot_be_compared(recorded: World) -> None:
    recorded.snapshot.get_bytes("/containers/web/archive", path="/etc")

    assert not recorded.snapshot.still_holds("shop")


def test_a_change_between_two_looks_is_not_forgotten(recorded: World) -> None:
    recorded.engine.post("/containers/web/start")
    recorded.now += FRESH_SECONDS + 1
    recorded.snapshot.get("/containers/web/json")

    assert not recorded.snapshot.still_holds("shop")


def test_after_the_comparison_the_answers_are_new_ones(recorded: World) -> None:
    recorded.engine.post("/containers/web/start")
    recorded.snapshot.still_holds("shop")

    assert recorded.snapshot.get("/containers/web/json")["State"]["Running"]
