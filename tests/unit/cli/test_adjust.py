"""--scale and --exclude change a project for one run."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo import inventory
from phlo.cli.adjust import adjusted
from phlo.config.project import Project
from phlo.config.resolve import resolve
from phlo.discovery.catalog import Catalog
from phlo.errors import ConfigError
from phlo.plan import Options, build

STACK = """
name: lake
services:
  defaults: false
  db: {type: inline, image: db:1}
  web: {type: inline, image: web:1, depends_on: [db]}
  old: {type: inline, image: old:1, profiles: [legacy]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "phlo.yaml").write_text(STACK)
    catalog = Catalog(services={}, plugins=(), problems=(), inputs=())
    return resolve(catalog, inventory.load([], root=tmp_path), root=tmp_path, environ={})


def test_scale_changes_the_number_of_instances(project: Project) -> None:
    assert adjusted(project, scale=["web=3", "db=0"]).services["web"].scale == 3
    assert adjusted(project, scale=["db=0"]).services["db"].scale == 0


def test_an_excluded_service_is_left_alone_and_not_waited_for(project: Project) -> None:
    plan = build(adjusted(project, exclude=["db"]), Options(only=frozenset({"web"})))
    assert {step.service for step in plan.steps} == {"", "web"}
    (orphans,) = (step for step in plan.steps if step.operation == "orphans")
    assert "db" in orphans.args.ignored


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": ["wbe=2"]}, '--scale: there is no service "wbe". Did you mean "web"?'),
        ({"scale": ["web"]}, '--scale: "web" is not SERVICE=N.'),
        ({"scale": ["web=-1"]}, '--scale: "web=-1" is not SERVICE=N.'),
        ({"exclude": ["old"]}, '--exclude: the service "old" is not part of this run (profile legacy).'),
    ],
)
def test_what_names_no_service_of_the_run_is_refused(
    project: Project, options: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        adjusted(project, **options)
    assert str(refused.value).startswith(message)
