from __future__ import annotations

import pytest

from phlo.plan import build_power

NEEDS = {"db": [], "api": ["db"], "web": ["api", "db"]}
PLACED = {"db": ["data-1"], "api": ["edge-1", "edge-2"], "web": ["edge-1"]}


@pytest.mark.parametrize(
    ("services", "steps"),
    [
        (["db"], {"data-1/db/power": ()}),
        (["api"], {"edge-1/api/power": (), "edge-2/api/power": ()}),
        (
            ["web", "api", "db"],
            {
                "data-1/db/power": (),
                "edge-1/api/power": ("data-1/db/power",),
                "edge-2/api/power": ("data-1/db/power",),
                "edge-1/web/power": ("edge-1/api/power", "data-1/db/power"),
            },
        ),
    ],
)
def test_a_service_starts_where_it_is_placed_after_what_it_needs(
    services: list[str], steps: dict[str, tuple[str, ...]]
) -> None:
    plan = build_power("lake", ["data-1", "edge-1", "edge-2"], NEEDS, services, "restarted", places=PLACED)
    assert {step.id: step.after for step in plan.steps} == steps


def test_without_a_place_a_service_stops_everywhere() -> None:
    plan = build_power("lake", ["data-1", "edge-1"], NEEDS, ["db"], "stopped")
    assert [step.id for step in plan.steps] == ["data-1/db/power", "edge-1/db/power"]
