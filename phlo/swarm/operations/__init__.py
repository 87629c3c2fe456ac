"""The operations on services of a Swarm, which plans call `swarm_service`, `swarm_ready` and so on."""

from __future__ import annotations

from phlo.swarm.operations.place import hosts_of
from phlo.swarm.operations.rollback import kept_services

__all__ = ["NAMES", "hosts_of", "kept_services"]

NAMES = ("service", "ready", "absent", "power", "rollback")
