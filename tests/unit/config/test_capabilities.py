from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from phlo.values import Secret, reveal_all

if TYPE_CHECKING:
    from .conftest import Workplace

SQL = "provides: {sql: {dialect: test, host: db, port: '5432', database: main, user: admin, password: \"${DB_KEY}\"}}\n"
CONSUMER = """
    default: true
    env_vars: {APP_KEY: {secret: true}, APP_DB: {default: own}}
    requires:
      sql: {database: "${APP_DB}", user: app, password: "${APP_KEY}"}
    templates: [{source: t.j2, dest: /t}]
"""


@pytest.fixture
def shop(workplace: Workplace) -> Workplace:
    """A database whose file shows what is claimed of it, and two services of which one claims something."""
    workplace.role(
        "db",
        "default: true\nenv_vars: {DB_KEY: {secret: true}}\ntemplates: [{source: t.j2, dest: /t}]\n" + SQL,
        {"t.j2": "{% for one in claims.sql %}{{ one.service }} {{ one.database }} {{ one.user }};{% endfor %}"},
    )
    workplace.role("app", CONSUMER, {"t.j2": "{{ sql.user }}@{{ sql.host }}:{{ sql.port + 1 }}/{{ sql.database }}"})
    workplace.role("tool", "default: true\nwants: [sql]\n")
    return workplace


def content(shop: Workplace, service: str) -> object:
    found = shop.resolve().services[service].files[0].content
    return found.decode() if isinstance(found, bytes) else found


def test_a_consumer_sees_the_facts_with_what_it_claims_in_their_place(shop: Workplace) -> None:
    assert content(shop, "app") == "app@db:5433/own"


def test_a_provider_sees_what_is_claimed_of_it(shop: Workplace) -> None:
    assert content(shop, "db") == "app own app;"


def test_a_provider_of_which_nothing_is_claimed_sees_an_empty_list(shop: Workplace) -> None:
    shop.phlo_yaml("services: {disabled: [app]}")
    assert content(shop, "db") == ""


def test_a_claimed_secret_stays_one(shop: Workplace) -> None:
    project = shop.resolve(environ={"APP_KEY": "hunter22", "DB_KEY": "hunter33"})
    assert project.services["app"].facts["sql"]["password"] == Secret("hunter22")
    assert project.services["db"].facts["claims"]["sql"][0]["password"] == Secret("hunter22")
    assert project.capabilities["sql"]["password"] == Secret("hunter33")
    assert "hunter" not in repr(project)


def test_who_claims_nothing_sees_the_providers_own(shop: Workplace) -> None:
    assert reveal_all(shop.resolve(environ={"DB_KEY": "k"}).services["tool"].facts["sql"]) == {
        "dialect": "test",
        "host": "db",
        "port": 5432,
        "database": "main",
        "user": "admin",
        "password": "k",
    }


def test_an_inline_service_can_claim_as_well(shop: Workplace) -> None:
    shop.phlo_yaml("services: {job: {type: inline, image: job:1, requires: {sql: {database: jobs, user: job}}}}")
    assert content(shop, "db") == "app own app;job jobs job;"


def test_facts_of_a_collected_capability_come_from_every_provider(workplace: Workplace) -> None:
    workplace.role("one", "default: true\nprovides: {metrics: {port: 1}}\n")
    workplace.role("two", "default: true\nprovides: {metrics: {port: 2, path: /m}}\n")
    text = "{% for one in metrics %}{{ one.host }}:{{ one.port }}{{ one.path }} {% endfor %}"
    workplace.role("watch", "default: true\nwants: [metrics]\ntemplates: [{source: t.j2, dest: /t}]\n", {"t.j2": text})
    assert content(workplace, "watch") == "one:1/metrics two:2/m "
    workplace.phlo_yaml("services: {disabled: [one, two]}")
    assert content(workplace, "watch") == ""


@pytest.mark.parametrize(
    ("provides", "message"),
    [
        (
            "{s3: {endpoint: a, access_key: b, secret_key: c, region: d, bukket: e}}",
            'provides.s3.bukket: "s3" has no fact "bukket". Did you mean "bucket"?',
        ),
        ("{metrics: {}}", 'provides.metrics: "store" provides "metrics" without its port.'),
        ("{metrics: {port: high}}", "provides.metrics.port: should be a whole number."),
        ("{orchestrator: {url: [a]}}", "provides.orchestrator.url: should be a text."),
    ],
)
def test_facts_that_are_not_right_are_errors(workplace: Workplace, provides: str, message: str) -> None:
    workplace.role("store", f"default: true\nprovides: {provides}\n")
    assert any(message in error for error in workplace.errors())


def test_only_some_facts_can_be_claimed(shop: Workplace) -> None:
    shop.role("greedy", "default: true\nwants: {sql: {port: 1}}\n")
    assert shop.errors() == [
        (
            'greedy/service.yaml:4 wants.sql.port: "port" is not for a consumer to choose. Of sql can be claimed: '
            "database, user, password."
        )
    ]


def test_capabilities_that_phlo_does_not_know_have_any_facts(workplace: Workplace) -> None:
    workplace.role("odd", "default: true\nprovides: {tea: {leaves: [green, black]}}\n")
    assert workplace.resolve().capabilities["tea"] == {"leaves": ["green", "black"]}
