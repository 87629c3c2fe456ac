"""What phlo wrote about the project when it started this container."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MASK = "***"
_SECRET_WORDS = ("password", "passwd", "secret", "token", "credential", "privatekey", "apikey", "accesskey")


class StateError(Exception):
    """The state file is missing or is not what phlo writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The project as phlo resolved it. The entries are plain JSON objects, in phlo's order."""

    project: str
    services: tuple[Mapping[str, Any], ...] = ()
    plugins: tuple[Mapping[str, Any], ...] = ()
    registry: tuple[Mapping[str, Any], ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def load_state(path: Path) -> State:
    """Read the state file; raises StateError with a sentence for the caller of the API."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return State(
            project=data["project"],
            services=tuple(data.get("services", ())),
            plugins=tuple(data.get("plugins", ())),
            registry=tuple(data.get("registry", ())),
            config=data.get("config", {}),
            warnings=tuple(data.get("warnings", ())),
        )
    except OSError as reason:
        raise StateError(f"{path} cannot be read: {reason.strerror}. Start this service with `phlo run up`.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as reason:
        raise StateError(f"{path} is not a state that phlo wrote: {reason}") from None


def masked(value: Any) -> Any:
    """`value` with every text under a secret-sounding name replaced by `***`.

    phlo masks what was declared secret; this catches what a user wrote in plain text into phlo.yaml.
    """
    if isinstance(value, Mapping):
        return {name: _masked_entry(str(name), item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked_item(item) for item in value]
    return value


def _masked_entry(name: str, value: Any) -> Any:
    if _sounds_secret(name) and isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return MASK
    return masked(value)


def _masked_item(item: Any) -> Any:
    # The list form of an environment: NAME=value.
    if isinstance(item, str) and "=" in item and _sounds_secret(item.partition("=")[0]):
        return f"{item.partition('=')[0]}={MASK}"
    return masked(item)


def _sounds_secret(name: str) -> bool:
    folded = name.lower().replace("-", "").replace("_", "")
    # The path of a file that holds a secret is no secret.
    return not folded.endswith("file") and any(word in folded for word in _SECRET_WORDS)
