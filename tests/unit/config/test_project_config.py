"""The sections of phlo.yaml have the values that pydantic's models give."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from phlo.config.project_config import (
    PHLO_KEYS,
    ROLE_KEYS,
    SECTIONS,
    ProjectConfig,
    Services,
    project_config,
    services,
)
from phlo.config.project_models import model_of
from phlo.discovery import service_file
from phlo.discovery.definition import ServiceDefinition
from phlo.sections.values import section

KINDS = (ProjectConfig, *SECTIONS)
MAKERS = {ProjectConfig: project_config, Services: services}
SAMPLES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 80, 70000, 1.5, 1.0, "", "web", "${WEB}", "80", "true", "No", "on", "inline"),
    *("pull", "2026-01-31", [], ["web"], [1], [None], [[]], {}, {"web": None}, {"web": "x"}, {"web": 1}, {"web": {}}),
    *({"x-own": 1}, {"name": 1}, {"file": "a", "vault": "b"}, {"config": [{"subnet": "10.0.0.0/24"}]}, {1: "a"}),
    *({"network": {"driver": "bridge"}}, {"web": {"port": "no"}}, {"enabled": ["web"]}, datetime.date(2026, 1, 31)),
    *({"driver": "x", "options": {"a": "b"}}, {"web": {"file": "a"}}, {"web": {"command": []}}, {"web": {"name": "n"}}),
    *({"web": {"external": "yes", "internal": 0}}, {"web": {"hosts": "a"}}, {"web": {"file": "a", "x-b": 1}}),
)


def as_data(read: Any) -> Any:
    """A section or a model as plain data."""
    if isinstance(read, BaseModel):
        named = {name: item or {} for name, item in (read.__pydantic_extra__ or {}).items()}
        return {name: as_data(getattr(read, name)) for name in type(read).model_fields} | as_data(named)
    if dataclasses.is_dataclass(read):
        own = {one.name: as_data(getattr(read, one.name)) for one in dataclasses.fields(read)}
        return own | own.pop("_overrides", {})
    if isinstance(read, list):
        return [as_data(item) for item in read]
    return {key: as_data(item) for key, item in read.items()} if isinstance(read, Mapping) else read


def is_part_of(mine: Any, full: Any) -> bool:
    """Whether `full` has what `mine` has; a model of a service has Compose attributes besides."""
    if isinstance(mine, dict) and isinstance(full, dict):
        return all(
            is_part_of(item, full.get(key)) or (full.get(key) == {} and not any(item.values()))
            for key, item in mine.items()
        )
    return bool(mine == full and type(mine) is type(full))


def every_sample() -> Iterator[tuple[type, Any]]:
    for kind in KINDS:
        yield from ((kind, {key: sample}) for key in model_of(kind).model_fields for sample in SAMPLES)
        yield from ((kind, sample) for sample in SAMPLES if isinstance(sample, dict))


def test_whatever_pydantic_accepts_has_the_values_that_pydantic_gives() -> None:
    accepted = 0
    for kind, data in every_sample():
        try:
            model_of(kind).model_validate(data)
            without = {key: item for key, item in data.items() if item is not None or kind is Services}
            wanted = model_of(kind).model_validate(without)
        except ValidationError:
            continue
        accepted += 1
        made = MAKERS.get(kind, partial(section, kind))(data)
        assert is_part_of(as_data(made), as_data(wanted)), f"{kind.__name__} {data!r}"

    assert accepted > 500


@pytest.mark.parametrize(
    ("given", "hosts"),
    [("data-1", ["data-1"]), (["a", "b"], ["a", "b"]), (None, None)],
)
def test_hosts_may_be_one_text(given: Any, hosts: Any) -> None:
    assert services({"web": {"hosts": given}}).overrides()["web"].hosts == hosts


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({}, "one of file"),
        ({"file": "a", "vault": "b"}, "one of file"),
        ({"command": []}, "is empty"),
        ({"file": "a", "timeout_seconds": 0}, "more than 0"),
    ],
)
def test_a_secret_has_one_source(given: Any, what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        model_of(SECTIONS[-1]).model_validate(given)


def test_an_inline_service_takes_every_key_that_phlo_yaml_may_give_it() -> None:
    """Keys that only phlo.yaml decides reach no container, whatever they are."""
    given = {"image": "web:1", **dict.fromkeys(PHLO_KEYS)}
    assert ServiceDefinition.from_inline("web", given).compose == {}


def test_an_inline_service_says_of_itself_what_a_role_says() -> None:
    assert set(ROLE_KEYS) == set(service_file.ROLE_KEYS)
