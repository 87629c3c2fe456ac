"""Services that somebody enables, completed with what they need, and the providers chosen for them."""

from __future__ import annotations

from collections.abc import Mapping

from phlo.config.provider_choice import ProviderChoice
from phlo.discovery.definition import ServiceDefinition


def service(
    name: str, *, provides: str = "", requires: str = "", needs: str = "", default: bool = False, next_one: str = ""
) -> ServiceDefinition:
    return ServiceDefinition(
        name=name,
        default=default,
        provides={one: {} for one in provides.split()},
        requires=tuple(requires.split()),
        depends_on={one: {"condition": None, "required": True, "restart": False} for one in needs.split()},
        succeeded_by=next_one or None,
    )


ALL = (
    service("lake", provides="s3 catalog"),
    service("nessie", provides="catalog", requires="s3", default=True),
    service("old", provides="s3", default=True, next_one="lake"),
    service("fast", provides="query", requires="s3 catalog"),
    service("big", provides="query", requires="catalog", needs="big-worker", default=True),
    service("big-worker"),
    service("charts", requires="sql"),
    service("db", provides="sql metrics"),
    service("exporter", provides="metrics"),
)


def choice(*names: str, given: Mapping[str, str] | None = None, present: str = "") -> ProviderChoice:
    found = ProviderChoice(
        definitions={one.name: one for one in ALL},
        enabled=dict.fromkeys((*present.split(), *names), ""),
        capabilities=dict(given or {}),
        present=frozenset(present.split()),
    )
    found.complete()
    return found


def test_the_only_provider_is_added_without_being_written_down() -> None:
    found = choice("charts")
    assert list(found.enabled) == ["charts", "db"]
    assert found.capabilities == {}
    assert found.reasons == ["db is added: charts needs sql."]


def test_of_several_providers_the_one_of_most_missing_capabilities_is_added() -> None:
    found = choice("fast")
    assert list(found.enabled) == ["fast", "lake"]
    assert found.capabilities == {"s3": "lake", "catalog": "lake"}
    assert found.reasons == ["lake is added: fast needs catalog and s3; nessie and old could provide it instead."]


def test_what_provided_a_capability_before_still_does() -> None:
    found = choice("fast", present="big big-worker nessie lake", given={"catalog": "nessie"})
    assert found.capabilities == {"catalog": "nessie", "query": "big"}
    assert found.reasons == ["big still provides query, not fast; `capabilities` in phlo.yaml can name another."]


def test_among_new_providers_a_default_service_is_preferred() -> None:
    found = choice("fast", "big", "lake")
    assert found.capabilities == {"query": "big"}
    assert "big-worker" in found.enabled


def test_a_service_with_a_successor_is_chosen_last() -> None:
    assert choice("old", "lake").capabilities == {"s3": "lake"}


def test_a_choice_of_the_file_is_kept_and_its_service_is_part_of_the_project() -> None:
    found = choice("fast", given={"s3": "old", "catalog": "nessie"})
    assert set(found.enabled) == {"fast", "old", "nessie"}
    assert found.capabilities == {"s3": "old", "catalog": "nessie"}
    assert found.reasons == []


def test_capabilities_that_many_services_provide_at_once_need_no_choice() -> None:
    assert choice("db", "exporter").capabilities == {}
