"""A new attribute is one row of the table, and one sample: the rest is checked here for all of them."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.compose.attributes import ATTRIBUTE_AT, ATTRIBUTES, ENGINE, Support, names
from phlo.compose.model import ComposeService
from tests.support.attribute_samples import BESIDE_SETTINGS, SAMPLES, Sample
from tests.support.container_seen import args_of, changes


def attributes_of(name: str, sample: Sample, value: Any) -> dict[str, Any]:
    return {**sample.beside, **({} if value is None else {name: value})}


def test_every_attribute_has_a_sample_or_is_beside_a_containers_settings() -> None:
    assert SAMPLES.keys() | BESIDE_SETTINGS == set(names(Support.HONOURED))
    assert not SAMPLES.keys() & BESIDE_SETTINGS
    assert not ENGINE.keys() & BESIDE_SETTINGS


@pytest.mark.parametrize("name", SAMPLES)
def test_an_unchanged_attribute_is_no_change(name: str) -> None:
    sample = SAMPLES[name]
    for value in (sample.before, sample.after):
        same = attributes_of(name, sample, value)
        assert changes(same, same) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_every_edit_recreates_with_one_cause_that_names_the_attribute(name: str) -> None:
    sample = SAMPLES[name]
    row = ENGINE.get(name)
    words = {
        name,
        sample.word or name,
        (row and row.term) or name,
        "network lake_default" if "network" in name else name,
    }
    given = [attributes_of(name, sample, value) for value in (sample.before, sample.after, None)]
    for before, after in ((0, 1), (1, 0), (0, 2), (2, 0)):
        if args_of(given[before]).body == args_of(given[after]).body and name not in (
            "networks",
            "links",
            "external_links",
        ):
            continue  # `tty: false` is what is there without it
        change, *more = changes(given[before], given[after])
        assert (change.verb, more) == ("recreate", [])
        assert len(change.causes) == 1, change.causes
        (cause,) = change.causes
        assert any(word in cause for word in words), cause
        assert "by hand" not in cause
        assert "None" not in cause
        assert "none -> none" not in cause


@pytest.mark.parametrize("name", sorted(BESIDE_SETTINGS))
def test_what_is_beside_the_settings_has_no_path_in_the_engine(name: str) -> None:
    assert ATTRIBUTES[name].engine is None
    assert not ATTRIBUTES[name].swarm_path


def test_every_path_of_a_body_belongs_to_one_attribute() -> None:
    paths = [path for row in ENGINE.values() for path in row.paths]

    assert len(paths) == len(set(paths)) == len(ATTRIBUTE_AT)


def test_every_field_of_a_service_belongs_to_an_attribute() -> None:
    fields = {field for name, row in ATTRIBUTES.items() for field in row.fields or (name,)}
    made_of_several = {"environment_from_host", "read_files", "warnings"}

    assert set(ComposeService.__annotations__) - made_of_several <= fields


@pytest.mark.parametrize("name", names(Support.HONOURED))
def test_every_honoured_attribute_is_described_in_a_sentence(name: str) -> None:
    assert ATTRIBUTES[name].description.endswith(".")
