"""Values as JSON for people."""

from __future__ import annotations

import json
from typing import Any

import pytest

from phlo.execute.emitter import Emitter
from phlo.execute.json_text import MOST_CHARACTERS, json_text
from phlo.frozen import dataclass, field
from phlo.operations.fields import injected
from phlo.values import Secret
from tests.support.events import step_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    name: str
    password: Secret
    project: str = injected("project")
    data: Any = field(default=None, repr=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": 1, "empty": "", "none": None, "no": False}, '{"a": 1, "no": false}'),
        ([Secret("hunter22"), ("x", {"y"})], '["***", ["x", ["y"]]]'),
        (
            Args(name="web", password=Secret("hunter22"), project="lake", data=["private"]),
            '{"name": "web", "password": "***"}',
        ),
        ({"Config": {"Env": ["TOKEN=hunter22", "EMPTY="]}}, '{"Config": {"Env": ["TOKEN", "EMPTY"]}}'),
        (b"binary", '"6 bytes"'),
    ],
)  # fmt: skip
def test_values_are_written_without_what_nobody_should_see(value: Any, text: str) -> None:
    assert json_text(value) == text


def test_a_long_text_is_shortened() -> None:
    assert len(json_text("x" * 10_000)) == MOST_CHARACTERS


@pytest.mark.parametrize("has_details", [True, False])
def test_details_are_told_only_to_who_asked_and_with_secrets_masked(has_details: bool) -> None:
    events: list[Any] = []
    secrets = [Secret('hunter"22')]
    emitter = Emitter(events.append, run_id="r1", clock=lambda: 0.0, secrets=secrets, has_details=has_details)
    emitter.details(step_of("local/web/container"), arguments={"command": 'login hunter"22'}, result={})
    assert [json.loads(one.arguments) for one in events] == [{"command": "login ***"}] * has_details
