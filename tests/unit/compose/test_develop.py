"""What `develop.watch` may say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phlo.compose import ComposeService
from phlo.compose.model import WatchRule

Parse = Callable[..., ComposeService]


def test_every_attribute_of_a_rule_is_read(parse: Parse) -> None:
    rule = {
        "action": "sync+exec",
        "path": "./src",
        "target": "/app/src/",
        "ignore": ["node_modules/"],
        "include": "*.py",
        "initial_sync": True,
        "exec": {"command": "reload now"},
    }
    assert parse(image="a", develop={"watch": [rule]}).develop == (
        WatchRule(
            action="sync+exec",
            path=Path("/project/src"),
            target="/app/src",
            ignore=("node_modules/",),
            include=("*.py",),
            initial_sync=True,
            exec=("reload", "now"),
        ),
    )


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"path": "a"}, '"action" is missing'),
        ({"action": "sync", "path": "a"}, '"sync" needs a target'),
        ({"action": "restart"}, '"path" is missing'),
        ({"action": "reload", "path": "a"}, "should be one of rebuild, sync, restart, sync+restart, sync+exec"),
        ({"action": "sync+exec", "path": "a", "target": "/a"}, '"sync+exec" needs a command'),
        ({"action": "restart", "path": "a", "exec": {"command": "x"}}, '"exec" has no meaning with "restart"'),
        ({"action": "sync", "path": "a", "target": "a"}, "should be absolute"),
        ({"action": "restart", "path": "a", "pth": "b"}, 'Did you mean "path"'),
    ],
)
def test_a_wrong_rule_is_told(rule: dict[str, Any], error: str, errors_of: Callable[..., list[str]]) -> None:
    (found,) = errors_of(image="a", develop={"watch": [rule]})
    assert found.startswith("phlo.yaml:7 services.web.develop.watch[0]")
    assert error in found
