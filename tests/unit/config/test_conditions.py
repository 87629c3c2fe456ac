from __future__ import annotations

import pytest

from phlo.config.project import Project
from phlo.errors import ConfigError
from phlo.values import Condition
from tests.unit.config.conftest import Workplace

APP = "  app: {{type: inline, image: a, depends_on: {{db: {{condition: {condition}}}}}}}\n"
COMPLETED = APP.format(condition="service_completed_successfully")
HEALTHY = APP.format(condition="service_healthy")


def resolved(workplace: Workplace, *lines: str) -> Project:
    workplace.phlo_yaml("services:\n" + "".join(lines))
    return workplace.resolve()


def test_a_service_whose_end_is_awaited_is_a_one_shot(workplace: Workplace) -> None:
    project = resolved(workplace, "  db: {type: inline, image: b}\n", COMPLETED)
    assert project.services["db"].one_shot
    assert project.services["app"].depends_on[0].condition is Condition.COMPLETED


def test_it_is_one_also_when_only_it_is_asked_for(workplace: Workplace) -> None:
    workplace.phlo_yaml(f"services:\n  db: {{type: inline, image: b}}\n{COMPLETED}")
    assert workplace.resolve(["db"]).services["db"].one_shot


@pytest.mark.parametrize("condition", ["service_completed_successfully", "service_healthy"])
def test_a_condition_of_an_override_counts(condition: str, workplace: Workplace) -> None:
    workplace.role("db")
    workplace.role("app", "default: true\ndepends_on: [db]\n")
    workplace.phlo_yaml(f"services: {{app: {{depends_on: {{db: {{condition: {condition}}}}}}}}}")
    project = workplace.resolve()
    assert project.services["app"].depends_on[0].condition is Condition(condition)
    assert project.services["db"].one_shot is (condition == "service_completed_successfully")


@pytest.mark.parametrize(
    ("db", "app", "error"),
    [
        ("restart: always", COMPLETED, 'phlo.yaml:3 services.app.depends_on.db.condition: "app" waits for the end of'),
        ("restart: unless-stopped", COMPLETED, "is restarted whenever it ends (restart: unless-stopped)"),
        ("one_shot: false", COMPLETED, "says one_shot: false"),
        ("healthcheck: {disable: true}", HEALTHY, 'the health check of "db" is disabled'),
        ('healthcheck: {test: ["NONE"]}', HEALTHY, "phlo.yaml:3 services.app.depends_on.db.condition: "),
        ("one_shot: true, restart: always", "", "phlo.yaml:2 services.db.restart: "),
    ],
)
def test_a_condition_that_can_never_be_met_is_refused(db: str, app: str, error: str, workplace: Workplace) -> None:
    with pytest.raises(ConfigError) as caught:
        resolved(workplace, f"  db: {{type: inline, image: b, {db}}}\n", app)
    assert error in str(caught.value)


def test_a_check_that_only_the_image_can_have_is_looked_for_on_the_host(workplace: Workplace) -> None:
    project = resolved(workplace, "  db: {type: inline, image: b}\n", HEALTHY)
    assert project.services["db"].healthy_wanted_at == "phlo.yaml:3 services.app.depends_on.db.condition"
    assert project.services["app"].healthy_wanted_at == ""


@pytest.mark.parametrize(
    ("attributes", "one_shot", "may_end"),
    [
        ("image: b", False, True),
        ("image: b, restart: on-failure", False, True),
        ("image: b, restart: always", False, False),
        ("image: b, restart: unless-stopped", False, False),
        ("image: b, one_shot: false", False, False),
        ("image: b, one_shot: true", True, False),
        ('image: b, restart: "no"', True, True),
        ("image: b, deploy: {restart_policy: {condition: none}}", False, True),
        ('image: b, restart: "no", deploy: {restart_policy: {condition: any}}', False, False),
        ('image: b, restart: "no", ports: ["80:80"]', False, False),
        ('image: b, restart: "no", healthcheck: {test: a}', False, False),
        ('image: b, expose: ["80"]', False, False),
        ("image: b, healthcheck: {disable: true}", False, True),
    ],
)
def test_what_a_service_is_shows_whether_it_ends(
    attributes: str, one_shot: bool, may_end: bool, workplace: Workplace
) -> None:
    service = resolved(workplace, f"  db: {{type: inline, {attributes}}}\n").services["db"]
    assert (service.one_shot, service.may_end) == (one_shot, may_end)


def test_a_setup_that_is_always_restarted_is_no_one_shot(workplace: Workplace) -> None:
    project = resolved(workplace, "  db-setup: {type: inline, image: b, restart: always}\n")
    assert not project.services["db-setup"].one_shot


@pytest.mark.parametrize("attribute", ["network_mode", "ipc", "pid"])
def test_a_shared_namespace_is_followed_also_with_a_depends_on_of_its_own(attribute: str, workplace: Workplace) -> None:
    side = f"  side: {{type: inline, image: a, {attribute}: service:db, depends_on: [db]}}\n"
    project = resolved(workplace, "  db: {type: inline, image: b}\n", side)
    assert project.services["side"].depends_on[0].restart
