"""Names of networks and volumes, which phlo.yaml has as keys and which therefore hold no variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from phlo.compose_import.paths import split_source

# A text with its variables replaced.
Final = Callable[[Any], str]

_VOLUME_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


def is_volume_name(text: str) -> bool:
    """Whether the source of a volume is a volume's name, and no folder."""
    return bool(_VOLUME_NAME.fullmatch(text))


def with_names(options: Mapping[str, Any], final: Final) -> dict[str, Any]:
    """The options of a container with the names of its networks and volumes final."""
    found = dict(options)
    if isinstance(networks := found.get("networks"), list):
        found["networks"] = [
            {**one, "name": final(one.get("name", ""))} if isinstance(one, Mapping) else final(one) for one in networks
        ]
    if isinstance(mode := found.get("network_mode"), str):
        found["network_mode"] = final(mode)
    if isinstance(volumes := found.get("volumes"), list):
        found["volumes"] = [_volume(one, final) for one in volumes]
    if isinstance(mounts := found.get("mounts"), list):
        found["mounts"] = [_mount(one, final) for one in mounts]
    return found


def _volume(item: Any, final: Final) -> Any:
    """`VOLUME:PATH` with the volume's name final; the path of a folder keeps its variables."""
    source, rest = split_source(str(item))
    name = final(source)
    return f"{name}{rest}" if rest and is_volume_name(name) else item


def _mount(item: Any, final: Final) -> Any:
    is_volume = isinstance(item, Mapping) and item.get("type", "volume") == "volume" and item.get("source")
    return {**item, "source": final(item["source"])} if is_volume else item
