"""Containers of Docker Compose, and those that `phlo adopt` marked, are seen with phlo's labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from phlo.errors import EngineError
from phlo.hosts.adopted import adopted_answer, adopted_event, adopted_list, compose_labels, is_container, mark_body

LIST, VOLUMES = "/containers/json", "/volumes"
MINE = {"filters": {"label": ["phlo.project=shop"]}}

COMPOSE = {
    "com.docker.compose.project": "shop",
    "com.docker.compose.service": "web",
    "com.docker.compose.container-number": "2",
    "com.docker.compose.oneoff": "False",
    "com.docker.compose.config-hash": "abc",
    "team": "data",
}
OURS = {
    "phlo.project": "shop",
    "phlo.service": "web",
    "phlo.instance": "2",
    "phlo.adopted": "compose",
    "team": "data",
}


class Answers:
    """An engine that has some volumes, and some containers that it lists for any filter by Compose's labels or id."""

    def __init__(self, *volumes: dict[str, Any], listed: tuple[dict[str, Any], ...] = ()) -> None:
        self.volumes, self.listed = {one["Name"]: one for one in volumes}, listed
        self.asked: list[str] = []

    def __call__(self, path: str, query: Mapping[str, Any]) -> Any:
        self.asked.append(path)
        filters = query.get("filters", {})
        if path == VOLUMES:
            labels = [label.partition("=") for label in filters["label"]]
            return {"Volumes": [one for one in self.volumes.values() if all(_has(one, *label) for label in labels)]}
        if path == LIST:
            ids = filters.get("id")
            return [one for one in self.listed if (one["Id"] in ids if ids else one["Labels"] == COMPOSE)]
        if (name := path.removeprefix(f"{VOLUMES}/")) not in self.volumes:
            raise EngineError(404, "no such volume", request=f"GET {path}", where="local")
        return self.volumes[name]


def _has(volume: dict[str, Any], name: str, equals: str, value: str) -> bool:
    labels = volume["Labels"]
    return name in labels and (not equals or labels[name] == value)


def test_composes_labels_become_phlos_and_others_stay() -> None:
    nothing = Answers()
    assert adopted_list([{"Id": "1", "Labels": COMPOSE}], {}, nothing) == [{"Id": "1", "Labels": OURS}]
    assert adopted_answer({"Id": "1", "Config": {"Labels": COMPOSE, "Tty": True}}, nothing) == {
        "Id": "1",
        "Config": {"Labels": OURS, "Tty": True},
    }
    assert nothing.asked == []


@pytest.mark.parametrize(
    "labels",
    [
        None,
        {},
        {"team": "data"},
        {**COMPOSE, "com.docker.compose.oneoff": "True"},
        {**COMPOSE, "phlo.project": "shop"},
        {"com.docker.compose.project": "shop"},
        {"phlo.lock": "shop"},
        {"com.docker.swarm.task.id": "x"},
    ],
)
def test_what_is_no_service_container_of_compose_alone_stays_as_it_is(labels: dict[str, str] | None) -> None:
    entry = {"Id": "1", "Labels": labels}
    other = mark_body("2", "shop", "web")
    assert adopted_list([entry], {}, Answers(other))[0] is entry
    answer = {"Id": "1", "Config": {"Labels": labels}}
    assert adopted_answer(answer, Answers(other)) is answer


def test_a_marked_container_is_seen_as_that_of_its_service_and_a_mark_is_only_for_what_has_no_owner() -> None:
    marked = Answers(mark_body("1", "shop", "web"))
    seen = {**OURS, "phlo.instance": "1", "phlo.adopted": "hand"}
    there = {"team": "data", "phlo.version": "1", "com.docker.compose.project": "of-the-image"}
    seen |= there
    assert adopted_list([{"Id": "1", "Labels": there}], {}, marked) == [{"Id": "1", "Labels": seen}]
    assert adopted_answer({"Id": "1", "Config": {"Labels": there}}, marked)["Config"]["Labels"] == seen
    owned = {"Id": "1", "Labels": {"phlo.project": "other"}}
    assert adopted_list([owned], {}, marked)[0] is owned
    incomplete = Answers({"Name": "phlo-adopted.1", "Labels": {"phlo.adopted": "1"}})
    assert adopted_list([{"Id": "1", "Labels": there}], {}, incomplete) == [{"Id": "1", "Labels": there}]


def test_a_list_by_phlos_labels_has_marked_containers_of_that_project_only() -> None:
    listed = ({"Id": "1", "Labels": {}}, {"Id": "2", "Labels": {}}, {"Id": "3", "Labels": COMPOSE})
    engine = Answers(mark_body("1", "shop", "db"), mark_body("2", "other", "db"), listed=listed)
    own = {"Id": "4", "Labels": {"phlo.project": "shop"}}
    assert [entry["Id"] for entry in adopted_list([own], MINE, engine)] == ["4", "3", "1"]
    assert engine.asked == [VOLUMES, LIST, LIST]
    without_marks = Answers()
    adopted_list([], MINE, without_marks)
    assert without_marks.asked == [VOLUMES, LIST]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["phlo.project=shop"], ["com.docker.compose.project=shop"]),
        (
            ["phlo.project=shop", "phlo.service=web", "phlo.instance=1"],
            [
                "com.docker.compose.project=shop",
                "com.docker.compose.service=web",
                "com.docker.compose.container-number=1",
            ],
        ),
        (["phlo.project"], None),
        (["phlo.lock=shop"], None),
        (["phlo.project=shop", "phlo.one-off=x"], None),
        ([], None),
    ],
)
def test_a_filter_by_phlos_labels_has_one_that_finds_composes(labels: list[str], expected: list[str] | None) -> None:
    assert compose_labels(labels) == expected


def test_only_inspect_answers_are_those_of_a_container() -> None:
    assert is_container("/containers/abc/json")
    assert not any(map(is_container, ("/containers/json", "/images/abc/json", "/containers/abc/top")))


@pytest.mark.parametrize(
    ("labels", "seen"),
    [
        (COMPOSE, OURS),
        ({"phlo.project": "shop", **COMPOSE}, {"phlo.project": "shop", **COMPOSE}),
        ({"team": "data"}, {**OURS, "phlo.instance": "1", "phlo.adopted": "hand"}),
    ],
)
def test_an_event_of_an_adopted_container_has_its_labels(labels: dict[str, str], seen: dict[str, str]) -> None:
    about = {"name": "shop-web-2", "image": "web:1"}
    event = {"Type": "container", "Action": "die", "Actor": {"ID": "c1", "Attributes": {**labels, **about}}}

    found = adopted_event(event, Answers(mark_body("c1", "shop", "web")))

    assert found == {**event, "Actor": {"ID": "c1", "Attributes": {**seen, **about}}}


def test_an_event_of_a_container_of_nobody_is_as_the_engine_sends_it() -> None:
    event = {"Type": "container", "Action": "die", "Actor": {"ID": "c2", "Attributes": {"name": "x"}}}

    assert adopted_event(event, Answers(mark_body("c1", "shop", "web"))) is event
