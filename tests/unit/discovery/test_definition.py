from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from phlo.discovery import ServiceDefinition, inferred_condition
from phlo.discovery.parts import BuildDefinition, EnvVar
from phlo.errors import ConfigError
from phlo.values import Condition
from phlo.yaml_source import parse_yaml

INLINE = """\
name: my-lakehouse
services:
  custom-api:
    type: inline
    enabled: true
    description: Our API
    image: registry.test/api:2
    ports: ["4000:4000"]
    environment: {A: 1}
    depends_on: [trino]
    env_vars: {API_TOKEN: {secret: true}}
    x-team: data
"""


def test_inline_service_creation() -> None:
    document = parse_yaml(INLINE, label="phlo.yaml")
    service = ServiceDefinition.from_inline(
        "custom-api", document.data["services"]["custom-api"], document, root=Path("/project")
    )
    assert (service.name, service.kind, service.description) == ("custom-api", "inline", "Our API")
    assert service.image == "registry.test/api:2"
    assert service.compose == {"ports": ["4000:4000"], "environment": {"A": 1}}
    assert service.depends_on == {"trino": {"condition": None, "required": True, "restart": False}}
    assert service.env_vars == {"API_TOKEN": EnvVar(secret=True)}
    assert service.root == Path("/project")
    assert service.where("ports", 0) == "phlo.yaml:8 services.custom-api.ports[0]"


def test_an_inline_service_may_be_built() -> None:
    assert ServiceDefinition.from_inline("api", {"build": "./api"}).build == BuildDefinition(context="./api")
    assert ServiceDefinition.from_inline("api", {"build": {"target": "t"}}).build == BuildDefinition(
        context=".", target="t"
    )


def test_networks_of_an_inline_service_are_its_containers() -> None:
    service = ServiceDefinition.from_inline("api", {"image": "x", "networks": ["front"]})
    assert service.compose == {"networks": ["front"]}


def test_the_tasks_folder_of_a_project_is_not_an_inline_services_own(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "deploy.yaml").touch()
    assert ServiceDefinition.from_inline("api", {"image": "x"}, root=tmp_path).tasks == ()


def test_everything_wrong_with_an_inline_service_names_its_line() -> None:
    document = parse_yaml(
        "services:\n  my api:\n    type: inline\n    depends_on: {db: {condition: helthy}}\n", label="phlo.yaml"
    )
    with pytest.raises(ConfigError) as caught:
        ServiceDefinition.from_inline("my api", document.data["services"]["my api"], document)
    assert [error.where for error in caught.value.each()] == [
        "phlo.yaml:2 services.my api",
        "phlo.yaml:2 services.my api",
        "phlo.yaml:4 services.my api.depends_on.db.condition",
    ]


def test_an_error_without_a_file_still_names_the_key() -> None:
    with pytest.raises(ConfigError, match=r"^services\.api\.env_vars\.A\.default: "):
        ServiceDefinition.from_inline("api", {"image": "x", "env_vars": {"A": ["b"]}})


CONDITIONS: dict[str, tuple[dict[str, Any], Condition]] = {
    "a plain service": ({}, Condition.STARTED),
    "a health check": ({"healthcheck": {"test": "true"}}, Condition.HEALTHY),
    "the image's check, other times": ({"healthcheck": {"interval": "5s"}}, Condition.HEALTHY),
    "a check switched off": ({"healthcheck": {"disable": True}}, Condition.STARTED),
    "a check that is none": ({"healthcheck": {"test": ["NONE"]}}, Condition.STARTED),
    "a one-shot with a check": ({"restart": "no", "healthcheck": {"test": "true"}}, Condition.COMPLETED),
}


@pytest.mark.parametrize(("compose", "condition"), CONDITIONS.values(), ids=CONDITIONS)
def test_what_to_wait_for_is_inferred(compose: dict[str, Any], condition: Condition) -> None:
    assert inferred_condition(ServiceDefinition(name="lake", image="x", compose=compose)) is condition


def test_a_definition_survives_the_cache() -> None:
    document = parse_yaml(INLINE, label="phlo.yaml")
    service = ServiceDefinition.from_inline("custom-api", document.data["services"]["custom-api"], document)
    assert pickle.loads(pickle.dumps(service)) == service  # noqa: S301 - it is our own
