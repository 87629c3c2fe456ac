"""A secret in an attribute that cannot take it is in no error that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from phlo.config.project_config import ServiceOverride
from phlo.config.project_file import PHLO_KEYS, ROLE_KEYS
from phlo.config.project_models import model_of
from phlo.config.show import project_data
from phlo.errors import PhloError
from phlo.plan import build

if TYPE_CHECKING:
    from tests.unit.config.conftest import Workplace

SENTINEL = 'sentinel [not: "valid/anywhere'
ATTRIBUTES = sorted({*model_of(ServiceOverride).model_fields} - {*PHLO_KEYS, *ROLE_KEYS, "image"})
SHAPES: list[Any] = [
    "${KEY}",
    ["${KEY}"],
    ["a:${KEY}:c"],
    {"a": "${KEY}"},
    {"a": {"b": "${KEY}"}},
    [{"target": "${KEY}"}],
]


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_a_secret_that_does_not_fit_is_not_shown(attribute: str, workplace: Workplace) -> None:
    workplace.write("key", SENTINEL)
    for shape in SHAPES:
        service = {"type": "inline", "image": "x:1", attribute: shape}
        workplace.phlo_yaml(yaml.safe_dump({"secret_sources": {"KEY": {"file": "key"}}, "services": {"a": service}}))
        try:
            project = workplace.resolve()
            told = f"{project_data(project, with_sources=True)} {project.warnings} {build(project).warnings}"
        except PhloError as error:
            told = " ".join(f"{one} {one.detail}" for one in error.each())
        assert "sentinel" not in told, f"{attribute}: {shape}"
