"""What is read without pydantic is what pydantic would have read; what it would refuse is left to it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from phlo.config import project_models
from phlo.config.plain import SCHEMA, NotPlainError, Section, reader
from phlo.config.project_models import ProjectConfig
from phlo.config.schema import project_schema

MODELS: dict[str, type[BaseModel]] = {
    name: model
    for name, model in vars(project_models).items()
    if isinstance(model, type) and issubclass(model, BaseModel) and not name.startswith("_") and model is not BaseModel
}
SAMPLES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 80, 70000, 1.5, "", "web", "${WEB}", "80", "true", "inline", "pull", "2026-01-31"),
    *([], ["web"], [1], [None], [[]], {}, {"web": None}, {"web": "x"}, {"web": 1}, {"web": {}}, {"web": {"name": "n"}}),
    *({"x-own": 1}, {"name": 1}, {"file": "a", "vault": "b"}, {"config": [{"subnet": "10.0.0.0/24"}]}, {1: "a"}),
    *({"network": {"driver": "bridge"}}, {"web": {"port": "no"}}, {"enabled": ["web"]}, datetime.date(2026, 1, 31)),
    *({"driver": "x", "options": {"a": "b"}}, {"web": {"file": "a"}}, {"web": {"command": []}}, ("web",)),
)


def as_data(read: Any) -> Any:
    """What was read, a section or a model, as plain data."""
    if isinstance(read, BaseModel):
        named = read.overrides() if isinstance(read, project_models.Services) else {}
        own = {name: as_data(getattr(read, name)) for name in type(read).model_fields}
        return own | {name: as_data(item) for name, item in named.items()}
    if isinstance(read, Section):
        own = {name: as_data(item) for name, item in {**read._defaults, **read._values}.items()}
        return own | {name: as_data(item) for name, item in read.overrides().items()}
    if isinstance(read, list):
        return [as_data(item) for item in read]
    return {key: as_data(item) for key, item in read.items()} if isinstance(read, Mapping) else read


def plainly(name: str, data: Any) -> Any:
    return reader().project(data) if name == "ProjectConfig" else reader().part(name, data)


def every_sample() -> Iterator[tuple[str, Any]]:
    for name, model in MODELS.items():
        yield from ((name, sample) for sample in SAMPLES)
        yield from ((name, {key: sample}) for key in model.model_fields for sample in SAMPLES)


def test_the_schema_that_is_read_is_the_models() -> None:
    fix = "run `phlo config schema > new.json` and put it in the place of phlo/config/project_schema.json"

    assert json.loads(SCHEMA.read_text()) == project_schema(), fix


def test_whatever_is_plain_the_models_read_alike() -> None:
    plain = 0
    for name, data in every_sample():
        try:
            read = plainly(name, data)
        except NotPlainError:
            continue
        plain += 1
        try:
            wanted = MODELS[name].model_validate(data)
        except ValidationError as reason:
            pytest.fail(f"{name} {data!r} is read, and wrong: {reason}")
        assert as_data(read) == as_data(wanted), f"{name} {data!r}"

    assert plain > len(MODELS["ServiceOverride"].model_fields)


def has_own_check(model: type[BaseModel]) -> bool:
    """Whether it refuses what its schema does not tell; checks "before" only leave out what does not count."""
    checks = model.__pydantic_decorators__
    return bool(checks.field_validators) or any(
        found.info.mode != "before" for found in checks.model_validators.values()
    )


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if has_own_check(model)])
def test_a_model_with_a_check_of_its_own_is_left_to_pydantic(name: str) -> None:
    with pytest.raises(NotPlainError):
        plainly(name, {})


def test_an_ordinary_file_is_plain() -> None:
    data = {
        "name": "lake",
        "services": {
            "web": {"type": "inline", "image": "web:1", "ports": ["80:80"], "environment": {"A": 1}, "x-mine": 1},
            "store": {"port": "${PORT}", "enabled": True},
            "cache": None,
            "disabled": ["extra"],
        },
        "volumes": {"data": None, "more": {"external": True}},
        "infrastructure": {"network": {"name": "lake-net"}},
        "env": None,
    }

    assert as_data(reader().project(data)) == as_data(ProjectConfig.model_validate(data))
