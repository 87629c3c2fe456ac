"""What phlo knows of one attribute of a Compose service."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from phlo.compose.engine.column import Engine
from phlo.compose.loose import Loose
from phlo.compose.part import Rules
from phlo.compose.reading import At
from phlo.frozen import dataclass
from phlo.yaml_source import Keys


class Support(enum.StrEnum):
    """What phlo does with an attribute."""

    HONOURED = "honoured"
    WARNED = "warned"  # read, named in a warning, without effect
    REFUSED = "refused"  # an error that says what to do instead


class Swarm(enum.StrEnum):
    """What a Swarm makes of an attribute."""

    HONOURED = "honoured"
    REFUSED = "refused"  # an error when the service is placed on a Swarm
    BY_PHLO = "by phlo"  # phlo has made use of it before a Swarm gets the service


class Override(enum.StrEnum):
    """What a value in phlo.yaml does to the role's value; by default mappings are merged and lists replaced."""

    DEFAULT = "default"
    REPLACED = "replaced"
    REPLACED_BY_LIST = "replaced by a list"  # and merged with a mapping
    APPENDED = "appended"


def _never(base: Any, over: Any, rules: Rules) -> bool:
    return False


def _itself(item: Any) -> Any:
    return item


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """How the fragments of an attribute are merged.

    identity: what two items of a list have in common when they are about the same thing.
    override: how phlo.yaml changes the role's value.
    is_replaced, replaced_below: where Compose replaces a list instead of appending to it.
    is_another_kind: whether a mapping is about something else than the one below it, and replaces it.
    """

    identity: Callable[[Any], Any] = _itself
    override: Override = Override.DEFAULT
    is_replaced: bool = False
    replaced_below: frozenset[Keys] = frozenset()
    is_another_kind: Callable[[Any, Any, Rules], bool] = _never


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One row of the table.

    loose: what may be written in phlo.yaml, before variables are replaced. description: for editors and the docs.
    read: parses and checks the value of one part into a fragment: a mapping, `Items` or a single value; None unless
          the attribute is honoured.
    merge: how the fragments of several parts are merged.
    finish: makes the value of `ComposeService` out of the merged fragment; None: the fragment is the value.
    engine: its place in the Docker Engine API, and how it is compared; None: it is not part of a container's settings.
    swarm: what a Swarm makes of it. swarm_path: where it is in a Swarm service's TaskTemplate, in the container's form.
    fields: its fields of `ComposeService`, where they are not called as the attribute is.
    note: why a warned attribute has no effect, or what to do instead of a refused one.
    """

    loose: Loose
    description: str = ""
    read: Callable[[Any, At], Any] | None = None
    merge: Merge = Merge()
    finish: Callable[[Any, At], Any] | None = None
    engine: Engine | None = None
    swarm: Swarm = Swarm.REFUSED
    swarm_path: str = ""
    fields: tuple[str, ...] = ()
    support: Support = Support.HONOURED
    note: str = ""

    @property
    def is_refused_on_swarm(self) -> bool:
        return self.swarm is Swarm.REFUSED and not self.swarm_path
