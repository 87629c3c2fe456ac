from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from phlo.config.show import explain, project_data
from phlo.errors import ConfigError

if TYPE_CHECKING:
    from .conftest import Workplace


@pytest.fixture
def lake(workplace: Workplace) -> Workplace:
    workplace.role(
        "db",
        """
        default: true
        env_vars: {PW: {secret: true, default: published}, PORT: {default: 1}}
        compose:
          ports: ["${PORT}:5432"]
          environment: {PW: "${PW}", A: "1"}
          healthcheck: {test: ["CMD", "true"], interval: 3s}
        """,
    )
    workplace.phlo_yaml("name: lake\nenv: {PORT: 2}\nservices:\n  db:\n    environment: {B: x}\n")
    workplace.write(".phlo/.env", "PW=hunter22\nPORT=3\n")
    return workplace


def test_a_variable_is_explained_with_all_that_lost(lake: Workplace) -> None:
    found = explain(lake.resolve(), "PORT")
    assert [(one["value"], one["layer"], one["where"], one["wins"]) for one in found] == [
        ("3", ".phlo/.env", ".phlo/.env:2", True),
        ("2", "phlo.yaml", "phlo.yaml:2", False),
        ("1", "role defaults", "db/service.yaml:4", False),
    ]


def test_a_secret_is_explained_without_showing_it(lake: Workplace) -> None:
    found = explain(lake.resolve(), "PW")
    assert [one["value"] for one in found] == ["***", "***"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("db.environment.B", [("db.environment.B", "x", "phlo.yaml:5")]),
        ("services.db.environment.PW", [("db.environment.PW", "***", "db/service.yaml:7")]),
        (
            "db.environment",
            [
                ("db.environment.PW", "***", "db/service.yaml:7"),
                ("db.environment.A", "1", "db/service.yaml:7"),
                ("db.environment.B", "x", "phlo.yaml:5"),
            ],
        ),
        ("db.ports", [("db.ports", "target=5432, published=3", "db/service.yaml:6")]),
    ],
)
def test_an_attribute_is_explained_by_where_its_entries_were_written(
    lake: Workplace, name: str, expected: list[tuple[str, str, str]]
) -> None:
    found = explain(lake.resolve(), name)
    assert [(one["name"], one["value"], one["where"]) for one in found] == expected


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("PROT", 'there is no variable or attribute "PROT". Did you mean "PORT"?'),
        ("db.portz", 'db.portz: nothing sets "portz" of db. Did you mean "db.ports"?'),
    ],
)
def test_an_unknown_name_suggests_the_nearest(lake: Workplace, name: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        explain(lake.resolve(), name)
    assert str(caught.value) == message


def test_the_shown_project_is_plain_and_masked(lake: Workplace) -> None:
    text = json.dumps(project_data(lake.resolve(), with_sources=True))
    assert "hunter22" not in text
    data = json.loads(text)
    assert data["services"]["db"]["ports"] == [{"target": 5432, "published": "3"}]
    assert data["services"]["db"]["healthcheck"]["interval"] == "3s"
    assert data["services"]["db"]["sources"]["environment.B"] == "phlo.yaml:5"
    assert data["variables"]["PORT"] == {"value": "3", "source": ".phlo/.env:2"}
