"""Parse one service, as a file `phlo.yaml` would have it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phlo.compose import ComposeService, parse_service
from phlo.errors import ConfigError
from phlo.yaml_source import dotted_name

ROOT = Path("/project")


def where(*keys: str | int) -> str:
    return f"phlo.yaml:7 services.web.{dotted_name(keys)}"


@pytest.fixture
def parse() -> Callable[..., ComposeService]:
    return lambda root=ROOT, **attributes: parse_service(attributes, where=where, root=root)


@pytest.fixture
def errors_of() -> Callable[..., list[str]]:
    """The errors of a service, each as it is printed."""

    def errors_of(root: Path = ROOT, **attributes: Any) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            parse_service(attributes, where=where, root=root)
        return [str(error) for error in caught.value.each()]

    return errors_of
