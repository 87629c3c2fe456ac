"""`phlo inventory`: what the hosts are, and whether they answer; engines that only remember stand for real ones."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from phlo.cli.inventory import LEAST_FREE, Answer
from phlo.doctor.reach import Reached
from tests.bench.fleet import engines
from tests.unit.cli.test_main import Said, phlo_says

HOSTS = """
all:
  vars: {region: north, DB_PASSWORD: hunter22}
  children:
    storage:
      vars: {region: south}
      services: [db]
      hosts:
        data-[1:2]: {docker_host: "ssh://ops@10.0.0.1", address: 10.0.0.1}
    edge:
      hosts: {gate: {docker_context: far}, local: }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hosts.yaml").write_text(dedent(HOSTS))
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars" / "data-1.yaml").write_text("region: west\ndisks: [a, b]\n")
    return tmp_path


def says(folder: Path, *words: str) -> Said:
    return phlo_says(["inventory", *words, "-i", "hosts.yaml"], folder)


def test_list_tells_how_each_host_is_reached(folder: Path) -> None:
    lines = says(folder, "list").out.splitlines()
    assert [line.split()[0] for line in lines] == ["HOST", "data-1", "data-2", "gate", "local"]
    assert lines[1].split() == ["data-1", "ssh://ops@10.0.0.1", "10.0.0.1", "storage", "db"]
    assert "context far" in lines[3]
    assert "this machine" in lines[4]


def test_list_as_json_says_the_same(folder: Path) -> None:
    found = json.loads(says(folder, "list", "--json", "--limit", "storage:!data-2").out)
    assert found == [
        {
            "name": "data-1",
            "groups": ["storage"],
            "docker_host": "ssh://ops@10.0.0.1",
            "docker_context": None,
            "address": "10.0.0.1",
            "services": ["db"],
        }
    ]


def test_graph_draws_groups_before_hosts(folder: Path) -> None:
    assert says(folder, "graph").out == dedent(
        """\
        all
        ├── storage
        │   ├── data-1
        │   └── data-2
        └── edge
            ├── gate
            └── local
        """
    )


def test_graph_as_json_is_a_tree(folder: Path) -> None:
    found = json.loads(says(folder, "graph", "--json").out)
    assert (found["name"], found["hosts"]) == ("all", [])
    assert found["children"][0] == {"name": "storage", "hosts": ["data-1", "data-2"], "children": []}


def test_show_tells_where_a_variable_was_written_and_what_it_goes_over(folder: Path) -> None:
    found = json.loads(says(folder, "show", "data-1", "--json").out)
    assert found["variables"]["region"] == {
        "value": "west",
        "from": "host_vars/data-1.yaml:1",
        "over": ["hosts.yaml:6", "hosts.yaml:3"],
    }
    text = says(folder, "show", "data-1").out
    assert 'disks        ["a", "b"]  host_vars/data-1.yaml:2' in text


def test_show_masks_what_looks_like_a_secret(folder: Path) -> None:
    for words in (("show", "data-1"), ("show", "data-1", "--json")):
        assert "hunter22" not in says(folder, *words).out


def test_show_of_an_unknown_host_suggests_the_nearest(folder: Path) -> None:
    said = says(folder, "show", "data-l")
    assert (said.code, 'Did you mean "data-' in said.err) == (3, True)


def test_a_file_that_is_named_for_nothing_is_told(folder: Path) -> None:
    (folder / "host_vars" / "data-7.yaml").write_text("x: 1\n")
    assert 'host_vars/data-7.yaml: there is no host "data-7"' in says(folder, "list").err


def test_check_asks_every_host_and_tells_of_those_that_do_not_answer(tmp_path: Path) -> None:
    hosts = {f"h{number}": {"docker_host": f"unix://{tmp_path}/{number}.sock"} for number in (1, 2, 3)}
    (tmp_path / "hosts.yaml").write_text(json.dumps({"all": {"hosts": hosts}}))
    with engines(tmp_path, 3, latency_seconds=0.0):
        assert says(tmp_path, "check").code == 0
        (tmp_path / "2.sock").unlink()
        said, data = says(tmp_path, "check"), json.loads(says(tmp_path, "check", "--json").out)
    assert said.code == 4
    assert [line.split()[:2] for line in said.out.splitlines()[1:]] == [
        ["h1", data[0]["state"] if not data[0]["warnings"] else "warning"],
        ["h2", "unreachable"],
        ["h3", data[2]["state"] if not data[2]["warnings"] else "warning"],
    ]
    assert "✗ h2: no Docker engine answers" in said.err
    assert data[0]["version"] == "20.10.24"
    assert data[0]["swarm"] == "inactive"
    assert data[0]["free_bytes"] > 0
    assert abs(data[0]["clock_seconds"]) < 5
    assert (data[1]["state"], data[1]["fix"] != "") == ("unreachable", True)


def test_a_docker_context_that_is_not_there_counts_as_unreachable_with_its_fix(folder: Path) -> None:
    said = phlo_says(["inventory", "check", "-i", "hosts.yaml", "--limit", "gate"], folder)
    assert said.code == 4
    assert 'gate: docker has no context "far"' in said.err


@pytest.mark.parametrize(
    ("free_bytes", "clock_seconds", "expected"),
    [
        (int(LEAST_FREE), 4.9, []),
        (None, None, []),
        (int(2e9), 0.0, ["2.0 GB are free"]),
        (int(50e9), -7.0, ["its clock is 7 s away"]),
    ],
)
def test_little_room_and_a_wrong_clock_are_warned_of(
    free_bytes: int | None, clock_seconds: float | None, expected: list[str]
) -> None:
    answer = Answer(Reached("26.1", "1.45", "linux/amd64", free_bytes, clock_seconds, "inactive"))
    assert [warning[: len(start)] for warning, start in zip(answer.warnings, expected, strict=True)] == expected
