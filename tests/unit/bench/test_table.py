from __future__ import annotations

import dataclasses
import json

import pytest

from tests.bench.api_load import ApiLoad
from tests.bench.cases import Case, Step
from tests.bench.fleet import Fleet
from tests.bench.measure import Sample
from tests.bench.paths import ColdPath
from tests.bench.role_tasks import RoleTasks
from tests.bench.rounds import Results
from tests.bench.rulers import rulers
from tests.bench.ssh_hosts import OverSSH
from tests.bench.table import BESIDE_NEWEST, OF_API, OVER_SSH, TABLES, Report, as_json, markdown, put_between_markers
from tests.bench.tools.tool import Absent, Remote, Tool

NOOP = Case(step=Step.NOOP, count=5)
CHAIN = Case(step=Step.COLD, count=5, is_chain=True)


def tool(name: str, *, can_chain: bool = True) -> Tool:
    up = (name, "up")
    return Tool(
        name=name,
        title=name.title(),
        version="1.0",
        files=lambda workload: {},
        up=up,
        up_chain=up if can_chain else None,
        down=(name, "down"),
        help=(name, "--help"),
    )


BEGIN, END = "<!-- bench: begin (written by `invoke bench --save`) -->", "<!-- bench: end -->"


def tables(report: Report) -> str:
    return markdown(report)[TABLES]


def report(results: Results, *tools: Tool | Absent) -> Report:
    return Report(about={"machine": "2 cores"}, tools=tools, rulers=rulers(), cases=[NOOP, CHAIN], results=results)


def results(**seconds: tuple[float, ...]) -> Results:
    """Samples of the no-op case by tool name."""
    found = Results()
    for name, values in seconds.items():
        for value in values:
            found.add(NOOP, name, Sample(seconds=value, peak_rss_kib=20 * 1024))
    return found


def row(text: str, title: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(f"| {title} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_a_cell_has_the_median_and_its_ratio_to_phlo() -> None:
    text = tables(
        report(results(phlo=(0.1, 0.1, 0.9), other=(1.25,), slow=(50.0,)), *map(tool, ["phlo", "other", "slow"]))
    )

    assert row(text, NOOP.title) == ["0.100", "1.25 (12.5x)", "50.0 (500x)"]


def test_without_phlo_there_are_medians_and_no_ratios() -> None:
    absent = Absent(name="phlo", title="phlo", reason="not built")
    text = tables(report(results(other=(1.25,)), absent, tool("other")))

    assert row(text, NOOP.title) == ["absent", "1.25"]
    assert "- phlo: absent, not built" in text


def test_a_tool_that_cannot_wait_for_health_is_not_shown_as_forgotten() -> None:
    text = tables(report(results(), tool("phlo"), tool("other", can_chain=False)))

    assert row(text, NOOP.title) == ["not run", "not run"]
    assert row(text, CHAIN.title) == ["not run", "cannot"]


def test_a_failure_takes_the_place_of_a_number_and_is_explained() -> None:
    found = results(phlo=(1.0,), other=(1.0,))
    found.failures[NOOP.key, "other"] = "s01: memory is 0\nsecond line"
    text = tables(report(found, tool("phlo"), tool("other")))

    assert row(text, NOOP.title) == ["1.00", "failed"]
    assert "Other failed at no-op up, 5 services:\n\n    s01: memory is 0\n    second line" in text


def test_rulers_are_shown_for_the_cases_they_were_measured_with() -> None:
    found = results(phlo=(0.1,))
    found.add(NOOP, "docker-ps", Sample(seconds=0.02, peak_rss_kib=1))
    text = tables(report(found, tool("phlo")))

    assert row(text, "5 services") == ["", "0.020", "", ""]


def test_the_json_holds_every_sample_and_names_the_absent() -> None:
    absent = Absent(name="other", title="Other", reason="no mirror")
    data = json.loads(as_json(report(results(phlo=(0.1, 0.3)), tool("phlo"), absent)))
    (entry,) = [item for item in data["rows"] if (item["case"], item["name"]) == ("noop-5", "phlo")]

    assert [sample["seconds"] for sample in entry["samples"]] == [0.1, 0.3]
    assert entry["summary"]["median"] == pytest.approx(0.2)
    assert {"name": "other", "absent": "no mirror"} in data["tools"]


def test_beside_the_newest_the_ratio_is_the_median_of_the_turns() -> None:
    found = dataclasses.replace(
        report(results(phlo=(0.1, 0.9, 0.2), peer=(0.2, 1.0, 0.4)), tool("phlo"), tool("peer")), part=BESIDE_NEWEST
    )

    assert row(markdown(found)[BESIDE_NEWEST], NOOP.title) == ["0.200", "0.400", "0.50x", "0.50 to 0.90", "3"]


def test_roles_with_tasks_have_a_table_of_their_own() -> None:
    tasks = RoleTasks(samples={"plan": [Sample(seconds=0.3, peak_rss_kib=1)]}, failure="`phlo up` ended with 1")
    found = dataclasses.replace(report(results(), tool("phlo")), cases=[], role_tasks=[tasks])

    assert row(tables(found), "plan") == ["1", "0.300", "0.300", "0.000"]
    assert "roles with tasks failed: `phlo up` ended with 1" in tables(found)


def test_only_what_stands_between_the_markers_is_replaced() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"

    assert put_between_markers(page, TABLES, "new\n") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"


@pytest.mark.parametrize("page", ["", BEGIN, END, f"{END} {BEGIN}"])
def test_a_page_without_both_markers_in_order_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="no pair of markers"):
        put_between_markers(page, TABLES, "new")


def test_cold_runs_stand_beside_their_critical_paths() -> None:
    samples = [Sample(seconds=seconds, peak_rss_kib=0) for seconds in (2.2, 3.0)]
    path = ColdPath(title="chain of 5", samples=samples, critical=[2.0, 2.0])
    text = tables(dataclasses.replace(report(results(), tool("phlo")), paths=[path]))

    assert row(text, "chain of 5 with health checks") == ["2", "2.60", "2.00", "1.30x", "1.10x"]


def test_many_hosts_are_shown_with_the_time_for_one_and_what_failed() -> None:
    fleet = Fleet(hosts=100, samples={"plan": [Sample(seconds=2.0, peak_rss_kib=2048, processor_seconds=1.5)]})
    broken = Fleet(hosts=300, failure="`phlo up` ended with exit code 4")
    text = tables(dataclasses.replace(report(results(), tool("phlo")), fleets=[fleet, broken]))

    assert row(text, "plan, 100 hosts") == ["1", "2.00", "2.00", "20.0", "1.50", "2"]
    assert "300 hosts failed: `phlo up` ended with exit code 4" in text


def test_memory_has_a_table_of_its_own() -> None:
    text = tables(report(results(phlo=(0.1,), other=(0.2,)), tool("phlo"), tool("other")))

    part = text.partition("Peak memory")[2]
    assert row(part, NOOP.title) == ["20", "20"]


def test_hosts_over_ssh_have_a_part_of_their_own_with_ratios() -> None:
    remote = Remote(files=lambda workload, bed: {}, up=("up",), down=("down",))
    runs = OverSSH(hosts=3)
    runs.samples["no-op up", "phlo"] = [Sample(seconds=0.5, peak_rss_kib=1)]
    runs.samples["no-op up", "other"] = [Sample(seconds=12.5, peak_rss_kib=1)]
    runs.failures["third"] = "no way in"
    tools = [dataclasses.replace(tool(name), remote=remote) for name in ("phlo", "other", "third")]
    tools.append(tool("local"))
    found = markdown(Report(about={}, tools=tools, rulers=(), cases=(), results=Results(), over_ssh=[runs]))
    assert list(found) == [OVER_SSH]
    assert "| no-op up, 3 hosts | 0.500 | 12.5 (25x) | failed |" in found[OVER_SSH]
    assert "    no way in" in found[OVER_SSH]


def test_clients_of_the_api_have_a_part_of_their_own() -> None:
    load = ApiLoad(
        clients=200,
        seconds=120.0,
        events=1100,
        lines=1090,
        missed=0,
        first_kib=70 * 1024,
        last_kib=72 * 1024,
        processor_seconds=12.5,
    )
    only = dataclasses.replace(report(Results()), cases=[], api=[load])
    assert list(markdown(only)) == [OF_API]
    assert "| 200 | 120 | 1100 | at least 1090 | 0 | 70 | 72 | 12.5 |" in markdown(only)[OF_API]
    assert json.loads(as_json(only))["api"][0]["missed"] == 0
