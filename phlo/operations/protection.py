"""Volumes that are protected from deletion (`protect: true`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.labels import LABEL_PROTECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """Which volumes are protected.

    protected, unprotected: names, in Docker, of volumes that the project's configuration decides about. A volume that
        it does not mention (any more) is protected when its label says so.
    lifted: volumes named with `--unprotect`: their names in Docker, or their keys in phlo.yaml.
    """

    project: str = ""
    protected: frozenset[str] = frozenset()
    unprotected: frozenset[str] = frozenset()
    lifted: frozenset[str] = frozenset()

    def covers(self, volume: str, labels: Mapping[str, Any] | None) -> bool:
        """Whether a volume must not be deleted. labels: the volume's, as the engine has them."""
        if self.key(volume) in self.lifted or volume in self.lifted:
            return False
        if volume in self.protected or volume in self.unprotected:
            return volume in self.protected
        return (labels or {}).get(LABEL_PROTECT) == "true"

    def key(self, volume: str) -> str:
        """The volume's name without the project's, which is how users call it."""
        return volume.removeprefix(f"{self.project}_")


NO_PROTECTION = Protection()


def refusal(volumes: Iterable[str], protection: Protection, *, what: str, where: str) -> OperationError:
    """The error for a command that would delete protected volumes, or cut a service off from them.

    what: what would become of them, and what was done instead.
    """
    names = sorted({protection.key(volume) for volume in volumes})
    said = f"the volumes {', '.join(names)} are" if len(names) > 1 else f"the volume {names[0]} is"
    options = " ".join(f"--unprotect {name}" for name in names)
    return OperationError(
        f"{said} protected (`protect: true`) and {what}",
        where=where,
        fix=f"Add {options} if the data may be lost.",
    )
