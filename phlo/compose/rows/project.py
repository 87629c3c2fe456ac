"""Where a service's image comes from, and the other services that it needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from phlo.compose import files, networks
from phlo.compose.attribute import Attribute, Merge, Override, Swarm
from phlo.compose.loose import COUNT, FOLDER_OR_MAP, LIST, PAIRS, TEXT
from phlo.compose.part import Rules
from phlo.compose.reading import At
from phlo.compose.scalars import image_reference, integer, one_of, optional, texts, word

_REFRESHED = re.compile(r"refresh|daily|weekly|every_([0-9]+[wdhms])+")


def _pull_policy(value: Any, at: At) -> str:
    if isinstance(value, str) and _REFRESHED.fullmatch(value):
        at.warn(f'"{value}" means "missing" to phlo, which does not look at an image\'s age; `phlo pull` refreshes it')
        return "missing"
    found = one_of("always", "never", "missing", "if_not_present", "build")(value, at)
    return "missing" if found == "if_not_present" else found


def _is_another_build(base: Mapping[str, Any], over: Mapping[str, Any], rules: Rules) -> bool:
    """Whether phlo.yaml names another folder, to which the role's Dockerfile and arguments do not belong."""
    return rules is Rules.OVERRIDE and "context" in over


ROWS: dict[str, Attribute] = {
    "image": Attribute(
        loose=TEXT,
        description="The image that the containers are made from.",
        read=image_reference,
        swarm=Swarm.BY_PHLO,
    ),
    "build": Attribute(
        loose=FOLDER_OR_MAP,
        description="How the image is built.",
        read=files.build,
        merge=Merge(is_another_kind=_is_another_build),
        finish=files.build_of,
        swarm=Swarm.BY_PHLO,
    ),
    "platform": Attribute(
        loose=TEXT,
        description="The operating system and processor that the image is for.",
        read=optional(word),
        swarm=Swarm.BY_PHLO,
    ),
    "pull_policy": Attribute(
        loose=TEXT,
        description="When the image is pulled.",
        read=_pull_policy,
        swarm=Swarm.BY_PHLO,
    ),
    "profiles": Attribute(
        loose=LIST,
        description="The service runs only when one of these profiles is chosen.",
        read=texts,
        swarm=Swarm.BY_PHLO,
    ),
    "scale": Attribute(
        loose=COUNT,
        description="How many containers of the service run.",
        read=integer(0),
        swarm=Swarm.HONOURED,
    ),
    "depends_on": Attribute(
        loose=PAIRS,
        description="The services that are started first, and what has to be true of each. Replaces the role's list.",
        read=networks.depends_on,
        merge=Merge(override=Override.REPLACED),
        finish=networks.dependencies,
        swarm=Swarm.BY_PHLO,
    ),
}
