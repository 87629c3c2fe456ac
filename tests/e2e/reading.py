"""What is looked at on each example platform: the pages that are about it, and what phlo-api says of its lake."""

from __future__ import annotations

from pathlib import Path

from tests.support.pages import read_page, runs
from tests.support.platform import Platform

COUNT = "select count(*) as n from iceberg.stats.commits"
MOMENT = "timestamp '2026-01-31 01:02:03.123456'"


def read_pages(place: str, platform: Platform, folder: Path) -> None:
    """Carry out the pages of the documentation that are about a platform; their runs of the pipeline come first."""
    for run in sorted(runs(place), key=lambda run: not run.page.startswith("examples/")):
        (reader := folder / run.page.replace("/", "-")).mkdir()
        folders = {"EXAMPLE_PROJECT": str(platform.folder), "PLATFORM": str(platform.folder)}
        environ = {**platform.environment, **folders, "PROJECT": platform.name}
        read_page(run, reader, environ)


def check_api(platform: Platform) -> None:
    """phlo-api tells of the lake what is in it."""
    with platform.api() as api:
        tables = [f"{one['namespace']}.{one['name']}" for one in api.get("/tables").json()]
        commits = api.get("/tables/stats/commits").json()
        (some,) = api.post("/queries", json={"sql": "select * from iceberg.stats.commits;", "limit": 3}).json()[
            "statements"
        ]
        (exact,) = api.post("/queries", json={"sql": f"select {2**63 - 1} as most, {MOMENT} as moment"}).json()[
            "statements"
        ]
        several = api.post(
            "/queries", json={"sql": f"{COUNT};\n{COUNT};\nselect *\n from iceberg.stats.nowhere"}
        ).json()
        exported = api.post("/export", json={"sql": COUNT, "format": "json"}).json()
        missing = api.get("/tables/stats/nowhere")
    assert {"stats.commits", "stats.changes"} <= set(tables)
    assert commits["columns"][0] == {"name": "sha", "type": "string", "required": True, "doc": None}
    current = next(one for one in commits["snapshots"] if one["is_current"])
    assert current["summary"]["total-records"] == str(platform.commits)
    assert (len(some["rows"]), some["truncated"]) == (3, True)
    # A browser would round the one, and Trino cuts the other for who doesn't ask it not to.
    (row,) = exact["rows"]
    assert row[0] == str(2**63 - 1)
    assert "01:02:03.123456" in row[1]
    first, second, failed = several["statements"]
    assert first["columns"][0]["name"] == "n"
    assert first["rows"] == second["rows"] == [[platform.commits]]
    assert (failed["error"]["kind"], failed["error"]["line"]) == ("failed", 4)
    assert "nowhere" in failed["error"]["message"]
    assert exported == [{"n": platform.commits}]
    assert missing.status_code == 404
    assert "nowhere" in missing.json()["detail"]
