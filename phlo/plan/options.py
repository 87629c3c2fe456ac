"""The options of bringing a project up."""

from __future__ import annotations

from phlo.frozen import dataclass
from phlo.operations.protection import NO_PROTECTION, Protection


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a project is brought up.

    recreate: services to recreate even if nothing differs. only: services whose containers are converged, None
    for all of the project. remove_orphans: remove containers of services that are no longer there.
    gate_timeout_seconds: how long a service may take to work. protection: volumes that no service is cut off from.
    hosts: where to look for orphans when the project has no service on any host.
    """

    recreate: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    remove_orphans: bool = False
    gate_timeout_seconds: float = 300.0
    protection: Protection = NO_PROTECTION
    hosts: tuple[str, ...] = ()
