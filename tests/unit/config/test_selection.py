from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from phlo.config.project import Dependency
from phlo.values import Condition

if TYPE_CHECKING:
    from .conftest import Workplace

CHECKED = 'compose: {healthcheck: {test: ["CMD", "true"]}}\n'


@pytest.fixture
def stack(workplace: Workplace) -> Workplace:
    """db <- query <- app (default), tool (profile), extra (neither)."""
    workplace.role("db", "default: true\n" + CHECKED)
    workplace.role("query", "depends_on: [db]\n")
    workplace.role("app", "default: true\ndepends_on: [query]\n")
    workplace.role("tool", "profile: dev\n")
    workplace.role("extra")
    return workplace


def test_a_bare_run_has_the_default_services_and_what_they_need(stack: Workplace) -> None:
    project = stack.resolve()
    assert {name: one.reason for name, one in project.services.items()} == {
        "app": "default",
        "db": "default",
        "query": "needed by app",
    }
    assert {name: one.reason for name, one in project.absent.items()} == {"tool": "profile dev", "extra": "not enabled"}


def test_enabled_false_excludes_service(stack: Workplace) -> None:
    stack.phlo_yaml("services:\n  app:\n    enabled: false\n")
    project = stack.resolve()
    assert list(project.services) == ["db"]
    assert project.absent["app"].reason == "disabled in phlo.yaml"
    assert project.absent["app"].is_disabled
    assert str(project.absent["app"].source) == "phlo.yaml:3"


@pytest.mark.parametrize(
    "text",
    [
        "services: {enabled: [extra], disabled: [app]}",
        "services: {enabled: [extra], app: {enabled: false}}",
        "services: {extra: {enabled: true}, disabled: [app]}",
    ],
)
def test_lists_and_entries_switch_services_alike(stack: Workplace, text: str) -> None:
    stack.phlo_yaml(text)
    project = stack.resolve()
    assert {name: one.reason for name, one in project.services.items()} == {
        "db": "default",
        "extra": "enabled in phlo.yaml:1",
    }


def test_a_profile_adds_its_services(stack: Workplace) -> None:
    assert stack.resolve(profiles=["dev"]).services["tool"].reason == "profile dev"
    stack.phlo_yaml("profiles: [dev]\n")
    assert "tool" in stack.resolve().services


def test_a_compose_profile_keeps_an_inline_service_out(workplace: Workplace) -> None:
    workplace.phlo_yaml("services: {x: {type: inline, image: a, profiles: [p]}}\n")
    assert workplace.resolve().absent["x"].reason == "profile p"
    assert workplace.resolve(profiles=["p"]).services["x"].reason == "profile p"


def test_an_inline_service_that_replaces_takes_the_place_of_the_installed_one(stack: Workplace) -> None:
    stack.phlo_yaml("services: {db: {type: inline, replaces: true, image: 'mine:1'}}\n")
    project = stack.resolve(["query"])
    assert project.services["db"].is_inline
    assert project.services["query"].depends_on[0].service == "db"


def test_asking_for_services_leaves_the_others_out(stack: Workplace) -> None:
    project = stack.resolve(["query"])
    assert {name: one.reason for name, one in project.services.items()} == {
        "query": "asked for",
        "db": "needed by query",
    }
    assert project.absent["app"].reason == "not asked for"
    assert not project.absent["app"].is_disabled
    assert list(stack.resolve(["tool"]).services) == ["tool"]


def test_without_dependencies_only_what_was_asked_for_runs(stack: Workplace) -> None:
    project = stack.resolve(["app"], no_deps=True)
    assert list(project.services) == ["app"]
    assert project.services["app"].depends_on == ()


def test_a_dependency_on_a_disabled_service_names_both_lines(stack: Workplace) -> None:
    stack.phlo_yaml("services:\n  query: {enabled: false}\n  mine: {type: inline, image: a, depends_on: [query]}\n")
    assert stack.errors() == [
        (
            'app/service.yaml:4 depends_on[0]: "app" depends on "query", which is disabled at phlo.yaml:2. '
            'Enable "query", disable "app" too, or write required: false.'
        ),
        (
            'phlo.yaml:3 services.mine.depends_on[0]: "mine" depends on "query", which is disabled at phlo.yaml:2. '
            'Enable "query", disable "mine" too, or write required: false.'
        ),
    ]


def test_a_dependency_that_is_not_required_is_taken_when_it_runs_anyway(stack: Workplace) -> None:
    stack.role("web", "default: true\ndepends_on: {extra: {required: false}, db: {required: false}}\n")
    project = stack.resolve()
    assert [one.service for one in project.services["web"].depends_on] == ["db"]
    assert "extra" not in project.services
    assert list(stack.resolve(["web"]).services) == ["db", "web"]
    stack.phlo_yaml("services: {db: {enabled: false}, app: {enabled: false}}")
    assert list(stack.resolve().services) == ["web"]


@pytest.mark.parametrize(
    ("text", "asked", "message"),
    [
        ("services: {dbb: {port: 1}}", [], 'phlo.yaml:1 services.dbb: there is no service "dbb". Did you mean "db"?'),
        (
            "services: {enabled: [ap]}",
            [],
            'phlo.yaml:1 services.enabled[0]: there is no service "ap". Did you mean "app"?',
        ),
        ("services: {disabled: [querry]}", [], "phlo.yaml:1 services.disabled[0]: there is no service"),
        ("services: {own: {image: a}}", [], 'phlo.yaml:1 services.own: there is no service "own". Add "type: inline"'),
        (
            "services: {db: {type: inline, image: a}}",
            [],
            'phlo.yaml:1 services.db.type: pkg-db has a service "db" already.',
        ),
        (
            "services: {db: {requires: [store]}}",
            [],
            'phlo.yaml:1 services.db.requires: "requires" is for inline services',
        ),
        ("services: {disabled: [db], db: {enabled: true}}", [], 'phlo.yaml:1: "db" is enabled and disabled'),
        ("name: x", ["qery"], 'there is no service "qery". Did you mean "query"?'),
        ("services: {app: {enabled: false}}", ["app"], 'phlo.yaml:1: the service "app" is disabled.'),
        ("profiles: [deb]", [], 'phlo.yaml:1 profiles[0]: there is no profile "deb". Did you mean "dev"?'),
        ("services: {app: {depends_on: [dbx]}}", [], 'phlo.yaml:1 services.app.depends_on[0]: "app" depends on "dbx"'),
        ("services: {x: {type: inline}}", [], "phlo.yaml:1 services.x: has neither an image nor a build"),
        (
            "services: {superset: {port: 1}}",
            [],
            'phlo.yaml:1 services.superset: the service "superset" is not installed.',
        ),
    ],
)
def test_a_name_that_cannot_be_is_an_error(stack: Workplace, text: str, asked: list[str], message: str) -> None:
    stack.phlo_yaml(text)
    assert stack.errors(asked)[0].startswith(message)


def test_a_service_that_is_switched_off_need_not_be_installed(stack: Workplace) -> None:
    stack.phlo_yaml("services: {superset: {enabled: false}}")
    assert stack.resolve().warnings == (
        'phlo.yaml:1 services.superset: "superset" is disabled, but there is no such service.',
    )


def test_the_condition_of_a_dependency_is_inferred(workplace: Workplace) -> None:
    workplace.role("checked", CHECKED)
    workplace.role("db-setup")
    workplace.role("never", 'compose: {restart: "no"}\n')
    workplace.role("job", "one_shot: true\n")
    workplace.role("unchecked", "compose: {healthcheck: {disable: true}}\n")
    workplace.role("plain", "compose: {restart: always}\n")
    workplace.phlo_yaml(
        """
        services:
          app:
            type: inline
            image: a
            depends_on: [checked, db-setup, never, job, unchecked, plain, helped]
          helped: {type: inline, image: a}
          strict:
            type: inline
            image: a
            depends_on: {checked: {condition: service_started, restart: true}}
        """
    )
    project = workplace.resolve()
    assert {one.service: one.condition for one in project.services["app"].depends_on} == {
        "checked": Condition.HEALTHY,
        "db-setup": Condition.COMPLETED,
        "never": Condition.COMPLETED,
        "job": Condition.COMPLETED,
        "unchecked": Condition.STARTED,
        "plain": Condition.STARTED,
        "helped": Condition.STARTED,
    }
    assert project.services["strict"].depends_on == (
        Dependency(service="checked", condition=Condition.STARTED, restart=True),
    )
    assert [name for name, one in project.services.items() if one.one_shot] == ["db-setup", "job", "never"]


def test_a_healthcheck_of_the_user_counts_for_the_condition(workplace: Workplace) -> None:
    workplace.role("db", "default: true\n")
    workplace.role("app", "default: true\ndepends_on: [db]\n")
    workplace.phlo_yaml('services: {db: {healthcheck: {test: ["CMD", "true"]}}}')
    assert workplace.resolve().services["app"].depends_on[0].condition is Condition.HEALTHY


@pytest.fixture
def stores(workplace: Workplace) -> Workplace:
    workplace.role("alpha", "provides: {store: {endpoint: http://alpha}}\n")
    workplace.role("beta", "provides: {store: {endpoint: http://beta}}\n")
    workplace.role("app", "default: true\nrequires: [store]\n")
    return workplace


def test_a_required_capability_that_nobody_provides_names_who_could(stores: Workplace) -> None:
    message = 'app/service.yaml:4 requires[0]: "app" requires "store", which no enabled service provides.'
    assert stores.errors() == [f"{message} Choose alpha or beta: write capabilities: {{store: alpha}} in phlo.yaml."]


def test_the_provider_of_a_capability_is_a_dependency(stores: Workplace) -> None:
    stores.phlo_yaml("services: {alpha: {enabled: true}}")
    assert [one.service for one in stores.resolve().services["app"].depends_on] == ["alpha"]
    assert list(stores.resolve(["app"]).services) == ["alpha", "app"]


def test_two_providers_are_an_error_until_phlo_yaml_says_which(stores: Workplace) -> None:
    stores.phlo_yaml("services: {enabled: [alpha, beta]}")
    assert stores.errors()[0].startswith('phlo.yaml:1 capabilities: "store" is provided by alpha and by beta.')
    stores.phlo_yaml("services: {enabled: [alpha, beta]}\ncapabilities: {store: beta}\n")
    assert [one.service for one in stores.resolve().services["app"].depends_on] == ["beta"]


def test_naming_a_provider_makes_it_part_of_the_run(stores: Workplace) -> None:
    stores.phlo_yaml("capabilities: {store: beta}\n")
    assert stores.resolve().services["beta"].reason == "provides store by phlo.yaml:1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("capabilities: {store: app}", 'phlo.yaml:1 capabilities.store: "app" does not provide "store"'),
        (
            "capabilities: {store: betta}",
            'phlo.yaml:1 capabilities.store: "betta" does not provide "store". Did you mean "beta"?',
        ),
        (
            "capabilities: {store: beta}\nservices: {beta: {enabled: false}}",
            'phlo.yaml:1 capabilities.store: "beta" should provide "store" but is disabled (see phlo.yaml:2).',
        ),
    ],
)
def test_a_provider_that_cannot_be_is_an_error(stores: Workplace, text: str, message: str) -> None:
    stores.phlo_yaml(text)
    assert [error.startswith(message) for error in stores.errors()] == [True]


def test_a_wanted_capability_may_be_missing(workplace: Workplace) -> None:
    workplace.role("app", "default: true\nwants: [figures]\n")
    workplace.role("meter", "provides: {figures: {port: 1}}\n")
    assert workplace.resolve().services["app"].depends_on == ()
    workplace.phlo_yaml("services: {enabled: [meter]}")
    assert [one.service for one in workplace.resolve().services["app"].depends_on] == ["meter"]


def test_the_only_provider_of_what_is_required_comes_along(workplace: Workplace) -> None:
    workplace.role("alpha", "provides: {store: {}}\n")
    workplace.role("app", "default: true\nrequires: [store]\n")
    assert workplace.resolve().services["alpha"].reason == "needed by app for store"
    workplace.phlo_yaml("services: {alpha: {enabled: false}}")
    assert '"app" requires "store"' in workplace.errors()[0]


def test_a_provider_that_comes_along_leaves_the_rest_of_its_capabilities_to_others(workplace: Workplace) -> None:
    workplace.role("storage", "provides: {blobs: {}, catalog: {}}\n")
    workplace.role("catalog", "default: true\nprovides: {catalog: {}}\nrequires: [blobs]\n")
    workplace.role("app", "default: true\nrequires: [catalog, blobs]\n")
    project = workplace.resolve()
    assert project.services["storage"].reason == "needed by catalog for blobs"
    assert [one.service for one in project.services["app"].depends_on] == ["catalog", "storage"]
    workplace.phlo_yaml("services: {enabled: [storage]}")
    assert '"catalog" is provided by catalog and by storage' in workplace.errors()[0]


@pytest.fixture
def defaults(workplace: Workplace) -> Workplace:
    """Two default stores, each with a companion, and another one."""
    for name in ("alpha", "beta"):
        workplace.role(name, "default: true\nprovides: {store: {}, metrics: {port: 1}}\n")
        workplace.role(f"{name}-helper", f"default: true\ndepends_on: [{name}]\n")
    workplace.role("gamma", "provides: {store: {}}\n")
    return workplace


@pytest.mark.parametrize(
    ("chosen", "running"),
    [("alpha", ["alpha", "alpha-helper"]), ("beta", ["beta", "beta-helper"]), ("gamma", ["gamma"])],
)
def test_choosing_a_provider_leaves_out_default_ones_and_their_companions(
    defaults: Workplace, chosen: str, running: list[str]
) -> None:
    defaults.phlo_yaml(f"capabilities: {{store: {chosen}}}")
    project = defaults.resolve()
    assert list(project.services) == running
    reasons = {name: absence.reason for name, absence in project.absent.items() if name != "gamma"}
    assert set(reasons.values()) == {f"{chosen} takes its place"}


def test_a_default_service_that_is_enabled_runs_beside_the_chosen_one(defaults: Workplace) -> None:
    defaults.phlo_yaml("capabilities: {store: beta}\nservices: {enabled: [alpha]}")
    assert list(defaults.resolve().services) == ["alpha", "beta", "beta-helper"]


def test_default_services_can_be_left_out_all_together(stack: Workplace) -> None:
    stack.phlo_yaml("services: {defaults: false, enabled: [db]}")
    project = stack.resolve()
    assert list(project.services) == ["db"]
    assert project.absent["app"].reason == "not enabled"


def test_a_collected_capability_orders_nothing_and_is_not_chosen(workplace: Workplace) -> None:
    workplace.role("meter", "default: true\nprovides: {metrics: {port: 1}}\n")
    workplace.role("other", "default: true\nprovides: {metrics: {port: 2}}\n")
    workplace.role("watch", "default: true\nwants: [metrics]\nprovides: {metrics: {port: 3}}\n")
    assert workplace.resolve().services["watch"].depends_on == ()
    workplace.phlo_yaml("capabilities: {metrics: meter}")
    assert workplace.errors() == [
        (
            'phlo.yaml:1 capabilities.metrics: many services provide "metrics" at once. There is nothing to choose: '
            "remove it."
        )
    ]
